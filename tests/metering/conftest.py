"""A street of meters: one meter at each of a few premises, each with an account."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

# Rooms are imported inside the fixtures: pytest reads this file before Django is set up.

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STARTS = date(2026, 1, 5)


RULES = {
    "metering.usage_unit": ("ccf", "choice"),
    "metering.usage_rounding": ("whole_units_carried", "choice"),
    "metering.rollover_share_min": ("90", "percent"),
    "metering.rollover_usage_factor_max": ("3", "factor"),
    "metering.estimates_in_a_row_max": ("2", "count"),
    "metering.exceptions_that_hold": (["HIGH", "NEG", "OVER_EST", "EST_MAX", "TRANSPOSE"], "choices"),
    "metering.same_use_min": ("8", "ccf"),
    "billing.period_days_min": ("25", "days"),
    "billing.period_days_max": ("69", "days"),
    "billing.usage_high_factor": ("2.0", "factor"),
    "billing.usage_high_change_min": ("5", "ccf"),
    "billing.usage_low_factor": ("0.4", "factor"),
    "billing.usage_low_change_min": ("3", "ccf"),
}


@pytest.fixture
def other_rules():
    """Return what a test's city decides otherwise: code to value and unit."""
    return {}


@pytest.fixture
def rules(db, person, other_rules):
    """Put the city's rules of measuring in force."""
    from curbstop.ordinances.models import CodeSection, RuleValue

    section, _ = CodeSection.objects.get_or_create(citation="13.1", title="Reads")
    for code, (value, unit) in (RULES | other_rules).items():
        RuleValue.objects.create(
            code=code,
            starts_on=date(2020, 1, 1),
            value=value,
            unit=unit,
            section=section,
            proposed_by=person("proposer"),
            adopted_by=person("adopter"),
        )


@pytest.fixture
def water(db):
    from curbstop.ledger.models import GlAccount, Service

    accounts = [
        GlAccount.objects.create(code=code, fund="500", department="00", account=code[-4:], name=code, kind=kind)
        for code, kind in (("500-00-1210", "asset"), ("500-00-4100", "revenue"))
    ]
    return Service.objects.create(
        code="water", name_en="Water", name_es="Agua", receivable=accounts[0], revenue=accounts[1], rank=1
    )


@pytest.fixture
def street(water, rules):
    """Return three agreements with meters M-1 to M-3: frame of agreement_id, account_id, installation_id."""
    return build(water, 3)


@pytest.fixture
def city(water, rules):
    """Return a function that builds a street of any length."""
    return lambda houses: build(water, houses)


def build(water, count):
    from curbstop.customers.operations import (
        add_accounts,
        add_agreements,
        add_customers,
        add_premises,
        add_service_points,
    )
    from curbstop.foundation.database.transactions import transaction
    from curbstop.metering.operations import add_installations, add_meters

    houses = pl.DataFrame({"n": range(1, count + 1)})
    blank = ("phone", "email", "mailing_line_1", "mailing_line_2", "mailing_city", "mailing_state", "mailing_zip")
    number = pl.col("n").cast(pl.String)
    with transaction():
        customers = houses.select(
            (pl.lit("C-") + number).alias("number"),
            (pl.lit("Resident ") + number).alias("name"),
            kind=pl.lit("person"),
            language=pl.lit("en"),
            **{name: pl.lit("") for name in blank},
        )
        places = houses.select(
            (number + " Elm St").alias("address_line"),
            unit=pl.lit(""),
            city=pl.lit("Cedar Bend"),
            state=pl.lit("VA"),
            zip=pl.lit("23300"),
            parcel=pl.lit(""),
            inside_city=pl.lit(value=True),
        )
        premises = add_premises(places)
        points = add_service_points(
            houses.select(
                premises.alias("premises_id"),
                pl.lit(water.pk).alias("service_id"),
                (pl.lit("SP-") + number).alias("number"),
            )
        )
        open_end = pl.lit(None, dtype=pl.Date)
        accounts = add_accounts(
            houses.select(
                (pl.lit("A-") + number).alias("number"),
                add_customers(customers).alias("customer_id"),
                premises.alias("premises_id"),
                pl.lit(STARTS).alias("opened_on"),
                open_end.alias("closed_on"),
            )
        )
        terms = {"starts_on": pl.lit(STARTS), "ends_on": open_end}
        agreements = add_agreements(
            houses.select(accounts.alias("account_id"), points.alias("service_point_id"), **terms)
        )
        meters = add_meters(
            houses.select(
                (pl.lit("M-") + number).alias("serial"),
                size_inches=pl.lit('5/8"'),
                dials=pl.lit(6),
                unit=pl.lit("ccf"),
                multiplier=pl.lit(Decimal(1)),
            )
        )
        installations = add_installations(
            houses.select(
                meters.alias("meter_id"),
                points.alias("service_point_id"),
                first_register=pl.lit(Decimal("100.0000")),
                **terms,
            )
        )
    return houses.select(
        agreements.alias("agreement_id"),
        accounts.alias("account_id"),
        installations.alias("installation_id"),
    )


@pytest.fixture
def whole_ccf():
    from curbstop.foundation.quantities import Unit
    from curbstop.metering.domain.segments import UsagePolicy

    return UsagePolicy(
        unit=Unit.CCF,
        whole_units=True,
        rollover_percent_min=Decimal(90),
        rollover_usage_factor_max=Decimal(3),
    )
