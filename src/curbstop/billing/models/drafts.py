"""Drafted bills: calculated, not numbered, without any effect on the ledger.

They are thrown away and made again as often as the office likes. The lines of a bill that went out
are the exception: they stay as its lines (ADR 40).
"""

from typing import ClassVar

from django.db import models

from curbstop.billing.models.lines import Line
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
    # What the account's past lets expect; nothing for one that was never billed.
    forecast_cents = models.BigIntegerField(null=True)
    held = models.BooleanField(default=False)


class DraftLine(Line):
    """One calculated line; once its bill is released it is the bill's line, and nobody may touch it."""

    # Made again with every draft; the run's events tell who did it.
    row_changes_recorded: ClassVar[bool] = False

    pk = models.CompositePrimaryKey("run", "account", "line_number")
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
