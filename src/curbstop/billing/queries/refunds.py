"""Refunds as they are read: what an account has to give back, what waits for whom, and from which day on it may go."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, Sum

from curbstop.billing.models import Bill, CreditApplication, Refund, RefundRequest
from curbstop.billing.permissions import SEE_REFUNDS
from curbstop.billing.queries.adjustments import rule_or_none
from curbstop.foundation.access.models import User
from curbstop.ledger.queries import last_payment_on, unapplied_credit_of
from curbstop.ordinances.queries import calendar_on

APPROVALS_WITHOUT_A_RULE = 2


@dataclass(frozen=True, slots=True)
class Refundable:
    """An account's credit, what of it waits for another request, and the first day on which a payment has cleared."""

    credit_cents: int
    asked_cents: int
    from_on: date | None

    @property
    def free_cents(self) -> int:
        """Return what may still be asked for."""
        return max(self.credit_cents - self.asked_cents, 0)


def refund_requests_visible_to(user: User) -> QuerySet[RefundRequest]:
    """Return every refund that was asked for, newest first, with the people who decided, for those who may see them."""
    requests = RefundRequest.objects.select_related(
        "account__customer", "account__premises", "to_account", "requested_by", "turned_down_by", "refund__released_by"
    ).prefetch_related("approvals__approved_by")
    return requests.order_by("-pk") if user.may(SEE_REFUNDS) else requests.none()


def waiting_refunds(user: User) -> QuerySet[RefundRequest]:
    """Return the refunds that wait for an approval or for their release, oldest first."""
    return refund_requests_visible_to(user).filter(refund=None, turned_down_at=None).order_by("pk")


def approvals_needed(amount_cents: int, *, on: date) -> int:
    """Return how many people approve a refund of an amount; without a rule of the city, two do."""
    rule = rule_or_none("refund.second_approval_over", on)
    return 1 if rule is not None and amount_cents <= rule.cents else APPROVALS_WITHOUT_A_RULE


def refundable_of(account_id: int, debtor_id: int, *, on: date) -> Refundable:
    """Return how much credit of an account may be asked back on a day, and from which day on."""
    waiting = RefundRequest.objects.filter(account_id=account_id, refund=None, turned_down_at=None)
    asked = waiting.aggregate(cents=Sum("amount_cents"))["cents"] or 0
    paid_on = last_payment_on(debtor_id)
    wait = rule_or_none("payment.refund_hold_business_days", on)
    from_on = None
    if paid_on is not None and wait is not None:
        from_on = calendar_on().add_business_days(paid_on, wait.number)
    return Refundable(unapplied_credit_of([debtor_id])[debtor_id], asked, from_on)


def credits_of_run(run_id: int) -> list[tuple[int, int]]:
    """Return account and debtor of each bill of a run whose account has credit that this run did not apply yet."""
    applied = CreditApplication.objects.filter(run_id=run_id).values("account_id")
    billed = Bill.objects.filter(run_id=run_id, cancelled_at=None).exclude(account_id__in=applied)
    billed = billed.order_by("account_id")
    holders = list(billed.values_list("account_id", "account__debtor_id").distinct())
    credit = unapplied_credit_of([debtor for _, debtor in holders])
    return [(account, debtor) for account, debtor in holders if credit[debtor] > 0]


def refunds_released(first_day: date, last_day: date) -> Iterable[Refund]:
    """Return the refunds that left on some days, both included, for whoever writes the checks."""
    released = Refund.objects.filter(posted_on__range=(first_day, last_day))
    return released.select_related("request__account__customer", "released_by").order_by("pk")
