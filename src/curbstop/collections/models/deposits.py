"""Security deposits: money of the customer that the city keeps until it is given back, never revenue."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from curbstop.foundation.approvals import second_person
from curbstop.foundation.database.schema import AppendOnlyModel


class SecurityDeposit(AppendOnlyModel):
    """An amount asked of an account as security: one open item, paid at the counter like any other."""

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    # To whom the remainder goes back, whoever paid last.
    depositor = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    derivation = models.TextField()
    open_item = models.OneToOneField("ledger.OpenItem", models.PROTECT, related_name="+")
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+")
    asked_on = models.DateField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="security_deposit_above_zero"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="security_deposit_has_a_reason"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger and the audit trail name this deposit."""
        return f"collections.security_deposit:{self.pk}"


class ReleaseRequest(AppendOnlyModel):
    """One person's preparation of a release, waiting for another to approve it."""

    deposit = models.ForeignKey(SecurityDeposit, models.PROTECT, related_name="release_requests")
    form = models.CharField(max_length=10)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(form__in=["credit", "refund", "closure"]), name="release_request_form"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="release_request_has_a_reason"),
        ]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this request."""
        return f"collections.release_request:{self.pk}"


class DepositRelease(AppendOnlyModel):
    """The end of a deposit: with its interest it pays what is owed, and the rest goes back to the depositor."""

    class Form(models.TextChoices):
        """Why and how it ended."""

        CREDIT = "credit", "Credit to the account"
        REFUND = "refund", "Refund to the depositor"
        CLOSURE = "closure", "Applied to the final bill"

    deposit = models.OneToOneField(SecurityDeposit, models.PROTECT, related_name="release")
    form = models.CharField(max_length=10, choices=Form.choices)
    principal_cents = models.BigIntegerField()
    interest_cents = models.BigIntegerField()
    applied_cents = models.BigIntegerField()
    remainder_cents = models.BigIntegerField()
    # Was asked for and never paid: no longer owed.
    unpaid_cents = models.BigIntegerField()
    released_on = models.DateField()
    reason = models.CharField(max_length=500)
    derivation = models.TextField()
    entry = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            second_person(maker="prepared_by", checker="approved_by", name="deposit_released_by_a_second_person"),
            models.CheckConstraint(condition=Q(form__in=["credit", "refund", "closure"]), name="deposit_release_form"),
            models.CheckConstraint(
                condition=Q(
                    principal_cents__gte=0,
                    interest_cents__gte=0,
                    applied_cents__gte=0,
                    remainder_cents__gte=0,
                    unpaid_cents__gte=0,
                )
                & Q(principal_cents=F("applied_cents") + F("remainder_cents") - F("interest_cents")),
                name="deposit_release_adds_up",
            ),
        ]

    def __str__(self) -> str:
        """Return the subject under which the ledger names this release."""
        return f"collections.deposit_release:{self.pk}"


class DepositBreach(AppendOnlyModel):
    """What sets an account's good months back to zero beside a late bill."""

    class Kind(models.TextChoices):
        """What happened (rulebook §1.4)."""

        RETURNED_ITEM = "returned_item", "A payment was returned"
        SHUTOFF_NOTICE = "shutoff_notice", "A shut-off notice was sent"
        BROKEN_PLAN = "broken_plan", "A payment plan was broken"

    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    on = models.DateField()
    note = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["returned_item", "shutoff_notice", "broken_plan"]), name="deposit_breach_kind"
            ),
            models.UniqueConstraint(fields=["account", "kind", "on"], name="deposit_breach_once_a_day"),
        ]

    def __str__(self) -> str:
        """Return what happened and when."""
        return f"{self.kind} on {self.on}"
