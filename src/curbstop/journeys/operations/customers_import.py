"""Take over customers from a file: identity, place, account, service, meter, rate and cycle, or nothing at all.

Every city begins here, the demo city and the real readings too: one path, set-based, in one transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from curbstop.billing.operations.cycles import assign_cycle
from curbstop.billing.queries.review import cycles
from curbstop.customers.operations import (
    add_accounts,
    add_agreements,
    add_customers,
    add_premises,
    add_service_points,
)
from curbstop.customers.queries import known_numbers
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.imports import FileRefused, Located
from curbstop.journeys.domain.intake import (
    CUSTOMER_COLUMNS,
    PREMISES_COLUMNS,
    Intake,
    disagreements,
    repeats,
)
from curbstop.ledger.queries import services
from curbstop.metering.operations import add_installations, add_meters
from curbstop.metering.queries import known_serials
from curbstop.rates.operations import RatesRefused, assign_rates
from curbstop.rates.queries import adopted_schedules

METER_FACTS = ("meter_size", "meter_dials", "meter_unit", "first_register")


class CustomersRefused(FileRefused):
    """Nobody was taken over; the errors name each line, field and what was expected."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The ids of what was taken over.

    `accounts`: account_number, account_id. `agreements`: service_point, account_id, agreement_id,
    service_point_id, starts_on. `installations`: meter_serial, installation_id.
    """

    accounts: pl.DataFrame
    agreements: pl.DataFrame
    installations: pl.DataFrame


@transaction
def import_customers(*, intake: Intake, by: User | None, at: datetime) -> TakenOver:
    """Take over every account of a file with its services, meters, rates and cycle.

    :raises CustomersRefused: if any row contradicts another, repeats what is known or names what is not
    """
    errors = [*_contradictions(intake), *_unknown(intake), *_taken(intake), *_half_meters(intake), *_backward(intake)]
    if errors:
        raise CustomersRefused(sorted(errors, key=lambda error: (error.line, error.field)))
    accounts = _add_accounts(intake.rows)
    rows = intake.rows.join(accounts, on="account_number", how="left", maintain_order="left")
    agreements = _add_agreements(rows)
    installations = _add_meters(agreements)
    _assign(agreements, file_name=intake.name)
    taken = TakenOver(
        accounts=accounts.select("account_number", "account_id"),
        agreements=agreements.select("service_point", "account_id", "agreement_id", "service_point_id", "starts_on"),
        installations=installations,
    )
    audit.record(
        actor=by,
        event="journeys.customers.imported",
        subject=f"file:{intake.name}",
        at=at,
        detail={"accounts": accounts.height, "agreements": agreements.height, "meters": installations.height},
    )
    return taken


def _add_accounts(rows: pl.DataFrame) -> pl.DataFrame:
    """Add customers, premises and accounts; return account_number, account_id, premises_id, cycle, billed_from."""
    first = rows.unique("account_number", keep="first", maintain_order=True)
    people = first.unique("customer_number", keep="first", maintain_order=True)
    identity = people.select(pl.col("customer_number").alias("number"), *CUSTOMER_COLUMNS[1:])
    customers = people.select("customer_number").with_columns(add_customers(identity).alias("customer_id"))
    opened = rows.group_by("account_number").agg(pl.col("starts_on").min().alias("opened_on"))
    accounts = (
        first.with_columns(add_premises(first.select(*PREMISES_COLUMNS)).alias("premises_id"))
        .join(customers, on="customer_number", how="left", maintain_order="left")
        .join(opened, on="account_number", how="left", maintain_order="left")
        .with_columns(pl.lit(None, dtype=pl.Date).alias("closed_on"))
    )
    ids = add_accounts(accounts.rename({"account_number": "number"}).drop("account_id", strict=False))
    return accounts.with_columns(ids.alias("account_id")).select("account_number", "account_id", "premises_id")


def _add_agreements(rows: pl.DataFrame) -> pl.DataFrame:
    """Add service points and agreements; return the rows with service_point_id and agreement_id."""
    ids = {service.code: service.pk for service in services()}
    points = rows.with_columns(
        pl.col("service").replace_strict(ids, return_dtype=pl.Int64).alias("service_id"),
        pl.col("service_point").alias("number"),
    )
    with_points = points.with_columns(add_service_points(points).alias("service_point_id"))
    return with_points.with_columns(add_agreements(with_points).alias("agreement_id"))


def _add_meters(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the meters of the rows that have one and hang them where they read."""
    metered = rows.filter(pl.col("meter_serial").is_not_null())
    meters = metered.select(
        pl.col("meter_serial").alias("serial"),
        pl.col("meter_size").alias("size_inches"),
        pl.col("meter_dials").alias("dials"),
        pl.col("meter_unit").alias("unit"),
        pl.col("meter_multiplier").alias("multiplier"),
    )
    hung = metered.with_columns(add_meters(meters).alias("meter_id"))
    ids = add_installations(hung)
    return hung.select("meter_serial").with_columns(ids.alias("installation_id"))


def _assign(rows: pl.DataFrame, *, file_name: str) -> None:
    """Give each agreement its rate and each account its cycle.

    An agreement without a schedule is taken over all the same: its bills are held by name until it has one.
    """
    rated = rows.filter(pl.col("schedule").is_not_null())
    try:
        assign_rates(rated.with_columns(pl.col("rate_inputs").alias("inputs")))
    except RatesRefused as refusal:
        raise CustomersRefused([Located(file_name, 0, "customer_class", str(refusal))]) from refusal
    known = {cycle.code: cycle for cycle in cycles()}
    accounts = rows.unique("account_id", keep="first", maintain_order=True)
    for (code, billed_from), group in accounts.group_by("cycle", "billed_from", maintain_order=True):
        assign_cycle(cycle=known[str(code)], account_ids=group["account_id"], starts_on=billed_from)


def _contradictions(intake: Intake) -> Iterator[Located]:
    for row in disagreements(intake.rows).iter_rows(named=True):
        message = f"{row['value']} contradicts {row['first_value']} on line {row['first_line']} of the same account."
        yield Located(intake.name, row["line"], row["field"], message)
    for name in ("service_point", "meter_serial"):
        for row in repeats(intake.rows, name).iter_rows(named=True):
            message = f"{row['value']} is on line {row['first_line']} already."
            yield Located(intake.name, row["line"], name, message)


def _unknown(intake: Intake) -> Iterator[Located]:
    known = {
        "service": sorted(service.code for service in services()),
        "schedule": sorted({version.schedule.code for version in adopted_schedules()}),
        "cycle": sorted(cycle.code for cycle in cycles()),
    }
    for name, codes in known.items():
        for row in intake.rows.filter(~pl.col(name).is_in(codes).fill_null(value=True)).iter_rows(named=True):
            expected = ", ".join(codes) or f"a {name} of the city pack, and none is loaded"
            yield Located(intake.name, row["line"], name, f"Expected {expected}, not {row[name]}.")


def _taken(intake: Intake) -> Iterator[Located]:
    """Refuse numbers that are in use: loading a file again is refused whole."""
    taken = {
        "account_number": known_numbers(accounts=intake.rows["account_number"].to_list()),
        "customer_number": known_numbers(customers=intake.rows["customer_number"].to_list()),
        "service_point": known_numbers(service_points=intake.rows["service_point"].to_list()),
        "meter_serial": known_serials(intake.rows["meter_serial"].drop_nulls().to_list()),
    }
    for name, values in taken.items():
        for row in intake.rows.filter(pl.col(name).is_in(sorted(values))).iter_rows(named=True):
            yield Located(intake.name, row["line"], name, f"{row[name]} is in use already.")


def _half_meters(intake: Intake) -> Iterator[Located]:
    metered = intake.rows.filter(pl.col("meter_serial").is_not_null())
    for name in METER_FACTS:
        for row in metered.filter(pl.col(name).is_null()).iter_rows(named=True):
            yield Located(intake.name, row["line"], name, f"Meter {row['meter_serial']} needs it.")
    too_big = pl.col("first_register") >= pl.lit(10.0).pow(pl.col("meter_dials"))
    for row in metered.filter(too_big.fill_null(value=False)).iter_rows(named=True):
        message = f"{row['first_register']} does not fit {row['meter_dials']} dials."
        yield Located(intake.name, row["line"], "first_register", message)


def _backward(intake: Intake) -> Iterator[Located]:
    for row in intake.rows.filter(pl.col("ends_on") <= pl.col("starts_on")).iter_rows(named=True):
        message = f"Expected a day after {row['starts_on']}: the first on which the service is no longer the account's."
        yield Located(intake.name, row["line"], "ends_on", message)
