"""Budget plans in the office: joining, what is due, and what the end settles."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError

from curbstop.billing.models import Bill, BudgetAmount, BudgetPlan
from curbstop.billing.operations.budget_plans import (
    BudgetRefused,
    end_budget,
    enroll_budget,
    renew_budget,
    review_budget,
)
from curbstop.billing.queries.budget_plans import budget_due
from curbstop.ledger.models import BusinessDay
from curbstop.ledger.queries import balances_of
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import NOON, TODAY, Town
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
POLICIES = [
    {"code": "fixed", "cushion_percent": "5"},
    {"code": "carried", "carry_over": "yes", "good_months_min": "12"},
    {"code": "rolling", "rolling": "yes"},
]
# The one bill of $44.00 is of two months: half of it, with five percent, is $23.10.
MONTHLY = 2_310


@pytest.fixture
def account(town: Town) -> Any:
    """An account with one bill of $44.00, paid, on the business day July 2."""
    RuleValue.objects.create(
        code="budget.policies", starts_on=date(2026, 1, 1), value=POLICIES, unit="policy",
        section=CodeSection.objects.get(citation="13.1"), proposed_by=town.people["lead"],
        adopted_by=town.people["manager"],
    )  # fmt: skip
    shown = town.account("100001", services=("water",))
    town.use(shown, "8")
    town.release()
    town.pay(shown, 4_400)
    return shown


def join(town: Town, account: Any, policy: str = "fixed", on: date = TODAY + timedelta(days=1)) -> BudgetPlan:
    return enroll_budget(account=account, policy=policy, on=on, by=town.people["lead"], at=NOON)


def open_day(town: Town, day: date) -> None:
    BusinessDay.objects.filter(closed_at=None).update(closed_at=NOON)
    BusinessDay.objects.create(day=day, opened_at=NOON, opened_by=town.people["supervisor"])


class TestEnrollBudget:
    def test_reckons_the_amount_from_the_bills_of_a_year(self, town: Town, account: Any) -> None:
        plan = join(town, account)

        amount = plan.amounts.get()
        assert (amount.amount_cents, amount.derivation) == (MONTHLY, {"how": "44.00 ÷ 2 + 5 %"})

    def test_happens_once_for_an_account(self, town: Town, account: Any) -> None:
        join(town, account)

        with pytest.raises(BudgetRefused, match="already"):
            join(town, account)
        assert BudgetPlan.objects.count() == 1

    def test_needs_a_kind_that_the_city_has(self, town: Town, account: Any) -> None:
        with pytest.raises(BudgetRefused, match="no budget billing"):
            join(town, account, "free")

    def test_needs_a_bill(self, town: Town, account: Any) -> None:
        with pytest.raises(BudgetRefused, match="no bill"):
            join(town, town.account("100002"))

    def test_needs_clean_months_where_the_policy_wants_them(self, town: Town, account: Any) -> None:
        late = town.account("100002", services=("water",))
        town.use(late, "8")
        town.release()

        with pytest.raises(BudgetRefused, match="1 were late"):
            join(town, late, "carried", on=date(2026, 8, 1))
        assert join(town, account, "carried", on=date(2026, 8, 1)).policy == "carried"


class TestBudgetDue:
    def test_is_the_monthly_amount_whatever_was_billed(self, town: Town, account: Any) -> None:
        """Rule book §1.8: delinquency is measured on the budget amount, the receivable is the true balance."""
        join(town, account)
        assert balances_of([account.debtor_id]) == {account.debtor_id: 0}

        due = budget_due([account.pk], on=date(2026, 8, 1))[account.pk]
        assert (due.monthly_cents, due.due_cents, due.past_due_cents) == (MONTHLY, 0, 0)
        due = budget_due([account.pk], on=date(2026, 8, 2))[account.pk]
        assert (due.due_cents, due.past_due_cents, due.next_due_on) == (MONTHLY, 0, date(2026, 9, 2))
        due = budget_due([account.pk], on=date(2026, 8, 31))[account.pk]
        assert (due.due_cents, due.past_due_cents, due.balance_cents) == (MONTHLY, MONTHLY, 0)

    def test_goes_down_with_each_payment_and_not_with_a_credit(self, town: Town, account: Any) -> None:
        join(town, account)
        open_day(town, date(2026, 8, 31))
        town.pay(account, 200)

        due = budget_due([account.pk], on=date(2026, 8, 31))[account.pk]

        assert (due.due_cents, due.past_due_cents) == (MONTHLY - 200, MONTHLY - 200)
        assert not due.is_in_good_standing
        town.pay(account, MONTHLY - 200)
        assert budget_due([account.pk], on=date(2026, 8, 31))[account.pk].is_in_good_standing

    def test_leaves_accounts_without_a_plan_out(self, town: Town, account: Any) -> None:
        assert budget_due([account.pk], on=TODAY) == {}

    def test_includes_what_was_owed_before(self, town: Town, account: Any) -> None:
        other = town.account("100002", services=("water",))
        town.use(other, "8")
        town.release()

        join(town, other)

        due = budget_due([other.pk], on=TODAY + timedelta(days=1))[other.pk]
        assert (due.due_cents, due.past_due_cents) == (4_400, 4_400)


class TestReviewBudget:
    def test_rolls_with_the_bills(self, town: Town, account: Any) -> None:
        plan = join(town, account, "rolling")
        assert review_budget(plan=plan, on=date(2026, 8, 3), by=town.people["lead"], at=NOON) is None

    def test_is_refused_in_other_months(self, town: Town, account: Any) -> None:
        plan = join(town, account, "fixed")

        with pytest.raises(BudgetRefused, match="month 2"):
            review_budget(plan=plan, on=date(2026, 8, 3), by=town.people["lead"], at=NOON)


class TestEndBudget:
    def test_makes_the_whole_difference_due(self, town: Town, account: Any) -> None:
        plan = join(town, account)
        open_day(town, date(2026, 8, 31))
        town.pay(account, 500)

        settled = end_budget(
            plan=plan, reason="The customer asked for it.", on=date(2026, 8, 31), by=town.people["lead"], at=NOON
        )

        assert (settled.variance_cents, settled.credit_cents) == (-500, 500)
        plan.refresh_from_db()
        assert (plan.settled_cents, plan.ended_on) == (-500, date(2026, 8, 31))
        assert budget_due([account.pk], on=date(2026, 8, 31)) == {}

    def test_happens_once(self, town: Town, account: Any) -> None:
        plan = join(town, account)
        facts: dict[str, Any] = {"reason": "The customer asked for it.", "by": town.people["lead"], "at": NOON}
        end_budget(plan=plan, on=date(2026, 8, 31), **facts)

        with pytest.raises(BudgetRefused, match="settled already"):
            end_budget(plan=plan, on=date(2026, 8, 31), **facts)

    def test_renews_after_twelve_months_with_what_is_carried(self, town: Town, account: Any) -> None:
        plan = join(town, account, "rolling")
        lead = town.people["lead"]
        with pytest.raises(BudgetRefused, match="not over"):
            renew_budget(plan=plan, on=date(2026, 12, 1), by=lead, at=NOON)
        open_day(town, date(2026, 8, 31))
        town.pay(account, 1_200)
        with pytest.raises(BudgetRefused, match="no bill"):
            renew_budget(plan=plan, on=date(2027, 7, 2), by=lead, at=NOON)
        plan.refresh_from_db()
        assert plan.ended_on is None


class TestPlainSql:
    def test_cannot_end_a_plan_unsettled_or_twice(self, town: Town, account: Any) -> None:
        join(town, account)

        assert refusing("update billing_budgetplan set ended_on = starts_on") == "budget_plan_ends_settled"

    def test_cannot_change_an_amount(self, town: Town, account: Any) -> None:
        join(town, account)

        with pytest.raises(ProgrammingError, match="permission denied"):
            refusing("update billing_budgetamount set amount_cents = 1")
        assert BudgetAmount.objects.get().amount_cents == MONTHLY


class TestStatement:
    def test_asks_for_the_budget_amount_and_says_the_true_balance(self, town: Town, city: Any, account: Any) -> None:
        from curbstop.billing.domain.statement import statement_data
        from curbstop.billing.queries import statement_of_bill

        bill = Bill.objects.select_related("account").get()
        before = statement_data(statement_of_bill(bill))
        assert (before["due"], before["true_balance"]) == ("$44.00", "")

        join(town, account, on=bill.bill_on)

        # Billed on the first day of the plan: nothing was owed before it, and no month is over by the due date.
        statement = statement_of_bill(bill)
        assert (statement.asked_cents, statement.due_cents) == (0, 4_400)
        assert statement_data(statement)["true_balance"] == "$44.00"
