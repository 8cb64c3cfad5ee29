"""Files that come from meters: registers that somebody read, and intervals that endpoints sent."""

from curbstop.metering.imports.intervals import opened_interval_file
from curbstop.metering.imports.reads import read_meter_file

__all__ = ["opened_interval_file", "read_meter_file"]
