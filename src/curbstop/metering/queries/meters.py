"""What hangs at a service point, what hung there before, and the meters behind it or before it."""

from django.db.models import Q, QuerySet

from curbstop.customers.models import ServicePoint
from curbstop.customers.queries.serving import service_points
from curbstop.foundation.access.models import User
from curbstop.metering.models import Installation, SubmeterLink
from curbstop.metering.permissions import SEE_READS


def points_visible_to(user: User) -> QuerySet[ServicePoint]:
    """Return the service points whose meters a person may see."""
    every = service_points()
    return every if user.may(SEE_READS) else every.none()


def meters_at(point: ServicePoint) -> QuerySet[Installation]:
    """Return what hangs at a service point and what hung there, the latest first."""
    return Installation.objects.filter(service_point=point).select_related("meter").order_by("-starts_on", "side")


def links_of(point: ServicePoint) -> QuerySet[SubmeterLink]:
    """Return the links from a service point to meters behind it, and to the one before it."""
    links = SubmeterLink.objects.filter(Q(master=point) | Q(submeter=point))
    return links.select_related("master", "submeter").order_by("starts_on", "pk")


def link_in_force(submeter: ServicePoint) -> SubmeterLink | None:
    """Return the link that a submeter has now."""
    return SubmeterLink.objects.select_related("master", "submeter").filter(submeter=submeter, ends_on=None).first()
