"""Payment plans: what was paid on them, and whether they are kept."""

from datetime import date

from curbstop.collections.domain.plans import Installment, behind_cents
from curbstop.collections.models import PaymentPlan
from curbstop.ledger.queries import item_moves_frame


def paid_on_plan(plan: PaymentPlan) -> int:
    """Return the cents that were paid on a plan's items since it was signed, never more than is financed of each."""
    financed = dict(plan.holds.values_list("hold__open_item_id", "amount_cents"))
    paid: dict[int, int] = {}
    for item, day, cents in item_moves_frame(financed).iter_rows():
        if day >= plan.signed_on:
            paid[item] = paid.get(item, 0) - cents
    return sum(max(0, min(cents, financed[item])) for item, cents in paid.items())


def plan_is_behind(plan: PaymentPlan, *, on: date) -> bool:
    """Tell whether an installment is unpaid after its grace: then the plan is broken."""
    parts = [Installment(*part) for part in plan.installments.values_list("number", "due_on", "amount_cents")]
    return behind_cents(parts, paid_cents=paid_on_plan(plan), on=on, grace_days=plan.grace_days) > 0


def plan_of(account_id: int) -> PaymentPlan | None:
    """Return the plan that an account is on."""
    return PaymentPlan.objects.filter(account_id=account_id, ended_at=None).first()
