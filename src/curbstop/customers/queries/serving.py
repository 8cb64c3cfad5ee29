"""Service points and who is served at them: for rooms that meter or bill one of them by name."""

from datetime import date

from django.db.models import Q, QuerySet

from curbstop.customers.models import Account, ServiceAgreement, ServicePoint


def service_points() -> QuerySet[ServicePoint]:
    """Return every service point with its premises and its service."""
    return ServicePoint.objects.select_related("premises", "service")


def agreement_for(account: Account, service: str, on: date) -> ServiceAgreement | None:
    """Return the agreement of an account for a service (its code) that serves on a day."""
    return _latest(Q(account=account, service_point__service__code=service), on).exclude(ends_on=on).first()


def agreement_at(service_point_id: int | None, on: date) -> ServiceAgreement | None:
    """Return the agreement that is served at a service point on a day, the day that it ends included."""
    return _latest(Q(service_point_id=service_point_id), on).select_related("account").first()


def _latest(which: Q, on: date) -> QuerySet[ServiceAgreement]:
    serving = ServiceAgreement.objects.filter(which, starts_on__lte=on).exclude(ends_on__lt=on)
    return serving.order_by("-starts_on")
