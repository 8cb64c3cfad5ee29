"""A line is written by the draft and never again: what plain SQL cannot do to it, and what a next draft leaves."""

from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError

from curbstop.billing.models import Bill, BilledPeriod, BillLine, DraftBill, DraftLine
from curbstop.billing.operations import cancel_bill, hold_bill, release_bills
from tests.billing.conftest import NOON, Town
from tests.refusals import refusing

pytestmark = pytest.mark.django_db

ANOTHER_LINE = (
    "insert into billing_draftline (run_id, account_id, line_number, agreement_id, service_id, schedule_version_id,"
    " customer_class, starts_on, ends_on, component, label, quantity, unit, unit_price, amount_cents, section,"
    " derivation)"
    " select run_id, account_id, 99, {agreement}, service_id, schedule_version_id, '', starts_on, ends_on, component,"
    " label, quantity, unit, unit_price, 1, section, derivation from billing_draftline where line_number = 1 limit 1"
)
ANOTHER_BILL = (
    "insert into billing_bill (id, run_id, account_id, entry_id, bill_on, due_on, starts_on, ends_on, days,"
    " total_cents, prior_balance_cents, payments_cents)"
    " select 99, d.run_id, d.account_id, null, r.bill_on, r.due_on, d.starts_on, d.ends_on, d.days, 0, 0, 0"
    "  from billing_draftbill d join billing_billingrun r on r.id = d.run_id limit 1"
)
ANOTHER_PERIOD = (
    "insert into billing_billedperiod (bill_id, agreement_id, period, cancelled)"
    " select bill_id, agreement_id, {period}, false from billing_billedperiod order by id limit 1"
)


def rows() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Bill, BillLine, BilledPeriod, DraftBill, DraftLine)
    ]


@pytest.fixture
def billed(town: Town) -> Town:
    """Two accounts with usage."""
    for number in ("100001", "100002"):
        town.use(town.account(number), "8")
    return town


class TestLines:
    def test_name_what_is_there(self, billed: Town) -> None:
        billed.draft()
        before = rows()

        statement = ANOTHER_LINE.format(agreement="999999")
        assert refusing(statement) == "billing_draftline_agreement_id_exists"

        assert rows() == before

    def test_come_while_the_run_is_a_draft(self, billed: Town) -> None:
        billed.approve(billed.draft())
        before = rows()

        assert refusing(ANOTHER_LINE.format(agreement="agreement_id")) == "billing_draftline_of_a_draft"

        assert rows() == before

    def test_of_a_bill_are_kept(self, billed: Town) -> None:
        billed.release()
        before = rows()

        assert refusing("delete from billing_draftline") == "billing_billline_append_only"
        assert refusing("delete from billing_draftline where line_number = 2") == "billing_billline_append_only"
        assert refusing("update billing_draftline set amount_cents = 1") == "billing_draftline_as_approved"
        with pytest.raises(ProgrammingError, match="permission denied"):
            refusing("truncate billing_draftline")

        assert rows() == before

    def test_are_those_of_the_draft_under_the_number_of_their_bill(self, billed: Town) -> None:
        run = billed.approve(billed.draft())
        said = ("account_id", "line_number", "agreement_id", "amount_cents", "derivation")
        drafted = list(DraftLine.objects.filter(run=run).order_by("account_id", "line_number").values_list(*said))

        release_bills(run=run, by=billed.people["manager"], at=NOON)

        released = ("bill__account_id", *said[1:])
        assert list(BillLine.objects.order_by("bill_id", "line_number").values_list(*released)) == drafted

    def test_of_a_held_bill_go_with_the_next_draft_and_those_of_bills_stay(self, billed: Town) -> None:
        run = billed.draft()
        held, other = DraftBill.objects.filter(run=run).order_by("account_id").values_list("account_id", flat=True)
        hold_bill(run=run, account_id=held, reason="A neighbor's read", by=billed.people["lead"], at=NOON)
        billed.approve(run)
        run.refresh_from_db()

        release_bills(run=run, by=billed.people["manager"], at=NOON)
        lines = list(BillLine.objects.values())
        assert DraftLine.objects.filter(run=run, account_id=held).exists()

        billed.draft()

        assert set(DraftLine.objects.filter(run=run).values_list("account_id", flat=True)) == {other}
        assert list(BillLine.objects.values()) == lines


class TestBills:
    def test_come_while_the_run_is_approved(self, billed: Town) -> None:
        billed.draft()
        before = rows()

        assert refusing(ANOTHER_BILL) == "bill_of_an_approved_run"

        assert rows() == before

    def test_are_the_sum_of_their_lines(self, billed: Town) -> None:
        billed.approve(billed.draft())
        before = rows()

        assert refusing(ANOTHER_BILL) == "bill_equals_its_lines"

        assert rows() == before

    def test_are_one_a_run_and_account(self, billed: Town) -> None:
        billed.release()
        before = rows()

        assert refusing(ANOTHER_BILL) == "one_bill_a_run_and_account"

        assert rows() == before


class TestPeriods:
    @pytest.mark.parametrize(
        ("period", "constraint"),
        [
            ("period", "no_double_billing"),
            ("daterange(lower(period) + 3, lower(period) + 4)", "no_double_billing"),
            ("daterange(lower(period) - 3, upper(period) + 4)", "no_double_billing"),
            ("daterange(lower(period) - 3, lower(period) + 1)", "no_double_billing"),
            ("daterange(upper(period) - 1, upper(period) + 30)", "no_double_billing"),
            ("daterange(upper(period), null)", "billed_period_begins_and_ends"),
            ("daterange(lower(period), lower(period))", "billed_period_has_days"),
            ("daterange(upper(period), upper(period) + 30)", None),
            ("daterange(lower(period) - 30, lower(period))", None),
        ],
    )
    def test_charge_no_day_twice(self, billed: Town, period: str, constraint: str | None) -> None:
        billed.release()
        before = rows()

        assert refusing(ANOTHER_PERIOD.format(period=period)) == constraint

        assert (rows() == before) == (constraint is not None)

    def test_overlap_no_other_of_the_same_statement(self, billed: Town) -> None:
        billed.release()
        before = rows()
        both = (
            "insert into billing_billedperiod (bill_id, agreement_id, period, cancelled)"
            " select bill_id, agreement_id, daterange(upper(period) + n, upper(period) + n + 20), false"
            "  from billing_billedperiod, generate_series(0, 40, 10) n"
        )

        assert refusing(both) == "no_double_billing"

        assert rows() == before

    def test_of_a_cancelled_bill_are_free_again(self, billed: Town) -> None:
        billed.release()
        bill = Bill.objects.earliest("number")
        asks, approves = billed.people["lead"], billed.people["manager"]
        cancel_bill(bill=bill, reason="Read of the neighbor", requested_by=asks, approved_by=approves, at=NOON)

        assert refusing(ANOTHER_PERIOD.format(period="period")) is None
        assert date(2026, 5, 2) in BilledPeriod.objects.filter(cancelled=True).first().period
