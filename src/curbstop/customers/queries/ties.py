"""Which employees are tied to a customer: by their own account, their household or a relative."""

from django.db.models import QuerySet

from curbstop.customers.models import StaffTie
from curbstop.customers.permissions import SEE_ACCOUNTS
from curbstop.foundation.access.models import User


def ties_of(customer_id: int, user: User) -> QuerySet[StaffTie]:
    """Return the ties to a customer that stand, oldest first, for those who may see the account."""
    ties = StaffTie.objects.filter(customer_id=customer_id, ended_at=None).select_related("user").order_by("pk")
    return ties if user.may(SEE_ACCOUNTS) else ties.none()
