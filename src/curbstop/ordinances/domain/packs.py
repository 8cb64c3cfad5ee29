"""A city pack as files: the folder's name, one digest over everything, and the texts."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack as it was read; the digest is what a second person approves."""

    name: str
    sha256: str
    content: Mapping[str, str]
