"""Single reads that stand, by the meter and the day that a clerk names or by their key, and where a meter hung."""

from datetime import date

from curbstop.metering.models import Installation, Read


def standing_read(*, serial: str, read_on: date) -> Read | None:
    """Return the read of a meter on a day that no other took the place of."""
    reads = Read.objects.filter(installation__meter__serial=serial, read_on=read_on, superseded_at=None)
    return reads.select_related("installation__meter").first()


def read_with(pk: int) -> Read:
    """Return one read, corrected since or not.

    :raises Read.DoesNotExist: if there is none
    """
    return Read.objects.select_related("installation__meter").get(pk=pk)


def point_of_meter(serial: str, on: date) -> int | None:
    """Return the service point where a meter hung on a day, the day it was taken out included."""
    hung = Installation.objects.filter(meter__serial=serial, starts_on__lt=on).exclude(ends_on__lt=on)
    return hung.order_by("-starts_on").values_list("service_point_id", flat=True).first()
