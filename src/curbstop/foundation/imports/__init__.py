"""Files that come in: typed columns, located errors, and parsers that never guess."""

from curbstop.foundation.imports.parsers import (
    choice,
    day,
    decimal_number,
    dollar_amount,
    free_text,
    text,
    whole_number,
    yes_or_no,
)
from curbstop.foundation.imports.reading import (
    Column,
    FileRefused,
    ImportResult,
    Located,
    Row,
    read_rows,
)

__all__ = [
    "Column",
    "FileRefused",
    "ImportResult",
    "Located",
    "Row",
    "choice",
    "day",
    "decimal_number",
    "dollar_amount",
    "free_text",
    "read_rows",
    "text",
    "whole_number",
    "yes_or_no",
]
