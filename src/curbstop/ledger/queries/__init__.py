"""Reads of the ledger: what is owed, what day it is, and what finance prints."""

from curbstop.ledger.queries.accounts import (
    NoSuchAccount,
    accounts_by_role,
    chart_of_accounts,
    gl_account,
    receivable_of,
    service_of,
    services,
)
from curbstop.ledger.queries.aging import credit_on, owed_on
from curbstop.ledger.queries.balances import (
    balance_as_of,
    balances_of,
    balances_of_items,
    unapplied_credit_of,
)
from curbstop.ledger.queries.days import (
    NoOpenBusinessDay,
    current_business_day,
    day_or_today,
    days_visible_to,
    is_open_on,
    latest_business_day,
    periods_visible_to,
)
from curbstop.ledger.queries.holds import held_on, holds_frame, live_holds_of
from curbstop.ledger.queries.items import (
    OpenItemRow,
    lock_open_items,
    open_items_by_debtor,
    open_items_of,
    open_items_with,
)
from curbstop.ledger.queries.overdue import held_days_frame, item_moves_frame, overdue_items_frame
from curbstop.ledger.queries.payments import last_payment_on, paid_since
from curbstop.ledger.queries.reports import (
    TrialBalanceRow,
    entries_by_day,
    entry_ids_between,
    journal_frame,
    trial_balance,
)
from curbstop.ledger.queries.sealing import head_hash, oldest_unsealed_at, seal_problems
from curbstop.ledger.queries.settled import SettledRow, settled_by
from curbstop.ledger.queries.statements import StatementRow, statement_of

__all__ = [
    "NoOpenBusinessDay",
    "NoSuchAccount",
    "OpenItemRow",
    "SettledRow",
    "StatementRow",
    "TrialBalanceRow",
    "accounts_by_role",
    "balance_as_of",
    "balances_of",
    "balances_of_items",
    "chart_of_accounts",
    "credit_on",
    "current_business_day",
    "day_or_today",
    "days_visible_to",
    "entries_by_day",
    "entry_ids_between",
    "gl_account",
    "head_hash",
    "held_days_frame",
    "held_on",
    "holds_frame",
    "is_open_on",
    "item_moves_frame",
    "journal_frame",
    "last_payment_on",
    "latest_business_day",
    "live_holds_of",
    "lock_open_items",
    "oldest_unsealed_at",
    "open_items_by_debtor",
    "open_items_of",
    "open_items_with",
    "overdue_items_frame",
    "owed_on",
    "paid_since",
    "periods_visible_to",
    "receivable_of",
    "seal_problems",
    "service_of",
    "services",
    "settled_by",
    "statement_of",
    "trial_balance",
    "unapplied_credit_of",
]
