"""Master accounts: one customer with many premises gets one summary of all their bills.

A summary adds up; it owes nothing of its own. Each account keeps its own bills, balance and due date, so a payment on a
summary is a payment on its accounts.
"""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class MasterAccount(models.Model):
    """Whom the summary goes to, in whose name and where; a customer may have several."""

    number = models.TextField(unique=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^M[0-9]+$"), name="master_account_has_a_number"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names the master account."""
        return f"billing.master_account:{self.number}"


class MasterMember(models.Model):
    """The days on which one account's bills stand on one summary."""

    master = models.ForeignKey(MasterAccount, models.PROTECT, related_name="members")
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="master_member_has_days"
            ),
            ExclusionConstraint(
                name="one_master_per_account",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            RangeBoundary(),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
