"""Services that are not billed: those that a second person has to agree to, and those in force."""

from datetime import date

from django.db.models import F, QuerySet

from curbstop.billing.models import Exemption
from curbstop.billing.permissions import SEE_RUNS
from curbstop.customers.models import Account, ServiceAgreement
from curbstop.foundation.access.models import User


def exemptions_visible_to(user: User) -> QuerySet[Exemption]:
    """Return the exemptions a person may see: what waits first, then the latest."""
    every = Exemption.objects.select_related(
        "agreement__account__customer", "agreement__service_point__service", "service_point__service", "requested_by",
        "approved_by",
    )  # fmt: skip
    ordered = every.order_by(F("approved_at").desc(nulls_first=True), "-pk")
    return ordered if user.may(SEE_RUNS) else every.none()


def agreement_of(account: Account, service: str, on: date) -> ServiceAgreement | None:
    """Return the agreement of an account for a service (its code) that serves on a day."""
    serving = ServiceAgreement.objects.filter(account=account, service_point__service__code=service, starts_on__lte=on)
    return serving.exclude(ends_on__lte=on).order_by("-starts_on").first()
