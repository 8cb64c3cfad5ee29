"""Disputes and plans put cents aside and free them again; penalties follow what is free."""

from datetime import date, timedelta
from typing import Any

import pytest

from curbstop.collections.models import Dispute, PaymentPlan
from curbstop.collections.operations import (
    DisputeRefused,
    PlanRefused,
    Terms,
    end_plan,
    open_dispute,
    resolve_dispute,
    sign_plan,
)
from curbstop.collections.queries import paid_on_plan, plan_is_behind
from curbstop.ledger.queries import held_on
from tests.collections.conftest import DUE, Office
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
WHY = "The meter was read wrongly in May"
NEXT = DUE + timedelta(days=1)


class TestOpenDispute:
    def test_holds_all_that_is_unpaid(self, office: Office, account: Any) -> None:
        source, items = office.bill(account, water=7_000, sewer=3_000)
        dispute = open_dispute(account=account, bill_source=source, reason=WHY, by=office.lead, at=office.at)
        assert dispute.amount_cents == 10_000
        assert held_on(items) == dict(zip(items, (7_000, 3_000), strict=True))

    def test_holds_a_part_in_proportion(self, office: Office, account: Any) -> None:
        source, items = office.bill(account, water=7_000, sewer=3_000)
        open_dispute(account=account, bill_source=source, reason=WHY, amount_cents=1_001, by=office.lead, at=office.at)
        assert held_on(items) == dict(zip(items, (701, 300), strict=True))

    @pytest.mark.parametrize("cents", [10_001, 0])
    def test_refuses_more_than_is_unpaid(self, office: Office, account: Any, cents: int) -> None:
        source, _ = office.bill(account, water=10_000)
        with pytest.raises(DisputeRefused, match="No more can be disputed"):
            open_dispute(
                account=account, bill_source=source, reason=WHY, amount_cents=cents, by=office.lead, at=office.at
            )
        assert not Dispute.objects.exists()

    def test_refuses_a_second_one_of_a_bill(self, office: Office, account: Any) -> None:
        source, _ = office.bill(account, water=10_000)
        open_dispute(account=account, bill_source=source, reason=WHY, by=office.lead, at=office.at)
        with pytest.raises(DisputeRefused, match="in dispute already"):
            open_dispute(account=account, bill_source=source, reason=WHY, by=office.lead, at=office.at)


class TestResolveDispute:
    def test_denied_is_owed_and_charged_again(self, office: Office, account: Any) -> None:
        source, items = office.bill(account, water=20_000)
        dispute = open_dispute(account=account, bill_source=source, reason=WHY, by=office.lead, at=office.at)
        office.go_to(NEXT)
        resolve_dispute(
            dispute=dispute, outcome="denied", answer="The meter was tested and is right", by=office.lead, at=office.at
        )
        assert held_on(items) == {}
        office.charge()
        assert office.owed(account, "penalty") == [2_000]

    def test_refuses_without_an_answer_and_twice(self, office: Office, account: Any) -> None:
        source, _ = office.bill(account, water=20_000)
        dispute = open_dispute(account=account, bill_source=source, reason=WHY, by=office.lead, at=office.at)
        with pytest.raises(DisputeRefused, match="an answer"):
            resolve_dispute(dispute=dispute, outcome="denied", answer="no", by=office.lead, at=office.at)
        resolve_dispute(dispute=dispute, outcome="upheld", answer="It was misread", by=office.lead, at=office.at)
        with pytest.raises(DisputeRefused, match="before"):
            resolve_dispute(dispute=dispute, outcome="denied", answer="It was right", by=office.lead, at=office.at)


class TestSignPlan:
    def test_holds_what_is_past_due_and_no_later_bill(self, office: Office, account: Any) -> None:
        office.bill(account, water=30_928)
        office.go_to(NEXT)
        _, later = office.bill(account, water=5_000, due_on=date(2026, 8, 20))
        plan = sign_plan(account=account, terms=Terms(3, date(2026, 8, 10)), by=office.lead, at=office.at)
        assert list(plan.installments.values_list("amount_cents", flat=True)) == [10_309, 10_309, 10_310]
        assert held_on(later) == {}
        office.go_to(date(2026, 8, 21))
        office.charge()
        assert office.owed(account, "penalty") == [1_000]  # on the new bill alone

    def test_refuses_where_nothing_is_past_due(self, office: Office, account: Any) -> None:
        office.bill(account, water=30_928)
        with pytest.raises(PlanRefused, match="Nothing that is past due"):
            sign_plan(account=account, terms=Terms(3, date(2026, 8, 10)), by=office.lead, at=office.at)
        assert not PaymentPlan.objects.exists()

    def test_refuses_a_second_plan(self, office: Office, account: Any) -> None:
        office.bill(account, water=30_928)
        office.bill(account, water=30_928)
        office.go_to(NEXT)
        sign_plan(account=account, terms=Terms(3, date(2026, 8, 10)), by=office.lead, at=office.at)
        office.bill(account, water=1_000, due_on=DUE)
        with pytest.raises(PlanRefused, match="has a plan already"):
            sign_plan(account=account, terms=Terms(3, date(2026, 8, 10)), by=office.lead, at=office.at)

    def test_stays_as_it_was_signed(self, office: Office, account: Any) -> None:
        office.bill(account, water=30_000)
        office.go_to(NEXT)
        plan = sign_plan(account=account, terms=Terms(3, date(2026, 8, 10)), by=office.lead, at=office.at)
        more = (
            "insert into collections_planinstallment (plan_id, number, due_on, amount_cents) values (%s, 4, now(), 1)"
        )
        assert refusing(more, plan.pk) == "plan_schedule_adds_up"
        assert plan.installments.count() == 3


class TestEndPlan:
    def test_is_broken_when_an_installment_is_unpaid_after_its_grace(self, office: Office, account: Any) -> None:
        _, items = office.bill(account, water=30_000)
        office.go_to(NEXT)
        plan = sign_plan(account=account, terms=Terms(3, date(2026, 8, 10)), by=office.lead, at=office.at)
        assert not plan_is_behind(plan, on=date(2026, 8, 13))
        with pytest.raises(PlanRefused, match="the plan is kept"):
            end_plan(plan=plan, ending="broken", by=office.lead, at=office.at)
        assert plan_is_behind(plan, on=date(2026, 8, 14))
        office.go_to(date(2026, 8, 14))
        office.pay(account, 10_000)
        assert (paid_on_plan(plan), plan_is_behind(plan, on=office.day)) == (10_000, False)
        office.go_to(date(2026, 9, 14))
        end_plan(plan=plan, ending="broken", by=office.lead, at=office.at)
        assert held_on(items) == {}

    def test_is_completed_when_all_is_paid(self, office: Office, account: Any) -> None:
        office.bill(account, water=30_000)
        office.go_to(NEXT)
        plan = sign_plan(account=account, terms=Terms(2, date(2026, 8, 10)), by=office.lead, at=office.at)
        with pytest.raises(PlanRefused, match="still owed"):
            end_plan(plan=plan, ending="completed", by=office.lead, at=office.at)
        office.pay(account, 30_000)
        assert end_plan(plan=plan, ending="completed", by=office.lead, at=office.at).ending == "completed"
