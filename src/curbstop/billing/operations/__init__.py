"""The verbs of billing: draft, review, approve, release, cancel."""

from curbstop.billing.operations.approval import ApprovalRefused, approve_run
from curbstop.billing.operations.averages import AveragesRefused, approve_averages, set_averages
from curbstop.billing.operations.cancellation import (
    CancellationRefused,
    approve_cancellation,
    cancel_bill,
    request_cancellation,
)
from curbstop.billing.operations.cycles import assign_cycle, declare_cycles
from curbstop.billing.operations.drafts import (
    draft_bills,
    draft_final_bills,
    draft_off_cycle,
    draft_partition,
    redraft_account,
)
from curbstop.billing.operations.printing import (
    PrintingRefused,
    folder_of,
    plan_printing,
    print_run,
    write_vendor_file,
)
from curbstop.billing.operations.release import ReleaseRefused, refuse_release, release_bills, release_partition
from curbstop.billing.operations.review import ReviewRefused, clear_bill, clear_finding, hold_bill
from curbstop.billing.operations.runs import DraftRefused, discard_run, refuse_days_to_come

__all__ = [
    "ApprovalRefused",
    "AveragesRefused",
    "CancellationRefused",
    "DraftRefused",
    "PrintingRefused",
    "ReleaseRefused",
    "ReviewRefused",
    "approve_averages",
    "approve_cancellation",
    "approve_run",
    "assign_cycle",
    "cancel_bill",
    "clear_bill",
    "clear_finding",
    "declare_cycles",
    "discard_run",
    "draft_bills",
    "draft_final_bills",
    "draft_off_cycle",
    "draft_partition",
    "folder_of",
    "hold_bill",
    "plan_printing",
    "print_run",
    "redraft_account",
    "refuse_days_to_come",
    "refuse_release",
    "release_bills",
    "release_partition",
    "request_cancellation",
    "set_averages",
    "write_vendor_file",
]
