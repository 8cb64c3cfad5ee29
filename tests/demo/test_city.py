"""The demo city is the same each time, sound by every proof of its rooms, and odd where it means to be."""

import itertools
from datetime import UTC, date, datetime

import polars as pl
import pytest

from curbstop.customers import proofs as customers_proofs
from curbstop.customers.models import Account
from curbstop.customers.queries import account_bounds
from curbstop.demo.city import due_month, make_city, read_days
from curbstop.demo.scale import make_accounts
from curbstop.metering import proofs as metering_proofs
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Read, Usage
from curbstop.metering.operations import record_reads, settle_usage
from curbstop.metering.queries import AccountRange, unbilled_usage_frame, usage_policy_on

AT = datetime(2026, 11, 9, 13, 0, tzinfo=UTC)
TODAY = date(2026, 11, 9)
ACCOUNTS = 240
pytestmark = pytest.mark.django_db


def make(by):
    return make_city(on=TODAY, by=by, at=AT, accounts=ACCOUNTS, told=lambda _: None)


class TestMakeCity:
    def test_makes_a_city_that_its_proofs_hold_for(self, larkspur_bend):
        city = make(larkspur_bend)

        assert Account.objects.count() == ACCOUNTS
        assert [each.cycle for each in city.rounds] == ["ODD", "EVEN", "ODD"]
        proofs = [*customers_proofs.PROOFS, *metering_proofs.PROOFS]
        assert {proof.name: proof.check().failures for proof in proofs} == {proof.name: [] for proof in proofs}

    def test_leaves_nothing_of_the_former_system_to_be_billed(self, larkspur_bend):
        make(larkspur_bend)
        first, last = account_bounds()

        assert unbilled_usage_frame(first_account_id=first, last_account_id=last, through=TODAY).is_empty()
        assert set(Usage.objects.values_list("kind", flat=True)) == {"history"}

    def test_sends_the_reads_since_the_changeover_as_files(self, larkspur_bend):
        city = make(larkspur_bend)
        for each in city.rounds:
            file = read_meter_file(each.reads_csv, name=f"{each.cycle}-{each.read_on}.csv")
            record_reads(file=file, on=TODAY, by=larkspur_bend, at=AT)

        result = settle_usage(
            accounts=AccountRange(*account_bounds()), through=TODAY, policy=usage_policy_on(TODAY), by=None, at=AT
        )

        assert 0 < result.held.height < ACCOUNTS * 0.05
        assert set(result.held["problem"]) == {"negative_read"}
        first, last = account_bounds()
        usage = unbilled_usage_frame(first_account_id=first, last_account_id=last, through=TODAY)
        assert usage.height == result.settled
        assert usage.filter(pl.col("billed") == 0).height > 0
        assert set(usage["days"]) <= {59, 60, 61, 62}
        assert all(proof.check().holds for proof in metering_proofs.PROOFS)

    def test_rolls_meters_over(self, larkspur_bend):
        make(larkspur_bend)
        rolled = [
            meter
            for meter in Read.objects.values_list("installation__meter__serial", flat=True).distinct()
            if (registers := list(Read.objects.filter(installation__meter__serial=meter)
                                  .order_by("read_on").values_list("register", flat=True)))
            != sorted(registers)
        ]  # fmt: skip

        assert rolled
        assert all(serial.endswith("00") for serial in rolled)


class TestReadDays:
    @pytest.mark.parametrize(("on", "month"), [("2026-11-09", 11), ("2026-11-04", 10), ("2026-01-02", 12)])
    def test_bill_the_month_whose_reads_are_in(self, on, month):
        assert due_month(date.fromisoformat(on)).month == month

    def test_are_two_months_apart(self):
        days = read_days("EVEN", until=date(2026, 11, 1))

        assert days[-1] == date(2026, 10, 4)
        assert {(b - a).days for a, b in itertools.pairwise(days)} <= {59, 60, 61, 62}


class TestMakeAccounts:
    def test_gives_each_account_one_period_to_bill(self, larkspur_bend):
        make_accounts(50, on=TODAY, by=None, at=AT)
        first, last = account_bounds()

        usage = unbilled_usage_frame(first_account_id=first, last_account_id=last, through=TODAY)

        assert usage.height == usage["account_id"].n_unique() == 50
        assert usage["days"].unique().to_list() == [60]
