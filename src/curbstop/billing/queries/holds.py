"""A bill that waits: an account whose services the latest run held, and since when."""

from dataclasses import dataclass
from datetime import date

from curbstop.billing.domain.advising import HELD_BY_HAND, advice_on
from curbstop.billing.models import Bill, BillingRun, Disposition, DraftBill


@dataclass(frozen=True, slots=True)
class HeldBill:
    """Since when an account's bill is held for review, and why, in words."""

    since: date
    reason: str


def held_bill_of(account_id: int) -> HeldBill | None:
    """Return the bill of an account that was held and neither billed nor cleared since, if there is one."""
    billed = Bill.objects.filter(account_id=account_id, cancelled_at=None).order_by("-number")
    later = BillingRun.objects.filter(pk__gt=billed.values_list("run_id", flat=True).first() or 0)
    runs = dict(later.exclude(state=BillingRun.State.DISCARDED).values_list("pk", "bill_on"))
    held = Disposition.objects.filter(run_id__in=list(runs), account_id=account_id, kind=Disposition.Kind.HELD)
    rows = list(held.order_by("run_id", "agreement_id").values_list("run_id", "reason", "detail"))
    if not rows:
        return None
    latest, reason, detail = rows[-1]
    if DraftBill.objects.filter(run_id__gte=latest, account_id=account_id, held=False).exists():
        return None
    why = detail if reason == HELD_BY_HAND else advice_on(reason).name.lower()
    return HeldBill(since=runs[rows[0][0]], reason=why)
