"""Drafted bills: calculated, not numbered, without any effect on the ledger.

They are thrown away and made again as often as the office likes, so they are plain rows; the
references of a line are checked when it becomes a bill's line.
"""

from typing import ClassVar

from django.db import models

from curbstop.billing.models.runs import BillingRun


class DraftBill(models.Model):
    """What one account would be billed by a run."""

    # Made again with every draft; the run's events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    pk = models.CompositePrimaryKey("run", "account")
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="draft_bills", db_index=False, db_constraint=False)
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    debtor_id = models.BigIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    days = models.PositiveIntegerField()
    total_cents = models.BigIntegerField()
    prior_balance_cents = models.BigIntegerField()
    payments_cents = models.BigIntegerField()
    held = models.BooleanField(default=False)


class DraftLine(models.Model):
    """One printed line of a drafted bill, with everything its amount was derived from."""

    # Made again with every draft; the run's events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    pk = models.CompositePrimaryKey("run", "account", "line_number")
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    line_number = models.PositiveIntegerField()
    agreement_id = models.BigIntegerField()
    usage_id = models.BigIntegerField(null=True)
    service_id = models.BigIntegerField()
    schedule_version_id = models.BigIntegerField()
    customer_class = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    component = models.TextField()
    label = models.TextField()
    quantity = models.DecimalField(max_digits=20, decimal_places=8)
    unit = models.TextField()
    unit_price = models.DecimalField(max_digits=20, decimal_places=8)
    amount_cents = models.BigIntegerField()
    section = models.TextField()
    derivation = models.JSONField()
