"""A drawer is one opening of a till by one cashier, from the counted float to the close."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnlyModel


class Drawer(models.Model):
    """One cashier's drawer on one business day; the close is set once and never undone."""

    till = models.ForeignKey("cashiering.Till", on_delete=models.PROTECT)
    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="drawers")
    business_day = models.DateField()
    float_cents = models.BigIntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closing_count = models.OneToOneField(
        "cashiering.DrawerCount", null=True, on_delete=models.PROTECT, related_name="closes"
    )
    expected_cash_cents = models.BigIntegerField(null=True)
    expected_check_cents = models.BigIntegerField(null=True)
    difference_entry = models.ForeignKey("ledger.Entry", null=True, on_delete=models.PROTECT, related_name="+")
    over_cents = models.BigIntegerField(default=0)
    short_cents = models.BigIntegerField(default=0)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    difference_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["cashier"],
                condition=Q(closed_at__isnull=True),
                name="one_open_drawer_per_cashier",
            ),
            models.UniqueConstraint(
                fields=["till"],
                condition=Q(closed_at__isnull=True),
                name="one_open_drawer_per_till",
            ),
            models.CheckConstraint(condition=Q(float_cents__gte=0), name="drawer_float_not_negative"),
            models.CheckConstraint(
                condition=Q(over_cents__gte=0, short_cents=0) | Q(over_cents=0, short_cents__gte=0),
                name="drawer_over_or_short",
            ),
            models.CheckConstraint(
                condition=Q(
                    closed_at__isnull=True,
                    closing_count__isnull=True,
                    expected_cash_cents__isnull=True,
                    expected_check_cents__isnull=True,
                )
                | Q(
                    closed_at__isnull=False,
                    closing_count__isnull=False,
                    expected_cash_cents__isnull=False,
                    expected_check_cents__isnull=False,
                ),
                name="drawer_closes_with_a_count",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="drawer_closed_by_someone",
            ),
        )

    def __str__(self) -> str:
        return f"{self.till.name}, {self.business_day:%b %d, %Y}"

    @property
    def is_open(self) -> bool:
        """Return whether receipts may still be taken into this drawer."""
        return self.closed_at is None


class DrawerCount(AppendOnlyModel):
    """One blind count of a drawer and what it was compared with; a recount is another row, and both stay.

    ``movements`` is how many receipts and voids the drawer had seen: once it has seen more, the count is stale.
    """

    drawer = models.ForeignKey(Drawer, on_delete=models.PROTECT, related_name="counts")
    attempt = models.SmallIntegerField()
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()
    cash_cents = models.BigIntegerField()
    check_cents = models.BigIntegerField()
    expected_cents = models.BigIntegerField()
    movements = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["drawer", "attempt"], name="drawer_count_attempt"),
            models.CheckConstraint(condition=Q(attempt__gt=0), name="drawer_count_attempts_from_one"),
            models.CheckConstraint(
                condition=Q(cash_cents__gte=0, check_cents__gte=0),
                name="drawer_count_not_negative",
            ),
        )

    def __str__(self) -> str:
        return f"count {self.attempt} of drawer {self.drawer_id}"


class DenominationCount(AppendOnlyModel):
    """How many pieces of one bill or coin a count found."""

    count = models.ForeignKey(DrawerCount, on_delete=models.PROTECT, related_name="denominations")
    face_cents = models.IntegerField()
    pieces = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["count", "face_cents"], name="denomination_once"),
            models.CheckConstraint(condition=Q(face_cents__gt=0, pieces__gte=0), name="denomination_positive"),
        )

    def __str__(self) -> str:
        return f"{self.pieces} × {self.face_cents} cents"
