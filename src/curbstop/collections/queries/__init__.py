"""Reads of collections: runs of late charges, deposits, disputes and plans."""

from curbstop.collections.queries.deposits import (
    DepositRow,
    average_month_of,
    deposit_rows,
    deposits_visible_to,
    late_days_of,
    standing_deposits,
)
from curbstop.collections.queries.late import LateBill, late_bills
from curbstop.collections.queries.plans import paid_on_plan, plan_is_behind, plan_of

__all__ = [
    "DepositRow",
    "LateBill",
    "average_month_of",
    "deposit_rows",
    "deposits_visible_to",
    "late_bills",
    "late_days_of",
    "paid_on_plan",
    "plan_is_behind",
    "plan_of",
    "standing_deposits",
]
