"""A file of reads after its form was checked, before its meters are known."""

from dataclasses import dataclass

import polars as pl

READ_FILE_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.Int64,
    "serial": pl.String,
    "read_on": pl.Date,
    "register": pl.Decimal(18, 4),
    "unit": pl.String,
    "kind": pl.String,
    "skip_code": pl.String,
    "skip_reason": pl.String,
}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The rows of a file (`READ_FILE_COLUMNS`), its name, and the hash of its bytes.

    A null unit says nothing; a row with a skip code has no register: somebody was there and could not read it.
    """

    name: str
    sha256: str
    rows: pl.DataFrame
