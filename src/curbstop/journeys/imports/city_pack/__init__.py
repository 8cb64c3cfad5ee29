"""Reading a city pack: a folder of YAML, Markdown and CSV becomes one value or located errors."""

from curbstop.journeys.imports.city_pack.folder import read_folder
from curbstop.journeys.imports.city_pack.whole import read_pack

__all__ = ["read_folder", "read_pack"]
