"""Looking accounts and services up by what they are for."""

from django.db.models import QuerySet

from curbstop.ledger.models import GlAccount, Service


class NoSuchAccount(Exception):
    """The chart of accounts names no account for a purpose that a program needs."""


def gl_account(role: str) -> GlAccount:
    """Return the account with this role, such as ``cash_drawer``.

    :raises NoSuchAccount: if the chart of accounts gives the role to none
    """
    try:
        return GlAccount.objects.get(role=role)
    except GlAccount.DoesNotExist as missing:
        raise NoSuchAccount(f"The chart of accounts has no account with the role {role}.") from missing


def chart_of_accounts() -> QuerySet[GlAccount]:
    """Return every account of the chart, by code."""
    return GlAccount.objects.order_by("code")


def accounts_by_role() -> dict[str, int]:
    """Return role → account id for every account that has a role."""
    return {str(role): pk for role, pk in GlAccount.objects.exclude(role=None).values_list("role", "pk")}


def services() -> QuerySet[Service]:
    """Return the services in the order of their rank, with their accounts."""
    return Service.objects.select_related("receivable", "revenue")


def service_of(code: str) -> Service:
    """Return the service with this code.

    :raises NoSuchAccount: if there is none
    """
    service = services().filter(code=code).first()
    if service is None:
        raise NoSuchAccount(f"There is no service {code}.")
    return service


def receivable_of(service_id: int) -> int:
    """Return the id of the control account on which a service's open items are kept."""
    return Service.objects.values_list("receivable_id", flat=True).get(pk=service_id)
