"""Tables of the ledger. Posted rows are written once: the triggers in the migrations refuse the rest."""

from curbstop.ledger.models.accounts import Debtor, GlAccount, Service
from curbstop.ledger.models.holds import ItemHold
from curbstop.ledger.models.items import Allocation, OpenItem
from curbstop.ledger.models.journal import Entry, EntryIdReservation, Posting
from curbstop.ledger.models.periods import BusinessDay, FiscalPeriod
from curbstop.ledger.models.seals import Seal, SealEpoch

__all__ = [
    "Allocation",
    "BusinessDay",
    "Debtor",
    "Entry",
    "EntryIdReservation",
    "FiscalPeriod",
    "GlAccount",
    "ItemHold",
    "OpenItem",
    "Posting",
    "Seal",
    "SealEpoch",
    "Service",
]
