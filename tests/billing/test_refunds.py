"""Credit that goes back: asked for, approved and released by different people, and never to another customer."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError

from curbstop.billing.models import Refund, RefundApproval, RefundRequest
from curbstop.billing.operations.refunds import (
    RefundRefused,
    Wanted,
    approve_refund,
    release_refund,
    request_refund,
    turn_down_refund,
)
from curbstop.billing.queries.refunds import refundable_of
from curbstop.customers.models import Contact
from curbstop.customers.operations import declare_tie
from curbstop.ledger.models import BusinessDay, Entry
from curbstop.ledger.queries import balances_of, gl_account, unapplied_credit_of
from curbstop.ordinances.models import CodeSection, Letter, RuleValue
from tests.billing.conftest import NOON, TODAY, Town
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
RULES = {"refund.second_approval_over": "250.00", "refund.least": "3.00"}


@pytest.fixture
def office(town: Town, city: Any, person: Any) -> Town:
    """The town with its rules about refunds, a second manager and the letter about moved credit."""
    from curbstop.foundation.access.roles import Role

    town.people["manager2"] = person("manager2", Role.MANAGER)
    section = CodeSection.objects.get(citation="13.1")
    people = {"proposed_by": town.people["supervisor"], "adopted_by": town.people["manager"]}
    for code, value in RULES.items():
        RuleValue.objects.create(
            code=code, starts_on=date(2026, 1, 1), value=value, unit="dollars", section=section, **people
        )
    Letter.objects.create(
        code="credit_moved", language="en", starts_on=date(2026, 1, 1), subject="Your credit was moved",
        body="{amount} of {account_number} was moved to {to_account_number}.",
    )  # fmt: skip
    return town


@pytest.fixture
def account(office: Town) -> Any:
    """An account that paid $400.00 too much."""
    shown = office.account("100001", services=("water",))
    office.pay(shown, 40_000)
    return shown


def ask(office: Town, account: Any, cents: int, by: str = "representative", **facts: Any) -> RefundRequest:
    wanted = Wanted(**{"amount_cents": cents, "reason": "The customer moved away.", "payee": "Ann Lee"} | facts)
    return request_refund(account=account, wanted=wanted, by=office.people[by], at=NOON)


def approve(office: Town, request: RefundRequest, by: str) -> RefundApproval:
    return approve_refund(request=request, by=office.people[by], at=NOON)


def release(office: Town, request: RefundRequest, by: str) -> Refund:
    return release_refund(request=request, by=office.people[by], at=NOON)


def credit(account: Any) -> int:
    return unapplied_credit_of([account.debtor_id])[account.debtor_id]


def rows() -> list[Any]:
    return [list(model.objects.values()) for model in (RefundRequest, RefundApproval, Refund, Entry, Contact)]


class TestReleaseRefund:
    def test_moves_the_credit_to_what_the_city_has_to_pay(self, office: Town, account: Any) -> None:
        request = ask(office, account, 10_000)
        approve(office, request, "supervisor")

        refund = release(office, request, "manager")

        assert credit(account) == 30_000
        payable = refund.entry.postings.get(gl_account=gl_account("refunds_payable"))
        assert (payable.credit_cents, payable.debtor_id) == (10_000, None)

    def test_needs_three_people(self, office: Town, account: Any) -> None:
        request = ask(office, account, 10_000, "supervisor")
        before = rows()
        with pytest.raises(RefundRefused, match="does not approve"):
            approve(office, request, "supervisor")
        with pytest.raises(RefundRefused, match="another approval"):
            release(office, request, "manager")
        assert rows() == before
        approve(office, request, "manager")
        before = rows()

        for person in ("supervisor", "manager"):
            with pytest.raises(RefundRefused, match="does not release"):
                release(office, request, person)

        assert rows() == before
        assert release(office, request, "manager2").released_by == office.people["manager2"]

    def test_needs_two_approvals_above_the_amount_of_the_city(self, office: Town, account: Any) -> None:
        request = ask(office, account, 25_001)
        approve(office, request, "supervisor")
        before = rows()

        with pytest.raises(RefundRefused, match="another approval"):
            release(office, request, "manager")
        with pytest.raises(RefundRefused, match="approved this refund already"):
            approve(office, request, "supervisor")

        assert rows() == before
        approve(office, request, "manager")
        assert release(office, request, "manager2").request_id == request.pk

    def test_happens_once(self, office: Town, account: Any) -> None:
        request = ask(office, account, 10_000)
        approve(office, request, "supervisor")
        release(office, request, "manager")
        before = rows()

        with pytest.raises(RefundRefused, match="decided"):
            release(office, request, "manager2")
        with pytest.raises(RefundRefused, match="decided"):
            turn_down_refund(request=request, by=office.people["manager"], at=NOON)

        assert rows() == before

    def test_gives_no_more_than_there_is(self, office: Town, account: Any) -> None:
        request = ask(office, account, 40_000)
        approve(office, request, "supervisor")
        approve(office, request, "manager")
        office.use(account, "8")
        office.release()
        office.spend_credit(account)
        before = rows()

        with pytest.raises(RefundRefused, match="not that much"):
            release(office, request, "manager2")

        assert rows() == before


class TestRequestRefund:
    @pytest.mark.parametrize(
        ("cents", "facts", "said"),
        [
            (40_001, {}, "has \\$400.00"),
            (300, {}, "not refunded"),
            (1_000, {"reason": "moved"}, "10 letters"),
            (1_000, {"payee": " "}, "to whom"),
            (1_000, {"payee": "4111 1111 1111 1111"}, "card"),
        ],
    )
    def test_is_refused_by_name(self, office: Town, account: Any, cents: int, facts: dict[str, Any], said: str) -> None:
        before = rows()

        with pytest.raises(RefundRefused, match=said):
            ask(office, account, cents, **facts)

        assert rows() == before

    def test_counts_what_others_asked_for(self, office: Town, account: Any) -> None:
        first = ask(office, account, 30_000)

        with pytest.raises(RefundRefused, match=r"has \$100.00"):
            ask(office, account, 10_001)
        turn_down_refund(request=first, by=office.people["supervisor"], at=NOON)
        assert ask(office, account, 40_000).amount_cents == 40_000

    def test_waits_until_the_payment_has_cleared(self, office: Town, account: Any) -> None:
        section = CodeSection.objects.get(citation="13.1")
        people = {"proposed_by": office.people["supervisor"], "adopted_by": office.people["manager"]}
        RuleValue.objects.create(
            code="payment.refund_hold_business_days", starts_on=date(2026, 1, 1), value=10, unit="business_days",
            section=section, **people,
        )  # fmt: skip
        first = refundable_of(account.pk, account.debtor_id, on=TODAY).from_on
        assert first == TODAY + timedelta(days=14)

        with pytest.raises(RefundRefused, match="has not cleared"):
            ask(office, account, 10_000)
        office.close_the_office()
        BusinessDay.objects.create(day=first, opened_at=NOON, opened_by=office.people["supervisor"])
        assert ask(office, account, 10_000).requested_on == first


class TestTransfer:
    def test_goes_to_another_account_of_the_customer_who_is_told(self, office: Town, account: Any) -> None:
        other = office.account("100002", services=("water",))
        other.customer = account.customer
        other.save(update_fields=["customer"])
        request = ask(office, account, 10_000, to_account=other)
        approve(office, request, "supervisor")

        release(office, request, "manager")

        assert (credit(account), credit(other)) == (30_000, 10_000)
        assert balances_of([other.debtor_id]) == {other.debtor_id: -10_000}
        (notice,) = Contact.objects.all()
        assert "$100.00 of 100001 was moved to 100002." in notice.note

    def test_never_goes_to_another_customer(self, office: Town, account: Any) -> None:
        other = office.account("100002", services=("water",))
        before = rows()

        with pytest.raises(RefundRefused, match="same customer"):
            ask(office, account, 10_000, to_account=other)

        assert rows() == before

    def test_is_not_made_in_silence(self, office: Town, account: Any) -> None:
        other = office.account("100002", services=("water",))
        other.customer = account.customer
        other.save(update_fields=["customer"])
        request = ask(office, account, 10_000, to_account=other)
        approve(office, request, "supervisor")
        Letter.objects.update(ends_on=date(2026, 1, 1))
        before = rows()

        with pytest.raises(RefundRefused, match="no letter"):
            release(office, request, "manager")

        assert rows() == before


RELEASE = (
    "insert into billing_refund (request_id, entry_id, released_by_id, posted_on, at)"
    " select q.id, {entry}, %s, date '2026-07-01', now() from billing_refundrequest q"
)


class TestPlainSql:
    def test_cannot_release_with_another_entry(self, office: Town, account: Any) -> None:
        request = ask(office, account, 10_000)
        approve(office, request, "supervisor")
        before = rows()

        statement = RELEASE.format(entry="(select max(id) from ledger_entry)")
        assert refusing(statement, office.people["manager"].pk) == "refund_equals_its_entry"

        assert rows() == before

    @pytest.mark.parametrize(
        ("releaser", "constraint"),
        [("representative", "refund_released_by_third_person"), ("supervisor", "refund_released_by_third_person")],
    )
    def test_cannot_release_by_who_took_part(self, office: Town, account: Any, releaser: str, constraint: str) -> None:
        request = ask(office, account, 10_000)
        approve(office, request, "supervisor")

        statement = RELEASE.format(entry="(select max(id) from ledger_entry)")
        assert refusing(statement, office.people[releaser].pk) == constraint

    def test_cannot_release_without_approval(self, office: Town, account: Any) -> None:
        ask(office, account, 10_000)

        statement = RELEASE.format(entry="(select max(id) from ledger_entry)")
        assert refusing(statement, office.people["manager"].pk) == "refund_approvals_complete"

    def test_cannot_approve_or_ask_for_the_own_account(self, office: Town, account: Any) -> None:
        supervisor = office.people["supervisor"]
        request = ask(office, account, 10_000)
        declare_tie(user=supervisor, customer=account.customer, kind="household", by=supervisor, at=NOON)
        before = rows()

        with pytest.raises(RefundRefused, match="others decide"):
            ask(office, account, 10_000, "supervisor")
        with pytest.raises(RefundRefused, match="others decide"):
            approve(office, request, "supervisor")

        assert rows() == before

    def test_cannot_approve_by_who_asked(self, office: Town, account: Any) -> None:
        ask(office, account, 10_000)
        approval = "insert into billing_refundapproval (request_id, approved_by_id, at) select id, %s, now() from {}"

        statement = approval.format("billing_refundrequest")
        assert refusing(statement, office.people["representative"].pk) == "refund_approved_by_second_person"

    def test_cannot_change_what_was_asked(self, office: Town, account: Any) -> None:
        ask(office, account, 10_000)

        with pytest.raises(ProgrammingError, match="permission denied"):
            refusing("update billing_refundrequest set amount_cents = 1")
