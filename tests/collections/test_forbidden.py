"""What plain SQL cannot do to collections: charge twice, above the approval, give back what was never paid."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from curbstop.collections.models import (
    ChargeRun,
    DepositRelease,
    LateCharge,
    SecurityDeposit,
    Waiver,
)
from curbstop.collections.operations import Ground, approve_charges, ask_deposit, waive_charge
from curbstop.ledger.models import Entry
from tests.collections.conftest import DUE, Office
from tests.refusals import refusing

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = (
    "collections_chargerun",
    "collections_proposedcharge",
    "collections_latecharge",
    "collections_waiver",
    "collections_securitydeposit",
)
CHARGE = (
    "insert into collections_latecharge (run_id, kind, step, bill_source, debtor_id, due_on, base_cents, amount_cents,"
    " derivation, entry_id, at) select run_id, kind, {step}, {source}, debtor_id, due_on, base_cents, {cents},"
    " derivation, {entry}, at from collections_latecharge"
)


def rows() -> list[Any]:
    return [list(model.objects.values()) for model in (ChargeRun, LateCharge, Waiver, SecurityDeposit, DepositRelease)]


@pytest.fixture
def charged(office: Office, account: Any) -> LateCharge:
    office.bill(account, water=40_000)
    office.go_to(DUE + timedelta(days=1))
    office.charge()
    return LateCharge.objects.get()


class TestLateCharge:
    @pytest.mark.parametrize(
        ("changed", "constraint"),
        [
            ({}, "one_penalty_per_bill_and_step"),
            ({"step": "'second'"}, "late_charge_is_its_entry"),
            ({"source": "'billing.bill:77'"}, "late_charge_is_its_entry"),
            ({"cents": "0"}, "late_charge_above_zero"),
        ],
    )
    def test_is_not_forged(self, charged: LateCharge, changed: dict[str, str], constraint: str) -> None:
        before = rows()
        # The entry of a bill has no charge yet: one of the charge would be refused for that alone.
        entry = Entry.objects.filter(kind="bill").latest("pk").pk
        parts = {"step": "step", "source": "bill_source", "cents": "amount_cents", "entry": str(entry)} | changed
        assert refusing(CHARGE.format(**parts)) == constraint
        assert rows() == before

    def test_is_not_above_what_was_approved(self, office: Office, account: Any) -> None:
        from curbstop.collections.domain.late_charges import split_by_share
        from curbstop.collections.operations import post_late_charges
        from curbstop.collections.queries import late_bills
        from curbstop.foundation.database.transactions import transaction

        office.bill(account, water=40_000)
        office.go_to(DUE + timedelta(days=1))
        run = approve_charges(run=office.propose(), by=office.manager, at=office.at)
        (bill,) = late_bills("penalty", on=office.day)
        more = replace(bill, amount_cents=4_001, shares=split_by_share(4_001, bill.shares))
        before = rows()
        with pytest.raises(Exception, match="more than anybody approved"), transaction():
            post_late_charges([more], run=run, kind="penalty", day=office.day, by=office.manager, at=office.at)
        assert rows() == before

    @pytest.mark.parametrize("table", TABLES)
    def test_stays_as_it_was_written(
        self, office: Office, account: Any, charged: LateCharge, connect_as: Callable[[str], Any], table: str
    ) -> None:
        waive_charge(charge=charged, ground=Ground("courtesy", "A good customer"), by=office.lead, at=office.at)
        ask_deposit(account=account, reason="A late bill", amount_cents=500, by=office.lead, at=office.at)
        before = rows()
        for role in ("app_staff", "app_batch", "curbstop_owner", "postgres"):
            for statement in (f"delete from {table}", f"truncate {table} cascade", f"update {table} set id = id + 1"):
                with pytest.raises(Exception, match=r"written once|permission denied|refused"):
                    connect_as(role).execute(statement)
        assert rows() == before


class TestWaiver:
    def test_over_the_limit_is_not_approved_by_who_asked(self, office: Office, charged: LateCharge) -> None:
        ground = Ground("courtesy", "A good customer")
        waiver = waive_charge(charge=charged, ground=ground, by=office.lead, at=office.at)
        approved = "update collections_waiver set approved_by_id = asked_by_id, approved_at = now() where id = %s"
        assert refusing(approved, waiver.pk) in {
            "waiver_over_the_limit_by_a_second_person",
            "waiver_approved_reverses_its_charge",
        }
        waiver.refresh_from_db()
        assert waiver.approved_at is None


class TestDepositRelease:
    RELEASE = (
        "insert into collections_depositrelease (deposit_id, form, principal_cents, interest_cents, applied_cents,"
        " remainder_cents, unpaid_cents, released_on, reason, derivation, entry_id, prepared_by_id, approved_by_id, at)"
        " values (%s, 'refund', %s, 0, 0, %s, %s, now(), 'because', '{}', %s, %s, %s, now())"
    )

    @pytest.mark.parametrize(
        ("principal", "unpaid", "constraint"),
        [
            (15_000, 0, "deposit_release_is_what_was_paid"),
            (4_000, 0, "deposit_release_is_what_was_paid"),
            (4_000, 11_000, "deposit_release_is_its_entry"),
        ],
    )
    def test_gives_back_what_was_paid_and_no_more(
        self, office: Office, account: Any, principal: int, unpaid: int, constraint: str
    ) -> None:
        deposit = ask_deposit(
            account=account, reason="No record of payment", amount_cents=15_000, by=office.lead, at=office.at
        )
        office.pay(account, 4_000)
        before = rows()
        entry = deposit.entry_id
        people = (office.lead.pk, office.manager.pk)
        given = refusing(self.RELEASE, deposit.pk, principal, principal, unpaid, entry, *people)
        assert given == constraint
        assert rows() == before
