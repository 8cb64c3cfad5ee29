"""Services that are not billed: those that a second person has to agree to, and those in force."""

from django.db.models import F, QuerySet

from curbstop.billing.models import Exemption
from curbstop.billing.permissions import SEE_RUNS
from curbstop.foundation.access.models import User


def exemptions_visible_to(user: User) -> QuerySet[Exemption]:
    """Return the exemptions a person may see: what waits first, then the latest."""
    every = Exemption.objects.select_related(
        "agreement__account__customer", "agreement__service_point__service", "service_point__service", "requested_by",
        "approved_by",
    )  # fmt: skip
    ordered = every.order_by(F("approved_at").desc(nulls_first=True), "-pk")
    return ordered if user.may(SEE_RUNS) else every.none()
