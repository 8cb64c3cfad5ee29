"""A read that bills rest on is corrected together with them, by two people, in one step or not at all."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from curbstop.billing.models import Bill, BilledPeriod
from curbstop.billing.operations import ApprovalRefused, redraft_account
from curbstop.foundation.database.transactions import transaction
from curbstop.journeys.operations.correct_read import ReadCorrectionRefused, correct_read, true_up_read
from curbstop.ledger.queries import balances_of
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Installation, Meter, Read, ReadCorrection, Usage
from curbstop.metering.operations import record_reads, supersede_read
from tests.billing.conftest import JULY, MAY, NOON, TODAY, Town
from tests.refusals import refusing

pytestmark = pytest.mark.django_db


def load(*rows: tuple[str, str, str]) -> None:
    lines = "".join(f"M-1,{day},{register},{kind}\n" for day, register, kind in rows)
    file = read_meter_file(f"meter,read_on,register,kind\n{lines}".encode())
    record_reads(file=file, on=TODAY, by=None, at=NOON)


def money(account: Any) -> int:
    return balances_of([account.debtor_id]).get(account.debtor_id, 0)


@pytest.fixture
def account(town: Town) -> Any:
    """An account whose meter went from 100 to 112 in May and June."""
    opened = town.account()
    water = opened.agreements.get(service_point__service_id=town.services["water"])
    meter = Meter.objects.create(serial="M-1", size_inches='5/8"', dials=6, unit="ccf")
    Installation.objects.create(
        meter=meter, service_point=water.service_point, starts_on=MAY, first_register=Decimal(100)
    )
    load((str(JULY), "112", "actual"))
    return opened


def last_read() -> Read:
    return Read.objects.get(superseded_at=None, read_on=JULY)


class TestCorrectRead:
    def correct(self, town: Town, register: str = "108", approved_by: Any = None, at: datetime = NOON) -> Any:
        return correct_read(
            read=last_read(),
            register=Decimal(register),
            reason="Two digits had changed places",
            by=town.people["lead"],
            approved_by=approved_by,
            at=at,
        )

    def test_refuses_while_a_bill_rests_on_it_and_nobody_approves(self, town: Town, account: Any) -> None:
        town.release()
        owed = money(account)

        with pytest.raises(ReadCorrectionRefused, match="second person has to approve cancelling"):
            self.correct(town)

        assert (money(account), ReadCorrection.objects.count()) == (owed, 0)
        assert not Bill.objects.exclude(cancelled_at=None).exists()

    def test_refuses_one_person_for_both(self, town: Town, account: Any) -> None:
        town.release()
        owed = money(account)

        with pytest.raises(ReadCorrectionRefused, match="second person"):
            self.correct(town, approved_by=town.people["lead"])

        assert (money(account), ReadCorrection.objects.count()) == (owed, 0)

    def test_cancels_the_bill_and_bills_the_right_use(self, town: Town, account: Any) -> None:
        town.release()
        wrong = Bill.objects.get()

        done = self.correct(town, approved_by=town.people["manager"])

        assert done.cancelled == (wrong.number,)
        assert money(account) == 0
        town.release()
        right = Bill.objects.get(cancelled_at=None)
        # Four units less: two of water at 5.00, two at 3.00, and the sewer's 2.50 on each.
        assert wrong.total_cents - right.total_cents == 2 * 300 + 2 * 500 + 4 * 250
        assert money(account) == right.total_cents

    def test_before_it_is_billed_needs_no_second_person(self, town: Town, account: Any) -> None:
        town.draft()

        done = self.correct(town)

        assert done.cancelled == ()
        assert Usage.objects.get(superseded_at=None).registered == 8

    def test_makes_a_draft_be_drafted_again(self, town: Town, account: Any) -> None:
        run = town.draft()
        self.correct(town)

        with pytest.raises(ApprovalRefused, match="draft these accounts again: 100001"):
            town.approve(run)

        redraft_account(run=run, account_id=account.pk, by=town.people["lead"], at=NOON)
        assert town.approve(run).state == "approved"

    def test_refuses_while_an_approved_run_bills_from_it(self, town: Town, account: Any) -> None:
        run = town.approve(town.draft())

        with pytest.raises(ReadCorrectionRefused, match=f"Run {run.pk} is approved"):
            self.correct(town)

        assert Usage.objects.get().superseded_at is None


class TestTrueUpRead:
    def test_cancels_the_estimated_bill_and_bills_what_was_used(self, town: Town, account: Any) -> None:
        """Estimated 112 after 60 days, but 109 after 90: six and three, and not twelve and minus three."""
        wrong = last_read()
        with transaction():
            supersede_read(
                read=wrong, register=wrong.register, kind="estimated", reason="Nobody was there",
                by=town.people["lead"], at=NOON,
            )  # fmt: skip
        town.release()
        estimated = Bill.objects.get()
        file = read_meter_file(b"meter,read_on,register\nM-1,2026-07-30,109\n")
        record_reads(file=file, on=date(2026, 7, 30), by=None, at=NOON)

        done = true_up_read(
            read=Read.objects.get(read_on=date(2026, 7, 30)),
            reason="The estimate was too high",
            by=town.people["lead"],
            approved_by=town.people["manager"],
            at=NOON,
        )

        assert done.cancelled == (estimated.number,)
        assert Usage.objects.get(superseded_at=None).billed == 6
        assert money(account) == 0


class TestWhatTheDatabaseRefuses:
    def test_usage_of_a_bill_that_stands(self, town: Town, account: Any) -> None:
        town.release()
        read, lead = last_read(), town.people["lead"]
        other = Read.objects.create(installation=read.installation, read_on=date(2026, 5, 2), register=101)
        refused = refusing(
            "with said as (insert into metering_readcorrection (read_id, replacement_id, reason, by_id, at)"
            "   values (%s, %s, 'Wrong digits', %s, now()) returning at, read_id),"
            " gone as (update metering_read r set superseded_at = said.at from said where r.id = said.read_id)"
            " update metering_usage u set superseded_at = said.at from said where u.to_read_id = said.read_id",
            read.pk, other.pk, lead.pk,
        )  # fmt: skip

        assert refused == "billed_usage_stands"
        assert Usage.objects.get().superseded_at is None

    def test_a_bill_for_usage_that_was_superseded(self, town: Town, account: Any) -> None:
        town.release()
        TestCorrectRead().correct(town, approved_by=town.people["manager"])
        gone = BilledPeriod.objects.filter(usage__isnull=False).first()
        assert gone is not None

        refused = refusing(
            "insert into billing_billedperiod (bill_id, agreement_id, usage_id, period, cancelled)"
            " values (%s, %s, %s, %s, false)",
            gone.bill_id, gone.agreement_id, gone.usage_id, gone.period,
        )  # fmt: skip

        assert refused == "billed_usage_stands"
        assert not BilledPeriod.objects.filter(cancelled=False, usage=gone.usage_id).exists()
