"""Writes of the ledger. Verbs that post are inner verbs: they are part of the operation that calls them."""

from curbstop.ledger.domain.entries import EntryBatch, Line, NewAllocation, NewItem
from curbstop.ledger.operations.accounts import (
    AccountRow,
    ChartRefused,
    ServiceRow,
    declare_accounts,
    declare_services,
    new_debtors,
)
from curbstop.ledger.operations.credits import apply_credit, settling_lines
from curbstop.ledger.operations.days import DayRefused, close_business_day, open_business_day
from curbstop.ledger.operations.holds import HoldRefused, place_hold, release_hold
from curbstop.ledger.operations.periods import PeriodRefused, close_period, open_period
from curbstop.ledger.operations.posting import PostedIds, PostingRefused, post_entries, post_entry
from curbstop.ledger.operations.reversing import reverse_entry
from curbstop.ledger.operations.sealing import seal_now

__all__ = [
    "AccountRow",
    "ChartRefused",
    "DayRefused",
    "EntryBatch",
    "HoldRefused",
    "Line",
    "NewAllocation",
    "NewItem",
    "PeriodRefused",
    "PostedIds",
    "PostingRefused",
    "ServiceRow",
    "apply_credit",
    "close_business_day",
    "close_period",
    "declare_accounts",
    "declare_services",
    "new_debtors",
    "open_business_day",
    "open_period",
    "place_hold",
    "post_entries",
    "post_entry",
    "release_hold",
    "reverse_entry",
    "seal_now",
    "settling_lines",
]
