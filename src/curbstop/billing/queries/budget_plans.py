"""Budget plans as they are read: what is due on the plan, beside the true balance that stays the receivable."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from curbstop.billing.domain.budget_plans import BudgetPolicy, Installments, months_of, read_budget_policies
from curbstop.billing.domain.leaks import months_before
from curbstop.billing.models import Bill, BudgetAmount, BudgetPlan
from curbstop.billing.permissions import SEE_BILLS
from curbstop.billing.queries.adjustments import rule_or_none
from curbstop.foundation.access.models import User
from curbstop.ledger.queries import balance_as_of, paid_since

POLICIES = "budget.policies"
YEAR_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetDue:
    """What a plan asks for on a day, in cents; `variance` is the true balance less what the plan still asks for."""

    plan_id: int
    account_id: int
    policy: str
    monthly_cents: int
    # All amounts up to the day, with what was owed at enrollment, less what was paid since.
    due_cents: int
    # The part of it that fell due before the day.
    past_due_cents: int
    next_due_on: date
    balance_cents: int

    @property
    def variance_cents(self) -> int:
        """Return what would be due beside the plan if it ended: above zero the plan has collected too little."""
        return self.balance_cents - self.due_cents

    @property
    def is_in_good_standing(self) -> bool:
        """Tell whether nothing of the plan is late."""
        return self.past_due_cents == 0


def budget_due(account_ids: Iterable[int], *, on: date, paid_through: date | None = None) -> dict[int, BudgetDue]:
    """Return account → what its budget plan asks for on a day; accounts without a plan are not in it.

    Lateness of a budget customer is measured on this and never on the true balance (rulebook §1.8). A statement asks
    for what falls due by its due date with what was paid through its bill date, so that a reprint says the same.
    """
    known_on = paid_through or on
    running = BudgetPlan.objects.filter(account_id__in=list(account_ids), starts_on__lte=known_on)
    plans = list(running.filter(Q(ended_on=None) | Q(ended_on__gt=known_on)).select_related("account"))
    if not plans:
        return {}
    amounts: dict[int, list[tuple[date, int]]] = defaultdict(list)
    known = BudgetAmount.objects.filter(plan__in=plans, starts_on__lte=known_on)
    for amount in known.order_by("starts_on"):
        amounts[amount.plan_id].append((amount.starts_on, amount.amount_cents))
    debtors = {plan.pk: plan.account.debtor_id for plan in plans}
    balances = balance_as_of(debtors.values(), on=known_on)
    paid = paid_since({debtors[plan.pk]: plan.starts_on for plan in plans}, on=known_on)
    found = {}
    for plan in plans:
        debtor = debtors[plan.pk]
        installments = Installments(plan.starts_on, None, tuple(amounts[plan.pk]))
        due = installments.due_by(on)
        late = due - installments.due_on(on)
        found[plan.account_id] = BudgetDue(
            plan_id=plan.pk,
            account_id=plan.account_id,
            policy=plan.policy,
            monthly_cents=installments.amount_on(installments.next_due_on(on)),
            due_cents=max(plan.opening_cents + due - paid[debtor], 0),
            past_due_cents=max(plan.opening_cents + late - paid[debtor], 0),
            next_due_on=installments.next_due_on(on),
            balance_cents=balances[debtor],
        )
    return found


def budget_policies_on(on: date) -> dict[str, BudgetPolicy]:
    """Return the city's kinds of budget billing on a day, by code; none where it has none."""
    rule = rule_or_none(POLICIES, on)
    return {} if rule is None else {policy.code: policy for policy in read_budget_policies(rule.value)}


def budget_terms_on(code: str, on: date) -> object:
    """Return a policy as the pack wrote it, which a plan keeps as its terms."""
    rule = rule_or_none(POLICIES, on)
    return next((each for each in (rule.value if rule else []) if each["code"] == code), None)


def budget_plans_visible_to(user: User) -> QuerySet[BudgetPlan]:
    """Return every budget plan, the newest first, for those who see bills."""
    plans = BudgetPlan.objects.select_related("account__customer", "account__premises", "enrolled_by", "ended_by")
    plans = plans.prefetch_related("amounts").order_by("-pk")
    return plans if user.may(SEE_BILLS) else plans.none()


def open_plan_of(account_id: int) -> BudgetPlan | None:
    """Return the budget plan that an account is on, if there is one."""
    return BudgetPlan.objects.filter(account_id=account_id, ended_on=None).first()


def year_of_bills(account_id: int, *, on: date) -> tuple[int, ...]:
    """Return what each bill of the twelve months before a day charged, oldest first; cancelled bills are out."""
    bills = Bill.objects.filter(
        account_id=account_id, cancelled_at=None, bill_on__gt=months_before(on, YEAR_MONTHS), bill_on__lte=on
    )
    return tuple(bills.order_by("number").values_list("total_cents", flat=True))


def months_billed(account_id: int, *, on: date) -> int:
    """Return how many months the bills of the twelve months before a day cover."""
    bills = Bill.objects.filter(
        account_id=account_id, cancelled_at=None, bill_on__gt=months_before(on, YEAR_MONTHS), bill_on__lte=on
    )
    return months_of(sum(bills.values_list("days", flat=True)))


def late_months_of(account_id: int, debtor_id: int, *, on: date, months: int) -> int:
    """Return in how many of the last months a bill's due date passed with something of it unpaid."""
    first = months_before(on, months)
    due = Bill.objects.filter(account_id=account_id, cancelled_at=None, due_on__gt=first, due_on__lt=on)
    return sum(
        1
        for day in due.values_list("due_on", flat=True).distinct()
        if balance_as_of([debtor_id], on=day)[debtor_id] > 0
    )
