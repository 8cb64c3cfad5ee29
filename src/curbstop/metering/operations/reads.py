"""Reads come from a file, all or none: one row that cannot be trusted refuses the whole file by its line."""

from datetime import date, datetime

import polars as pl

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import append_frame, copy_frame
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.imports import FileRefused, Located
from curbstop.metering.domain.read_files import ReadFile
from curbstop.metering.models import Read, ReadImport, SkippedRead
from curbstop.metering.operations.exceptions import review_reads
from curbstop.metering.queries import installations_of_serials


class ReadsRefused(FileRefused):
    """No read of the file was stored; the errors name each line, field and what was expected."""


def add_reads(rows: pl.DataFrame) -> pl.Series:
    """Add reads (`installation_id`, `read_on`, `register`, `kind`, `read_import_id`) and return their ids."""
    columns = ["installation_id", "read_on", "register", "kind", "read_import_id"]
    return append_frame(Read._meta.db_table, rows.select(columns))


def _add_skips(rows: pl.DataFrame) -> None:
    columns = ["installation_id", "read_on", "code", "reason", "read_import_id"]
    named = rows.rename({"skip_code": "code", "skip_reason": "reason"})
    copy_frame(SkippedRead._meta.db_table, named.select(columns))


@transaction
def record_reads(*, file: ReadFile, on: date, by: User | None, at: datetime, is_reviewed: bool = True) -> ReadImport:
    """Store every read of a file, which is loaded once by its content, whatever its name.

    A read that a person should look at is stored with what was noticed; `is_reviewed` is false for reads that the
    system before this one has billed.

    :raises ReadsRefused: if the file was loaded before or any of its rows cannot be stored
    """
    _refuse_second_load(file)
    rows = _with_installations(file.rows)
    errors = _problems(rows, file_name=file.name, on=on)
    if errors:
        raise ReadsRefused(errors)
    with refused_by("read_file_loaded_once", _loaded_before(file, "a moment ago")):
        loaded = ReadImport.objects.create(
            file_name=file.name, sha256=file.sha256, rows=rows.height, imported_by=by, at=at
        )
    # Two files with a read of one meter and day may pass the checks above at the same second.
    clash = [Located(file.name, 1, "read_on", "Another file stored one of these reads just now.")]
    with refused_by("one_read_per_day", ReadsRefused(clash)):
        imported = rows.with_columns(pl.lit(loaded.pk, dtype=pl.Int64).alias("read_import_id"))
        ids = add_reads(imported.filter(pl.col("skip_code").is_null()))
    with refused_by("one_skip_per_day", ReadsRefused(clash)):
        _add_skips(imported.filter(pl.col("skip_code").is_not_null()))
    noted = review_reads(ids.to_list(), on=on, at=at) if is_reviewed else 0
    audit.record(
        actor=by,
        event="metering.reads.recorded",
        subject=loaded,
        at=at,
        detail={"file": file.name, "rows": rows.height, "exceptions": noted},
    )
    return loaded


def _refuse_second_load(file: ReadFile) -> None:
    earlier = ReadImport.objects.filter(sha256=file.sha256).select_related("imported_by").first()
    if earlier is not None:
        who = earlier.imported_by.get_username() if earlier.imported_by else "the system"
        when = f"on {earlier.at:%b %d, %Y at %H:%M} by {who} as {earlier.file_name}"
        raise _loaded_before(file, when)


def _loaded_before(file: ReadFile, when: str) -> ReadsRefused:
    return ReadsRefused([Located(file.name, 1, "", f"This file was loaded {when}.")])


def _with_installations(rows: pl.DataFrame) -> pl.DataFrame:
    """Find the installation that hung on the read's day; a final read is taken on the day of removal."""
    installed = installations_of_serials(rows["serial"].unique().to_list())
    hangs = (pl.col("read_on") >= pl.col("starts_on")) & (
        pl.col("ends_on").is_null() | (pl.col("read_on") <= pl.col("ends_on"))
    )
    in_force = (
        rows.join(installed, on="serial")
        .filter(hangs)
        .sort("line", "starts_on")
        .unique("line", keep="first", maintain_order=True)
        .drop("serial", "read_on", "register", "unit", "kind", "skip_code", "skip_reason")
    )
    meters = installed.unique("serial").select("serial", pl.lit(value=True).alias("is_known"))
    return rows.join(meters, on="serial", how="left").join(in_force, on="line", how="left").sort("line")


def _problems(rows: pl.DataFrame, *, file_name: str, on: date) -> list[Located]:
    """Return what is wrong with each row, the first reason only, in the order of the lines."""
    problem = pl.lit(None, dtype=pl.String)
    for number, (_field, wrong, _message) in reversed(list(enumerate(_checks(on)))):
        problem = pl.when(wrong.fill_null(value=False)).then(pl.lit(str(number))).otherwise(problem)
    refused = rows.with_columns(problem.alias("check")).filter(pl.col("check").is_not_null())
    errors = []
    for row in refused.iter_rows(named=True):
        field, _wrong, message = _checks(on)[int(row["check"])]
        errors.append(Located(file_name, row["line"], field, message.format(**row)))
    return errors


def _checks(on: date) -> list[tuple[str, pl.Expr, str]]:
    """Return the column, the condition and the sentence of each thing that may be wrong with a row."""
    full_scale = pl.lit(10, dtype=pl.Int64).pow(pl.col("dials").cast(pl.Int64)).cast(pl.Int64).cast(pl.Decimal(18, 4))
    twice = pl.struct("serial", "read_on").is_duplicated()
    return [
        ("read_on", pl.col("read_on") > on, f"{{read_on}} is later than {on}; a read is not from the future."),
        ("meter", pl.col("is_known").is_null(), "No meter has the serial {serial}."),
        ("read_on", pl.col("installation_id").is_null(), "Meter {serial} was not installed on {read_on}."),
        ("register", pl.col("register") < 0, "{register} is negative; a register counts from zero."),
        ("register", pl.col("register") >= full_scale, "{register} does not fit the {dials} dials of meter {serial}."),
        ("unit", pl.col("unit") != pl.col("meter_unit"), "Meter {serial} counts {meter_unit}, not {unit}."),
        ("read_on", twice, "The file has two reads of meter {serial} on {read_on}."),
        ("read_on", pl.col("read_on") <= pl.col("last_read_on"), "Meter {serial} was read on {last_read_on} already."),
    ]
