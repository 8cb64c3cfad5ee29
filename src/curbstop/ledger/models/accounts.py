"""Who owes, for what, and on which accounts of the city it is kept."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class GlAccount(models.Model):
    """A fund-department-account code of the city's chart of accounts."""

    written_by_pages: ClassVar[bool] = False

    class Kind(models.TextChoices):
        """Where the account stands in the financial statements."""

        ASSET = "asset"
        LIABILITY = "liability"
        REVENUE = "revenue"
        EXPENSE = "expense"
        EQUITY = "equity"

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=60, unique=True)
    fund = models.CharField(max_length=20)
    department = models.CharField(max_length=20)
    account = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # The purpose for which programs look the account up, such as "cash_drawer" or "unapplied_credit".
    role = models.CharField(max_length=40, null=True, blank=True)  # noqa: DJ001 - most accounts have no role

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["role"], name="gl_account_one_per_role"),
            models.CheckConstraint(
                condition=Q(kind__in=["asset", "liability", "revenue", "expense", "equity"]),
                name="gl_account_kind_known",
            ),
        ]

    def __str__(self) -> str:
        """Return the code and the name, as finance reads it."""
        return f"{self.code} {self.name}"


class Service(models.Model):
    """What the city charges for: water, sewer, garbage. Its receivable is a control account of the open items."""

    written_by_pages: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    name_en = models.CharField(max_length=100)
    name_es = models.CharField(max_length=100)
    receivable = models.ForeignKey(GlAccount, models.PROTECT, related_name="+")
    revenue = models.ForeignKey(GlAccount, models.PROTECT, related_name="+")
    rank = models.IntegerField()

    class Meta:
        ordering = ["rank", "code"]
        constraints = [
            models.CheckConstraint(condition=~Q(receivable=F("revenue")), name="service_accounts_differ"),
        ]

    def __str__(self) -> str:
        """Return the English name."""
        return self.name_en


class Debtor(models.Model):
    """One who owes: every account of every room points down to one."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=200)

    def __str__(self) -> str:
        """Return the label its room gave it."""
        return self.label
