"""Seals: each block of finished transactions is hashed together with the hash before it.

An owner of the database can still rewrite every seal; printing the head hash on paper each day is
what makes that visible (trust.md 5.3).
"""

from django.db import models

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.ledger.models.fields import TransactionIdField


class SealEpoch(AppendOnlyModel):
    """A life of the cluster: transaction numbers start anew after a restore, so a restore begins the next epoch."""

    number = models.SmallIntegerField(primary_key=True)
    reason = models.CharField(max_length=200)
    began_at = models.DateTimeField()

    database_filled = ("number", "reason", "began_at")

    def __str__(self) -> str:
        """Return the number."""
        return str(self.number)


class Seal(AppendOnlyModel):
    """The hash of all entries of the transactions from ``from_xact`` up to, not including, ``to_xact``."""

    number = models.BigIntegerField(primary_key=True)
    epoch = models.ForeignKey(SealEpoch, models.PROTECT, related_name="+", db_column="epoch", db_index=False)
    from_xact = TransactionIdField()
    to_xact = TransactionIdField()
    entries = models.IntegerField()
    previous_hash = models.BinaryField()
    hash = models.BinaryField()
    sealed_at = models.DateTimeField()

    database_filled = ("number", "epoch", "from_xact", "to_xact", "entries", "previous_hash", "hash", "sealed_at")

    def __str__(self) -> str:
        """Return the number."""
        return str(self.number)
