"""Reads of billing: the columns of a run, its review, and single bills."""

from curbstop.billing.queries.bills import (
    BillLineRow,
    BillRow,
    bill_lines_of,
    bills_of,
    bills_visible_to,
    cancellation_request_of,
)
from curbstop.billing.queries.columns import (
    account_ids_in,
    columns_of,
    held_accounts,
    limits_on,
    releasable_bills,
    service_totals,
    services_frame,
)
from curbstop.billing.queries.completeness import (
    agreements_without_outcome,
    completeness_failures,
)
from curbstop.billing.queries.review import (
    RunSummary,
    cycles,
    draft_lines_of,
    draft_of,
    findings_of,
    findings_of_account,
    latest_run_of,
    open_run_of,
    run_of,
    run_summary,
    runs_visible_to,
    unbilled_of,
)
from curbstop.billing.queries.statements import labels_of, statement_of_bill

__all__ = [
    "BillLineRow",
    "BillRow",
    "RunSummary",
    "account_ids_in",
    "agreements_without_outcome",
    "bill_lines_of",
    "bills_of",
    "bills_visible_to",
    "cancellation_request_of",
    "columns_of",
    "completeness_failures",
    "cycles",
    "draft_lines_of",
    "draft_of",
    "findings_of",
    "findings_of_account",
    "held_accounts",
    "labels_of",
    "latest_run_of",
    "limits_on",
    "open_run_of",
    "releasable_bills",
    "run_of",
    "run_summary",
    "runs_visible_to",
    "service_totals",
    "services_frame",
    "statement_of_bill",
    "unbilled_of",
]
