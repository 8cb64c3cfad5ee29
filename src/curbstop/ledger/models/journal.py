"""The journal: entries and their postings, written once.

The database alone fills ``epoch``, ``xact``, ``created_at`` and ``row_hash`` (see the migrations); they are
no fields here, so that no program is ever granted to write them.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.ledger.models.accounts import Debtor, GlAccount
from curbstop.ledger.models.fields import TransactionIdField

# Ten trillion dollars would be a typing error in any city.
CENTS_MAX = 10**13


class Entry(AppendOnlyModel):
    """One event of money: a bill, a payment, a reversal. It never changes; a mistake is answered by a new entry."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=40)
    business_date = models.DateField()
    memo = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # Whence it came, as text: "billing.bill:42". The ledger knows no room above it.
    source = models.CharField(max_length=200)
    reverses = models.ForeignKey(
        "self", models.PROTECT, related_name="reversals", null=True, db_constraint=False, db_index=False
    )
    posted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["reverses"], name="ledger_entry_reversed_once", condition=Q(reverses__isnull=False)
            ),
            models.CheckConstraint(condition=~Q(kind="") & ~Q(source=""), name="ledger_entry_says_whence"),
        ]
        indexes = [models.Index(fields=["business_date"], name="ledger_entry_by_day")]

    def __str__(self) -> str:
        """Return the subject under which the audit trail names this entry."""
        return f"ledger.entry:{self.pk}"


class Posting(AppendOnlyModel):
    """One line of an entry: cents on exactly one side of one account."""

    pk = models.CompositePrimaryKey("entry_id", "line_number")
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings", db_constraint=False, db_index=False)
    line_number = models.SmallIntegerField()
    gl_account = models.ForeignKey(GlAccount, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False)
    debit_cents = models.BigIntegerField()
    credit_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(debit_cents__gt=0, debit_cents__lte=CENTS_MAX, credit_cents=0)
                | Q(credit_cents__gt=0, credit_cents__lte=CENTS_MAX, debit_cents=0),
                name="ledger_posting_on_one_side",
            ),
        ]
        indexes = [
            models.Index(
                fields=["debtor", "entry"], name="ledger_posting_by_debtor", condition=Q(debtor__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        """Return the entry and the line."""
        return f"ledger.entry:{self.entry_id}.{self.line_number}"


class EntryIdReservation(AppendOnlyModel):
    """A block of ids that one transaction may use; only ``ledger_reserve_entry_ids`` writes it."""

    id = models.BigAutoField(primary_key=True)
    first_entry_id = models.BigIntegerField()
    entries = models.IntegerField()
    first_item_id = models.BigIntegerField(null=True)
    items = models.IntegerField()
    xact = TransactionIdField()
    created_at = models.DateTimeField()

    database_filled = ("id", "first_entry_id", "entries", "first_item_id", "items", "xact", "created_at")

    class Meta:
        indexes = [models.Index(fields=["xact"], name="entry_id_reservation_by_xact")]
        constraints = [
            models.CheckConstraint(
                condition=Q(entries__gte=1, entries__lte=50_000, items__gte=0), name="entry_id_reservation_size"
            ),
        ]

    def __str__(self) -> str:
        """Return the block."""
        return f"{self.entries} from {self.first_entry_id}"
