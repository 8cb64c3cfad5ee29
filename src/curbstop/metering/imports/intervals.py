"""A file of intervals is read once, checked row by row, and laid aside in parts of whole meters that fit in memory.

    meter,start,use,unit
    W-004711,2026-03-08T01:00:00-06:00,0.0125,ccf

`start` says its offset from UTC: without one nobody could tell the two hours of the night when clocks go back. `use` is
in the meter's own unit, at most four decimals, below zero for water that ran back. A `flag` other than `ok` (`missing`,
`estimated`) says that the use was not measured; it then stays missing. Rows may come in any order.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.foundation.imports import FileRefused, Located
from curbstop.foundation.imports.reading import MAX_ERRORS
from curbstop.metering.domain.interval_files import IntervalFile
from curbstop.metering.domain.intervals import MISSING, READING
from curbstop.metering.domain.segments import E4, VOLUMES
from curbstop.metering.imports.batches import batches_of, is_parquet

MIB: Final = 2**20
# What one interval costs at most while its meter is arranged and looked at, measured.
BYTES_AN_INTERVAL: Final = 110
BYTES_A_LINE_MIN: Final = 30
PARTS_MAX: Final = 900
MEMORY_MIB: Final = 256
LONGEST_SERIAL: Final = 32
USE_MAX: Final = 214_748
FLAGS: Final = ("ok", "missing", "estimated")
MICROSECONDS_A_MINUTE: Final = 60_000_000
QUARTER: Final = 15
NEARLY: Final = 1e-5

TEXT_TIMES: Final = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")

Told = Callable[[int], None]


@contextmanager
def opened_interval_file(
    path: Path, *, memory_mib: float = MEMORY_MIB, told: Told = lambda _rows: None
) -> Iterator[IntervalFile]:
    """Read and check a Parquet or CSV file of intervals; its parts are gone when the block ends.

    `told` is called with the rows read so far.

    :raises FileRefused: with each line or row, field and what was expected
    """
    with ExitStack() as stack:
        try:
            digest = file_digest(stack.enter_context(path.open("rb")), "sha256").hexdigest()
        except OSError as problem:
            raise FileRefused([Located(path.name, 0, "", f"The file cannot be read: {problem.strerror}.")]) from problem
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="intervals-")))
        spilled = _Spill(folder, _parts_of(path, memory_mib), stack)
        meters = _Meters()
        errors: list[Located] = []
        for batch in batches_of(path):
            rows = _typed(batch)
            errors += _mistakes(rows, path.name)
            if len(errors) >= MAX_ERRORS:
                break
            spilled.add(meters.placed(rows))
            told(spilled.rows)
        spilled.close()
        if not errors and not spilled.rows:
            errors = [Located(path.name, 0, "", "The file has no intervals.")]
        if errors:
            raise FileRefused(errors[:MAX_ERRORS])
        yield IntervalFile(path.name, digest, spilled.rows, meters.frame, spilled.paths)


class _Meters:
    """The meters of a file, each with its place in the order in which they appear."""

    def __init__(self) -> None:
        self.frame = pl.DataFrame(schema={"serial": pl.String, "unit": pl.String, "place": pl.Int32, "line": pl.UInt32})

    def placed(self, rows: pl.DataFrame) -> npt.NDArray[np.void]:
        """Return rows as readings; a meter that comes with another unit has two places, and is refused for it."""
        here = rows.select("serial", "unit", "line").unique(["serial", "unit"], keep="first", maintain_order=True)
        new = here.join(self.frame, on=["serial", "unit"], how="anti").with_columns(
            pl.int_range(self.frame.height, self.frame.height + pl.len(), dtype=pl.Int32).alias("place")
        )
        self.frame = pl.concat([self.frame, new.select(self.frame.columns)])
        found = rows.join(
            self.frame.select("serial", "unit", "place"), on=["serial", "unit"], how="left", maintain_order="left"
        )
        readings = np.empty(rows.height, dtype=READING)
        readings["meter"] = found["place"].to_numpy()
        for name in ("minute", "use", "line"):
            readings[name] = rows[name].to_numpy()
        return readings


class _Spill:
    """Files on disk, each with the readings of some of the meters."""

    def __init__(self, folder: Path, parts: int, stack: ExitStack) -> None:
        self.rows = 0
        self.paths = [folder / f"{part}.readings" for part in range(parts)]
        self._files: list[IO[bytes]] = [stack.enter_context(path.open("wb")) for path in self.paths]

    def add(self, readings: npt.NDArray[np.void]) -> None:
        """Lay readings aside by their meter."""
        self.rows += readings.size
        parts = len(self._files)
        part = readings["meter"] % parts
        order = np.argsort(part, kind="stable")
        ends = np.searchsorted(part[order], np.arange(parts + 1))
        ordered = readings[order]
        for number, file in enumerate(self._files):
            ordered[ends[number] : ends[number + 1]].tofile(file)

    def close(self) -> None:
        """Write what is still in memory."""
        for file in self._files:
            file.close()


def _parts_of(path: Path, memory_mib: float) -> int:
    """Return into how many parts a file is laid aside, so that one of them fits in memory."""
    rows = _parquet_rows(path) if is_parquet(path) else path.stat().st_size // BYTES_A_LINE_MIN
    return min(PARTS_MAX, 1 + rows * BYTES_AN_INTERVAL // int(memory_mib * MIB))


def _parquet_rows(path: Path) -> int:
    try:
        return int(pl.scan_parquet(path).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as problem:
        message = "This Parquet file is cut off or spoiled: its footer cannot be read."
        raise FileRefused([Located(path.name, 0, "", message)]) from problem


def _typed(batch: pl.DataFrame) -> pl.DataFrame:
    """Add serial, minute, use, unit and flag as they are stored, and `wrong`: the field with a mistake, as a number."""
    flag = pl.col("flag").cast(pl.String).fill_null("ok").replace("", "ok") if "flag" in batch.columns else pl.lit("ok")
    rows = batch.select(
        pl.col("meter").cast(pl.String).fill_null("").alias("serial"),
        _instant(batch.schema["start"]).alias("instant"),
        _use(batch.schema["use"]).alias("exact"),
        pl.col("use").cast(pl.String).alias("use_text"),
        pl.col("start").cast(pl.String).alias("start_text"),
        pl.col("unit").cast(pl.String).fill_null("").alias("unit"),
        flag.alias("flag"),
        "line",
    )
    whole = (pl.col("exact") * E4).round()
    is_measured = pl.col("flag") == "ok"
    minute = pl.col("instant") // MICROSECONDS_A_MINUTE
    mistake = pl.lit(None, pl.Int8)
    for number, (_field, wrong, _words) in reversed(list(enumerate(_checks(is_measured)))):
        mistake = pl.when(wrong.fill_null(value=True)).then(pl.lit(number, pl.Int8)).otherwise(mistake)
    return rows.with_columns(mistake.alias("wrong")).with_columns(
        minute.cast(pl.Int32, strict=False).fill_null(0).alias("minute"),
        pl.when(is_measured & pl.col("wrong").is_null())
        .then(whole.cast(pl.Int32, strict=False))
        .otherwise(pl.lit(MISSING, pl.Int32))
        .alias("use"),
    )


def _checks(is_measured: pl.Expr) -> list[tuple[str, pl.Expr, str]]:
    """Return the field, the condition and the sentence of each mistake a row may have."""
    exact = pl.col("exact")
    scaled = exact * E4
    within_a_quarter = pl.col("instant") % (QUARTER * MICROSECONDS_A_MINUTE) == 0
    units = ", ".join(unit.value for unit in VOLUMES)
    return [
        ("meter", ~pl.col("serial").str.len_chars().is_between(1, LONGEST_SERIAL),
         f"Expected a serial of 1 to {LONGEST_SERIAL} characters."),
        ("start", pl.col("instant").is_null(),
         "{start_text} is no instant; expected a day and time with its offset, as 2026-03-08T01:00:00-06:00 or …Z."),
        ("start", ~pl.col("instant").is_between(0, 2**31 * MICROSECONDS_A_MINUTE - 1), "{start_text} is before 1970."),
        ("start", ~within_a_quarter, "{start_text} is not the start of 15, 30 or 60 minutes."),
        ("unit", ~pl.col("unit").is_in([unit.value for unit in VOLUMES]), f"{{unit}} is not one of {units}."),
        ("flag", ~pl.col("flag").is_in(FLAGS), f"{{flag}} is not one of {', '.join(FLAGS)}."),
        ("use", is_measured & ~exact.is_finite().fill_null(value=False),
         "{use_text} is not a number; a use that did not come has the flag missing."),
        ("use", is_measured & (exact.abs() > USE_MAX), f"{{use_text}} is above {USE_MAX:,} in one interval."),
        ("use", is_measured & ((scaled - scaled.round()).abs() > NEARLY),
         "{use_text} has more than the four decimals that a register keeps."),
    ]  # fmt: skip


def _instant(kind: pl.DataType) -> pl.Expr:
    """Return the start in microseconds of UTC; null where it is no instant or does not say its offset."""
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        return pl.col("start").dt.cast_time_unit("us").dt.timestamp("us")
    if kind != pl.String:
        return pl.lit(None, pl.Int64)
    text = pl.col("start").str.replace(" ", "T", literal=True)
    read = [text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC") for form in TEXT_TIMES]
    return pl.coalesce(read).dt.timestamp("us")


def _use(kind: pl.DataType) -> pl.Expr:
    """Return the use as a float, which holds four decimals exactly up to the largest use; one of 32 bits does not."""
    if kind == pl.Float32 or not (kind == pl.String or kind.is_numeric()):
        return pl.lit(None, pl.Float64)
    return pl.col("use").cast(pl.Float64, strict=False)


def _mistakes(rows: pl.DataFrame, name: str) -> list[Located]:
    checks = _checks(pl.lit(value=True))
    found = rows.filter(pl.col("wrong").is_not_null()).head(MAX_ERRORS)
    return [
        Located(name, row["line"], checks[row["wrong"]][0], checks[row["wrong"]][2].format(**row))
        for row in found.iter_rows(named=True)
    ]
