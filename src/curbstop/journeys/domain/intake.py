"""The table that customers come in with: one row a service of an account, everything about it in the row.

What belongs to the customer, the premises or the account is repeated on each row of the account and must be
the same on all of them; nothing is guessed from half a row.
"""

from dataclasses import dataclass

import polars as pl

CUSTOMER_COLUMNS = (
    "customer_number", "name", "kind", "language", "phone", "email", "mailing_line_1", "mailing_line_2",
    "mailing_city", "mailing_state", "mailing_zip",
)  # fmt: skip
PREMISES_COLUMNS = ("address_line", "unit", "city", "state", "zip", "parcel", "inside_city")
METER_COLUMNS = (
    "meter_serial", "meter_size", "meter_dials", "meter_unit", "meter_multiplier", "first_register",
)  # fmt: skip
# The same on every row of an account.
ACCOUNT_COLUMNS = (*CUSTOMER_COLUMNS, *PREMISES_COLUMNS, "cycle", "billed_from")

TEXT_COLUMNS = (
    "account_number", *CUSTOMER_COLUMNS, *(name for name in PREMISES_COLUMNS if name != "inside_city"), "cycle",
    "service", "service_point", "schedule", "customer_class", "rate_inputs", "meter_serial", "meter_size",
    "meter_unit",
)  # fmt: skip

INTAKE_COLUMNS = pl.Schema(
    {
        "line": pl.Int64(),
        **dict.fromkeys(TEXT_COLUMNS, pl.String()),
        "inside_city": pl.Boolean(),
        "billed_from": pl.Date(),
        "starts_on": pl.Date(),
        "ends_on": pl.Date(),
        "meter_dials": pl.Int64(),
        "meter_multiplier": pl.Decimal(8, 2),
        "first_register": pl.Decimal(18, 4),
    }
)

# Left out of a file, or empty in a row, these mean what most accounts have.
DEFAULTS = {
    "kind": "person",
    "language": "en",
    "rate_inputs": "{}",
    **dict.fromkeys(("phone", "email", "unit", "parcel", "customer_class"), ""),
    **dict.fromkeys(("mailing_line_1", "mailing_line_2", "mailing_city", "mailing_state", "mailing_zip"), ""),
}


@dataclass(frozen=True, slots=True)
class Intake:
    """A file of customers after its form was checked: its name and its rows (`INTAKE_COLUMNS`)."""

    name: str
    rows: pl.DataFrame


def intake_of(name: str, rows: pl.DataFrame) -> Intake:
    """Complete a table with what may be left out and bring its columns into their types and order."""
    given = rows.with_columns(
        pl.lit(None, dtype=kind).alias(column) for column, kind in INTAKE_COLUMNS.items() if column not in rows.columns
    )
    filled = given.with_columns(pl.col(column).fill_null(value) for column, value in DEFAULTS.items()).with_columns(
        pl.col("customer_number").fill_null(pl.col("account_number")),
        pl.col("inside_city").fill_null(value=True),
        pl.col("billed_from").fill_null(pl.col("starts_on").min().over("account_number")),
        pl.when(pl.col("meter_serial").is_not_null())
        .then(pl.col("meter_multiplier").fill_null(1))
        .alias("meter_multiplier"),
    )
    return Intake(name=name, rows=filled.select(*INTAKE_COLUMNS).cast(INTAKE_COLUMNS))


def disagreements(rows: pl.DataFrame) -> pl.DataFrame:
    """Return where a row contradicts the first row of its account: line, field, first_line, and the two values."""
    first = pl.col("line").first().over("account_number").alias("first_line")
    found = [
        rows.select(
            "line",
            first,
            pl.lit(name).alias("field"),
            pl.col(name).cast(pl.String).alias("value"),
            pl.col(name).cast(pl.String).first().over("account_number").alias("first_value"),
        ).filter(pl.col("value").ne_missing(pl.col("first_value")))
        for name in ACCOUNT_COLUMNS
    ]
    return pl.concat(found).sort("line", "field")


def repeats(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows whose value of a column an earlier row has: line, value, first_line."""
    first = pl.col("line").first().over(name).alias("first_line")
    given = rows.filter(pl.col(name).is_not_null()).select("line", pl.col(name).alias("value"), first)
    return given.filter(pl.col("line") != pl.col("first_line"))
