"""A made-up town of any size, written by the rooms' own bulk verbs: each account has water, sewer and stormwater."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TODAY = date(2026, 7, 1)
OPENED = date(2026, 5, 1)
READ_ON = date(2026, 6, 30)
CHUNK = 10_000

WATER = """
tariff: water
unit: ccf
section: "1.1"
period: {standard_days: 60, months: 2}
components:
  - key: water_service
    service: water
    label: {en: Water service, es: Servicio de agua}
    base: {by: meter_size, table: {5/8": 21.46, 1": 53.65}}
  - key: water_use
    service: water
    label: {en: Water use, es: Consumo de agua}
    tiers:
      - {up_to: 10, price: 4.25}
      - {price: 9.06}
"""
SEWER = """
tariff: sewer
unit: ccf
section: "1.1"
components:
  - key: sewer_use
    service: sewer
    label: {en: Sewer use, es: Uso de alcantarillado}
    price: 2.65
"""
STORMWATER = """
tariff: stormwater
unit: each
section: "1.1"
components:
  - key: stormwater
    service: stormwater
    label: {en: Stormwater, es: Aguas pluviales}
    quantity: eru
    unit: eru
    per_day: 0.486
"""
TARIFFS = {"water": WATER, "sewer": SEWER, "stormwater": STORMWATER}
FUNDS = {"water": "501", "sewer": "502", "stormwater": "503"}
RULES = {
    "billing.due_days": (20, "days"),
    "billing.period_days_min": (55, "days"),
    "billing.period_days_max": (69, "days"),
    "billing.usage_high_factor": ("2.0", "factor"),
    "billing.usage_high_change_min": ("5", "ccf"),
    "billing.usage_low_factor": ("0.4", "factor"),
    "billing.usage_low_change_min": ("3", "ccf"),
    "billing.review_over": ("2500.00", "dollars"),
    "billing.hold_factor": ("3.0", "factor"),
    "billing.hold_over": ("400.00", "dollars"),
    "metering.usage_unit": ("ccf", "choice"),
    "metering.usage_rounding": ("exact", "choice"),
    "metering.rollover_share_min": ("90", "percent"),
    "metering.rollover_usage_factor_max": ("3", "factor"),
}


def found_town(accounts: int) -> None:
    """Write the office, the code and so many accounts with one unbilled period of use."""
    from curbstop.billing.operations import declare_cycles
    from curbstop.foundation.access.models import User
    from curbstop.foundation.database.transactions import transaction

    clerk = User.objects.create(username="clerk")
    manager = User.objects.create(username="manager")
    _open_office(clerk)
    services = _write_books()
    _write_code(clerk, manager)
    with transaction():
        cycle = declare_cycles([("ALL", "The whole town", 2)])["ALL"]
    for first in range(0, accounts, CHUNK):
        _settle(range(first, min(first + CHUNK, accounts)), services, cycle)


def _open_office(clerk: Any) -> None:
    from curbstop.ledger.models import BusinessDay, FiscalPeriod

    FiscalPeriod(starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1)).save()
    BusinessDay(day=TODAY, opened_at=NOON, opened_by=clerk).save()


def _write_books() -> dict[str, int]:
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import (
        AccountRow,
        ServiceRow,
        declare_accounts,
        declare_services,
    )
    from curbstop.ledger.queries import services

    accounts = [AccountRow("500-0-2400", "500", "0", "2400", "Credit", "liability", "unapplied_credit")]
    for code, fund in FUNDS.items():
        accounts.append(AccountRow(f"{fund}-0-1150", fund, "0", "1150", f"{code} owed", "asset"))
        accounts.append(AccountRow(f"{fund}-0-4010", fund, "0", "4010", f"{code} sales", "revenue"))
    with transaction():
        declare_accounts(accounts)
        declare_services(
            [
                ServiceRow(code, code.title(), code.title(), f"{fund}-0-1150", f"{fund}-0-4010", rank)
                for rank, (code, fund) in enumerate(FUNDS.items(), start=1)
            ]
        )
    return {each.code: each.pk for each in services()}


def _write_code(clerk: Any, manager: Any) -> None:
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ordinances.models import CodeSection, RuleValue
    from curbstop.rates.operations import adopt_version

    begins = date(2026, 1, 1)
    section = CodeSection(citation="1.1", title="Rates")
    section.save()
    for code, (value, unit) in RULES.items():
        RuleValue(
            code=code, starts_on=begins, value=value, unit=unit, section=section,
            proposed_by=clerk, adopted_by=manager,
        ).save()  # fmt: skip
    with transaction():
        for code, document in TARIFFS.items():
            adopt_version(
                schedule=code, service=code, document=document, format="tariff",
                section_id=section.pk, starts_on=begins, proposed_by=clerk, approved_by=manager,
            )  # fmt: skip


def _settle(numbers: range, services: dict[str, int], cycle: Any) -> None:
    """Write one chunk of accounts with everything that hangs on them."""
    from curbstop.billing.operations import assign_cycle
    from curbstop.customers.operations import (
        add_accounts,
        add_agreements,
        add_customers,
        add_premises,
        add_service_points,
    )
    from curbstop.foundation.database.transactions import transaction
    from curbstop.metering.operations import import_volumes
    from curbstop.rates.operations import assign_rates

    key = pl.Series("number", [f"{100_000 + number}" for number in numbers])
    rows = pl.DataFrame({"number": key})
    text = {name: pl.lit("") for name in ("phone", "email", *_MAILING)}
    agreements = {}
    with transaction():
        customers = add_customers(
            rows.with_columns(
                name=pl.format("Customer {}", "number"), kind=pl.lit("person"), language=pl.lit("en"), **text
            )
        )
        places = add_premises(
            rows.select(
                address_line=pl.format("{} Elm Street", "number"), unit=pl.lit(""), city=pl.lit("Bench"),
                state=pl.lit("VA"), zip=pl.lit("23300"), parcel=pl.lit(""), inside_city=pl.lit(value=True),
            )
        )  # fmt: skip
        accounts = add_accounts(
            rows.with_columns(
                customers.alias("customer_id"), places.alias("premises_id"),
                pl.lit(OPENED).alias("opened_on"), pl.lit(None, pl.Date).alias("closed_on"),
            )
        )  # fmt: skip
        for code, service_id in services.items():
            points = add_service_points(
                pl.DataFrame({"premises_id": places}).with_columns(
                    service_id=pl.lit(service_id), number=pl.lit(f"{code}-") + key
                )
            )
            agreements[code] = add_agreements(
                pl.DataFrame({"account_id": accounts, "service_point_id": points}).with_columns(
                    starts_on=pl.lit(OPENED), ends_on=pl.lit(None, pl.Date)
                )
            )
            assign_rates(
                pl.DataFrame({"agreement_id": agreements[code]}).with_columns(
                    schedule=pl.lit(code), customer_class=pl.lit(""),
                    inputs=pl.lit('{"eru": "1"}' if code == "stormwater" else "{}"),
                    starts_on=pl.lit(OPENED), ends_on=pl.lit(None, pl.Date),
                )
            )  # fmt: skip
        assign_cycle(cycle=cycle, account_ids=accounts.to_list(), starts_on=OPENED)
    volumes = pl.Series("volume", [f"{4 + number * 7 % 17}" for number in numbers]).cast(pl.Decimal(18, 4))
    import_volumes(
        rows=pl.DataFrame({"agreement_id": agreements["water"], "volume": volumes}).with_columns(
            starts_on=pl.lit(OPENED), ends_on=pl.lit(READ_ON), unit=pl.lit("ccf"), meter_size=pl.lit('5/8"')
        ),
        source="bench", by=None, at=NOON,
    )  # fmt: skip


_MAILING = ("mailing_line_1", "mailing_line_2", "mailing_city", "mailing_state", "mailing_zip")
