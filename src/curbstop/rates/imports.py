"""Rate files and case files from disk: read whole, capped in size, every mistake located."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from curbstop.rates.domain.cases import Case
from curbstop.rates.domain.documents import LARGEST_FILE
from curbstop.rates.domain.owrs.reader import read_owrs
from curbstop.rates.domain.schedule import Problem, Schedule, ScheduleRefused
from curbstop.rates.domain.tariff.reader import compile_tariff

CASE_COLUMNS = ("case_id", "file", "cust_class", "inputs", "usage")
RATE_FILES = (".owrs", ".yaml", ".yml")
# A field of a case file is a few hundred characters; one without end is no field.
LONGEST_FIELD = 100_000


class CasesRefused(Exception):
    """A file of cases cannot be read; the message says where."""


def rate_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the rate files that paths name: files as given, folders with all below them, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix.lower() in RATE_FILES and each.is_file())
        else:
            yield path


def read_rate_file(path: Path, name: str) -> Schedule:
    """Compile a rate file in either language; what is wrong with it is among its problems."""
    try:
        text = _text(path)
    except OSError as problem:
        message = f"cannot be read: {problem.strerror or problem}"
        return Schedule(name, "", {}, (Problem(name, "", "", message),))
    except ValueError as problem:
        return Schedule(name, "", {}, (Problem(name, "", "", str(problem)),))
    if path.suffix.lower() == ".owrs" or "\nrate_structure:" in text:
        return read_owrs(text, name)
    try:
        return compile_tariff(text, name)
    except ScheduleRefused as refusal:
        return Schedule(name, "", {}, tuple(refusal.problems))


def rate_file_in(folder: Path, name: str) -> Schedule:
    """Compile the rate file that a case names, which must lie in the folder."""
    path = folder / name
    if not name or not path.resolve().is_relative_to(folder.resolve()):
        return Schedule(name, "", {}, (Problem(name, "", "", "is not a file of the folder"),))
    return read_rate_file(path, name)


def read_cases(path: Path) -> tuple[list[str], list[Case]]:
    """Read a file of cases; return the case ids and the cases, in file order.

    :raises CasesRefused: if it is not such a file; says which line
    """
    csv.field_size_limit(LONGEST_FIELD)
    ids: list[str] = []
    cases: list[Case] = []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, strict=True, restkey="", restval=None)
        try:
            missing = set(CASE_COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise CasesRefused(f"{path.name}: line 1: lacks the column {min(missing)}")
            for row in reader:
                if "" in row or None in row.values():
                    raise CasesRefused(f"{path.name}: line {reader.line_num}: has not as many fields as line 1")
                file, class_name, inputs, usage = (row[name] for name in CASE_COLUMNS[1:])
                cases.append(Case(len(ids), file.strip(), class_name.strip(), inputs, usage))
                ids.append(row["case_id"])
        except (csv.Error, UnicodeDecodeError) as problem:
            raise CasesRefused(f"{path.name}: line {reader.line_num + 1}: {problem}") from None
    return ids, cases


def _text(path: Path) -> str:
    """Read a file as UTF-8, or as what Windows editors wrote before it.

    :raises ValueError: if it is too large to be a rate file
    """
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"is larger than {LARGEST_FILE:,} bytes")
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
