"""A file of intervals after its form was checked, before its meters are known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.metering.domain.intervals import READING, in_order


@dataclass(slots=True)
class IntervalFile:
    """A checked file: its meters (`place`, `serial`, `unit`, `line` of the first row) and its parts on disk."""

    name: str
    sha256: str
    intervals: int
    meters: pl.DataFrame
    parts: list[Path] = field(default_factory=list)

    def readings(self) -> Iterator[npt.NDArray[np.void]]:
        """Yield the readings of a part of the meters, in the order of meters and minutes."""
        for part in self.parts:
            yield in_order(np.fromfile(part, dtype=READING))
