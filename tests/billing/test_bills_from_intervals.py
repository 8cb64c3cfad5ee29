"""A bill from intervals: taken in, made into the midnight read, settled, drafted and released like any other."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from curbstop.billing.models import Bill
from curbstop.customers.models import ServicePoint
from curbstop.metering.imports import opened_interval_file
from curbstop.metering.models import Installation, Meter, Read
from curbstop.metering.operations import record_intervals, roll_reads
from curbstop.metering.operations.estimates import EVERY_ACCOUNT
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import JULY, MAY, NOON, TODAY
from tests.metering.interval_files import hours, parquet_of

pytestmark = pytest.mark.django_db


def test_a_midnight_read_is_billed_like_any_other(town, city, people, tmp_path):
    RuleValue.objects.create(
        code="metering.interval_read_window", value=2, unit="days", starts_on=date(2020, 1, 1),
        section=CodeSection.objects.first(), proposed_by=people["lead"], adopted_by=people["manager"],
    )  # fmt: skip
    account = town.account(services=("water",))
    meter = Meter.objects.create(serial="W-1", size_inches='5/8"', dials=6, unit="ccf")
    Installation.objects.create(
        meter=meter, service_point=ServicePoint.objects.get(), starts_on=MAY, first_register=Decimal(100)
    )
    path = parquet_of(tmp_path / "file", hours("W-1", MAY, date(2026, 7, 1), use="0.0100"))
    with opened_interval_file(path) as file:
        record_intervals(file=file, on=date(2026, 7, 2), by=None, at=datetime(2026, 7, 2, 9, tzinfo=UTC))

    assert roll_reads(accounts=EVERY_ACCOUNT, on=JULY, by=people["lead"], at=NOON).reads == 1
    town.release(TODAY)

    # Sixty days of 0.24 CCF are 14.4: ten at 3.00, the rest at 5.00, and the base of 20.00.
    bill = Bill.objects.get(account=account)
    assert Read.objects.get().kind == "ami"
    assert bill.total_cents == 2_000 + 3_000 + 2_200
