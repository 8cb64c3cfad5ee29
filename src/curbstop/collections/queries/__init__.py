"""Reads of collections: runs of late charges, deposits, disputes and plans."""

from curbstop.collections.queries.deposits import (
    DepositRow,
    average_month_of,
    deposit_rows,
    deposits_in_books,
    deposits_visible_to,
    late_days_of,
    release_request_of,
    standing_deposits,
)
from curbstop.collections.queries.disputes import Disputable, disputable_bills, disputes_visible_to
from curbstop.collections.queries.late import LateBill, late_bills
from curbstop.collections.queries.letters import letter_to
from curbstop.collections.queries.plans import paid_on_plan, plan_is_behind, plan_of
from curbstop.collections.queries.runs import (
    ChargeRow,
    LineRow,
    RunSummary,
    charges_of,
    charges_visible_to,
    labelled,
    lines_of,
    open_run,
    run_summary,
    runs_visible_to,
    waivers_waiting,
)

__all__ = [
    "ChargeRow",
    "DepositRow",
    "Disputable",
    "LateBill",
    "LineRow",
    "RunSummary",
    "average_month_of",
    "charges_of",
    "charges_visible_to",
    "deposit_rows",
    "deposits_in_books",
    "deposits_visible_to",
    "disputable_bills",
    "disputes_visible_to",
    "labelled",
    "late_bills",
    "late_days_of",
    "letter_to",
    "lines_of",
    "open_run",
    "paid_on_plan",
    "plan_is_behind",
    "plan_of",
    "release_request_of",
    "run_summary",
    "runs_visible_to",
    "standing_deposits",
    "waivers_waiting",
]
