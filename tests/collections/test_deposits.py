"""Security deposits: asked for, paid, kept as a liability, and given back with interest."""

from datetime import date, timedelta
from typing import Any

import pytest

from curbstop.collections import proofs
from curbstop.collections.models import DepositRelease, SecurityDeposit
from curbstop.collections.operations import DepositRefused, Giving, ask_deposit, record_breach, release_deposit
from curbstop.collections.queries import deposit_rows, standing_deposits
from curbstop.ledger.queries import open_items_of, trial_balance, unapplied_credit_of
from tests.collections.conftest import TODAY, Office

pytestmark = pytest.mark.django_db
REASON = "No record of prompt payment"
CLOSURE = Giving("closure", "The account was closed")


def balances(office: Office) -> dict[str, int]:
    """Credits less debits by account name."""
    rows = trial_balance(starts_on=date(2026, 1, 1), ends_on=date(2028, 1, 1))
    return {row.name: -row.closing_cents for row in rows}


@pytest.fixture
def deposit(office: Office, account: Any) -> SecurityDeposit:
    return ask_deposit(account=account, reason=REASON, amount_cents=15_000, by=office.representative, at=office.at)


def close(account: Any, on: date) -> None:
    type(account).objects.filter(pk=account.pk).update(closed_on=on)


def give_back(office: Office, deposit: SecurityDeposit, giving: Giving) -> DepositRelease:
    return release_deposit(
        deposit=deposit, giving=giving, prepared_by=office.lead, approved_by=office.supervisor, at=office.at
    )


def open_years(office: Office) -> None:
    from curbstop.ledger.models import FiscalPeriod

    FiscalPeriod.objects.create(starts_on=date(2027, 1, 1), ends_on=date(2028, 1, 1))
    assert office.day == TODAY


class TestAskDeposit:
    def test_is_a_liability_only_when_it_is_paid(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        found = balances(office)
        assert found["Deposits held"] + found["Deposits asked for"] == 0
        office.pay(account, 5_000)
        found = balances(office)
        assert found["Deposits held"] + found["Deposits asked for"] == 5_000
        (row,) = deposit_rows([deposit], on=office.day)
        assert (row.held_cents, row.paid_on) == (5_000, None)
        assert all(proof.check().holds for proof in proofs.PROOFS)

    def test_works_the_amount_out_from_the_bills(self, office: Office, account: Any) -> None:
        office.town.use(account, "20")
        office.town.release()
        asked = ask_deposit(account=account, reason=REASON, by=office.representative, at=office.at)
        # One bill of two months: two months of the average are that bill.
        from curbstop.billing.models import Bill

        assert asked.amount_cents == Bill.objects.get().total_cents

    def test_refuses_an_account_without_bills(self, office: Office, account: Any) -> None:
        with pytest.raises(DepositRefused, match="state the amount"):
            ask_deposit(account=account, reason=REASON, by=office.representative, at=office.at)
        assert not SecurityDeposit.objects.exists()

    def test_takes_the_assumed_month_without_bills(self, office: Office, account: Any) -> None:
        office.set_rule("deposit.assumed_month", "86.40", "dollars")
        office.set_rule("deposit.round_up_to", "5.00", "dollars")
        asked = ask_deposit(account=account, reason=REASON, by=office.representative, at=office.at)
        assert asked.amount_cents == 17_500  # WX-1.4a, rounded up

    def test_is_never_part_of_a_penalty(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        from curbstop.collections.operations import RunRefused

        office.go_to(TODAY + timedelta(days=60))
        with pytest.raises(RunRefused, match="No bill is late"):
            office.propose()


class TestGoodMonths:
    def test_begin_when_all_is_paid_and_end_with_a_late_bill(
        self, office: Office, account: Any, deposit: SecurityDeposit
    ) -> None:
        office.pay(account, 15_000)
        _, items = office.bill(account, water=10_000)
        (row,) = deposit_rows([deposit], on=date(2026, 12, 2))
        assert (row.paid_on, row.good_months, row.eligible_on) == (TODAY, 4, date(2027, 7, 22))
        office.go_to(date(2026, 8, 3))
        office.pay(account, 10_000, items=items)
        (row,) = deposit_rows([deposit], on=date(2026, 12, 2))
        assert row.good_months == 4

    def test_count_a_bill_paid_on_its_due_date(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        office.pay(account, 15_000)
        _, items = office.bill(account, water=10_000)
        office.go_to(date(2026, 7, 21))
        office.pay(account, 10_000, items=items)
        (row,) = deposit_rows([deposit], on=date(2026, 12, 2))
        assert (row.good_months, row.eligible_on) == (5, date(2027, 7, 1))

    def test_end_with_a_returned_payment(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        office.pay(account, 15_000)
        record_breach(
            account=account, kind="returned_item", on=date(2026, 10, 5), note="Check 104", by=office.lead, at=office.at
        )
        (row,) = deposit_rows([deposit], on=date(2026, 12, 4))
        assert row.good_months == 1

    def test_two_late_bills_double_the_deposit(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        office.pay(account, 15_000)
        for month in (8, 9):
            office.bill(account, water=1_000, due_on=date(2026, month, 3))
        assert deposit_rows([deposit], on=date(2026, 9, 1))[0].increase_cents == 0
        assert deposit_rows([deposit], on=date(2026, 9, 4))[0].increase_cents == 15_000
        ask_deposit(account=account, reason="Two late bills", amount_cents=15_000, by=office.lead, at=office.at)
        assert [row.increase_cents for row in deposit_rows(standing_deposits(), on=date(2026, 9, 4))] == [0, 0]


class TestReleaseDeposit:
    def test_at_closure_pays_the_final_bill_first_and_leaves_the_rest(
        self, office: Office, account: Any, deposit: SecurityDeposit
    ) -> None:
        open_years(office)
        office.pay(account, 15_000)
        office.bill(account, water=2_210, due_on=date(2026, 7, 20))
        office.go_to(TODAY + timedelta(days=391))
        office.bill(account, water=6_418, due_on=date(2027, 8, 20))
        close(account, office.day)
        given = give_back(office, deposit, CLOSURE)
        # WX-1.4b and c: $3.21 interest, $86.28 paid, $66.93 left.
        assert (given.interest_cents, given.applied_cents, given.remainder_cents) == (321, 8_628, 6_693)
        assert open_items_of(account.debtor_id) == ()
        assert unapplied_credit_of([account.debtor_id]) == {account.debtor_id: 6_693}
        found = balances(office)
        assert found["Deposits held"] + found["Deposits asked for"] == 0
        assert found["Deposit interest"] == -321
        assert all(proof.check().holds for proof in proofs.PROOFS)

    def test_pays_the_final_bill_before_what_is_older(
        self, office: Office, account: Any, deposit: SecurityDeposit
    ) -> None:
        office.pay(account, 15_000)
        office.bill(account, water=9_000, due_on=date(2026, 7, 20))
        office.bill(account, sewer=10_000, due_on=date(2026, 8, 20))
        close(account, office.day)
        give_back(office, deposit, CLOSURE)
        assert [(item.service_code, item.balance_cents) for item in open_items_of(account.debtor_id)] == [
            ("water", 4_000)
        ]

    def test_forgets_what_was_asked_for_and_never_paid(
        self, office: Office, account: Any, deposit: SecurityDeposit
    ) -> None:
        office.pay(account, 4_000)
        close(account, office.day)
        given = give_back(office, deposit, CLOSURE)
        assert (given.principal_cents, given.unpaid_cents, given.remainder_cents) == (4_000, 11_000, 4_000)
        assert open_items_of(account.debtor_id) == ()

    def test_waits_for_the_good_months(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        open_years(office)
        office.pay(account, 15_000)
        office.go_to(date(2027, 6, 30))
        with pytest.raises(DepositRefused, match="Jul 01, 2027"):
            give_back(office, deposit, Giving("credit", "Twelve good months"))
        office.go_to(date(2027, 7, 1))
        given = give_back(office, deposit, Giving("credit", "Twelve good months"))
        assert (given.remainder_cents, given.applied_cents) == (15_300, 0)

    def test_refuses_one_person_alone(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        close(account, office.day)
        with pytest.raises(DepositRefused, match="second person"):
            release_deposit(
                deposit=deposit, giving=CLOSURE, prepared_by=office.lead, approved_by=office.lead, at=office.at
            )
        assert not DepositRelease.objects.exists()

    def test_refuses_while_a_bill_is_in_dispute(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        office.pay(account, 15_000)
        _, (item,) = office.bill(account, water=9_000)
        office.hold(item)
        close(account, office.day)
        with pytest.raises(DepositRefused, match="in dispute"):
            give_back(office, deposit, CLOSURE)

    def test_refuses_an_open_account_and_a_second_time(
        self, office: Office, account: Any, deposit: SecurityDeposit
    ) -> None:
        office.pay(account, 15_000)
        with pytest.raises(DepositRefused, match="not closed"):
            give_back(office, deposit, CLOSURE)
        close(account, office.day)
        give_back(office, deposit, CLOSURE)
        with pytest.raises(DepositRefused, match="given back before"):
            give_back(office, deposit, CLOSURE)


class TestRegister:
    def test_adds_up_to_the_liability(self, office: Office, account: Any, deposit: SecurityDeposit) -> None:
        from curbstop.reports.queries import register

        office.pay(account, 5_000)
        held = register("deposits-held", first_day=office.day, last_day=office.day)
        assert held.totals["held_cents"] == 5_000
        assert dict(held.parameters)["In the ledger"] == "$50.00"
