"""Read a file of meter reads into rows or located errors; whether the meters are ours is asked later.

    meter,read_on,register,unit,kind
    W-004711,2026-10-28,1432.5,ccf,actual

`unit` and `kind` may be left out; a unit that is given must be the meter's own. Where nobody could read the meter,
`skip_code` says why in place of the register, and `skip_reason` in words.
"""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from pathlib import Path

import polars as pl

from curbstop.foundation.imports import (
    Column,
    FileRefused,
    Located,
    Row,
    choice,
    day,
    decimal_number,
    free_text,
    read_rows,
    text,
)
from curbstop.foundation.imports.reading import MAX_ERRORS
from curbstop.metering.domain.read_files import READ_FILE_COLUMNS, ReadFile
from curbstop.metering.domain.segments import VOLUMES

# More than ten dials do not fit a register column of eighteen digits.
REGISTER_MAX = Decimal("9999999999.9999")

SKIP_CODES = ("no_access", "locked", "dog", "buried", "flooded", "unreadable", "damaged", "no_meter", "other")

COLUMNS = (
    Column("meter", text(longest=32)),
    Column("read_on", day()),
    Column("register", decimal_number(least=Decimal(0), most=REGISTER_MAX, places=4), optional=True),
    Column("unit", choice(*(unit.value for unit in VOLUMES)), optional=True),
    Column("kind", choice("actual", "estimated", "customer", "ami"), optional=True),
    Column("skip_code", choice(*SKIP_CODES), optional=True),
    Column("skip_reason", free_text(), optional=True),
)


def read_meter_file(source: Path | bytes, *, name: str = "") -> ReadFile:
    """Return the rows of a read file.

    :raises FileRefused: with each line, field and what was expected
    """
    content = source.read_bytes() if isinstance(source, Path) else source
    result = read_rows(content, COLUMNS, name=name or (source.name if isinstance(source, Path) else "reads"))
    accepted = result.accepted()
    if not accepted:
        raise FileRefused([Located(result.file, 0, "", "The file has a heading and no reads.")])
    wrong = list(islice(_either_read_or_skipped(accepted, result.file), MAX_ERRORS))
    if wrong:
        raise FileRefused(wrong)
    rows = [
        (
            row.line,
            row["meter"],
            row["read_on"],
            row["register"],
            row["unit"],
            row["kind"] or "actual",
            row["skip_code"],
            row["skip_reason"] or "",
        )
        for row in accepted
    ]
    frame = pl.DataFrame(rows, schema=READ_FILE_COLUMNS, orient="row")
    return ReadFile(name=result.file, sha256=sha256(content).hexdigest(), rows=frame)


def _either_read_or_skipped(rows: list[Row], file: str) -> Iterator[Located]:
    for row in rows:
        if row["register"] is None and row["skip_code"] is None:
            yield Located(file, row.line, "register", "The register is empty; a skip_code says why nobody read it.")
        elif row["register"] is not None and row["skip_code"] is not None:
            yield Located(file, row.line, "skip_code", "A meter that was read is not skipped.")
        elif row["skip_code"] == "other" and not row["skip_reason"]:
            yield Located(file, row.line, "skip_reason", "Say in words why the meter was skipped.")
