"""Read a file of customers, premises, accounts, agreements and meters into rows or located errors.

One row is one service of one account. The columns and what may be left out stand in
`journeys.domain.intake`; `curbstop import customers --help` lists them.
"""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl

from curbstop.customers.domain.texts import address_key, search_key
from curbstop.foundation.imports import (
    Column,
    choice,
    day,
    decimal_number,
    free_text,
    read_rows,
    text,
    whole_number,
    yes_or_no,
)
from curbstop.journeys.domain.intake import INTAKE_COLUMNS, Intake, intake_of
from curbstop.metering.domain.segments import VOLUMES


def _name(cell: str) -> str:
    name = free_text(longest=300)(cell)
    if not search_key(name):
        raise ValueError("Expected a name with at least one letter or digit.")
    return name


def _address(cell: str) -> str:
    address = free_text(longest=200)(cell)
    if not address_key(address):
        raise ValueError("Expected a street address.")
    return address


def _number(cell: str) -> str:
    number = text(longest=32)(cell)
    if not number.replace("-", "").isalnum() or not number.isascii():
        raise ValueError("Expected letters, digits and hyphens only.")
    return number


def _state(cell: str) -> str:
    if len(cell) != 2 or not cell.isalpha() or not cell.isupper():  # noqa: PLR2004  # a postal code of a state
        raise ValueError("Expected the two letters of a state, such as VA.")
    return cell


def _inputs(cell: str) -> str:
    try:
        value = json.loads(cell)
    except json.JSONDecodeError as problem:
        raise ValueError(f"Expected a JSON object: {problem.msg}.") from problem
    if not isinstance(value, dict):
        raise ValueError(  # noqa: TRY004 - a parser says what it expected with ValueError
            'Expected a JSON object such as {"eru": "1"}.'
        )
    return json.dumps(value, sort_keys=True)


COLUMNS = (
    Column("account_number", _number),
    Column("customer_number", _number, optional=True),
    Column("name", _name),
    Column("kind", choice("person", "organization"), optional=True),
    Column("language", choice("en", "es"), optional=True),
    Column("phone", free_text(longest=40), optional=True),
    Column("email", free_text(longest=254), optional=True),
    Column("mailing_line_1", free_text(), optional=True),
    Column("mailing_line_2", free_text(), optional=True),
    Column("mailing_city", text(longest=100), optional=True),
    Column("mailing_state", _state, optional=True),
    Column("mailing_zip", text(longest=10), optional=True),
    Column("address_line", _address),
    Column("unit", text(longest=40), optional=True),
    Column("city", text(longest=100)),
    Column("state", _state),
    Column("zip", text(longest=10)),
    Column("parcel", text(longest=40), optional=True),
    Column("inside_city", yes_or_no(), optional=True),
    Column("cycle", text(longest=40)),
    Column("billed_from", day(), optional=True),
    Column("service", text(longest=40)),
    Column("service_point", _number),
    Column("starts_on", day()),
    Column("ends_on", day(), optional=True),
    Column("schedule", text(longest=100), optional=True),
    Column("customer_class", text(longest=100), optional=True),
    Column("rate_inputs", _inputs, optional=True),
    Column("meter_serial", _number, optional=True),
    Column("meter_size", text(longest=12), optional=True),
    Column("meter_dials", whole_number(least=3, most=10), optional=True),
    Column("meter_unit", choice(*(unit.value for unit in VOLUMES)), optional=True),
    Column(
        "meter_multiplier",
        decimal_number(least=Decimal("0.01"), most=Decimal(10_000), places=2),
        optional=True,
    ),
    Column("first_register", decimal_number(least=Decimal(0), places=4), optional=True),
)


def read_customer_file(source: Path | bytes, *, name: str = "") -> Intake:
    """Return the rows of a customer file.

    :raises FileRefused: with each line, field and what was expected
    """
    result = read_rows(source, COLUMNS, name=name)
    records = [{"line": row.line, **row.values} for row in result.accepted()]
    return intake_of(result.file, pl.DataFrame(records, schema=INTAKE_COLUMNS, orient="row"))
