"""The verbs of billing: draft, review, approve, release, cancel."""

from curbstop.billing.operations.adjustments import (
    AdjustmentRefused,
    post_adjustment,
    request_adjustment,
    request_reversal,
    turn_down_adjustment,
)
from curbstop.billing.operations.approval import ApprovalRefused, approve_run
from curbstop.billing.operations.averages import AveragesRefused, approve_averages, set_averages
from curbstop.billing.operations.budget_plans import (
    BudgetRefused,
    end_budget,
    enroll_budget,
    renew_budget,
    review_budget,
)
from curbstop.billing.operations.cancellation import (
    CANCELLATION_REFUSALS,
    CancellationRefused,
    approve_cancellation,
    cancel_bill,
    request_cancellation,
    undo_bill,
)
from curbstop.billing.operations.credits import apply_credits
from curbstop.billing.operations.cycles import MoveRefused, assign_cycle, declare_cycles, move_account
from curbstop.billing.operations.drafts import (
    draft_bills,
    draft_final_bills,
    draft_off_cycle,
    draft_partition,
    redraft_account,
)
from curbstop.billing.operations.exemptions import (
    ExemptionRefused,
    approve_exemption,
    end_exemption,
    request_exemption,
)
from curbstop.billing.operations.masters import MasterRefused, join_master, leave_master, open_master
from curbstop.billing.operations.printing import (
    PrintingRefused,
    folder_of,
    plan_printing,
    print_run,
    write_vendor_file,
)
from curbstop.billing.operations.refunds import (
    RefundRefused,
    Wanted,
    approve_refund,
    release_refund,
    request_refund,
    turn_down_refund,
)
from curbstop.billing.operations.release import ReleaseRefused, refuse_release, release_bills, release_partition
from curbstop.billing.operations.review import ReviewRefused, clear_bill, clear_finding, hold_bill
from curbstop.billing.operations.runs import DraftRefused, discard_run, refuse_days_to_come
from curbstop.billing.operations.settlements import SettlementRefused, approve_settlement, prepare_settlement

__all__ = [
    "CANCELLATION_REFUSALS",
    "AdjustmentRefused",
    "ApprovalRefused",
    "AveragesRefused",
    "BudgetRefused",
    "CancellationRefused",
    "DraftRefused",
    "ExemptionRefused",
    "MasterRefused",
    "MoveRefused",
    "PrintingRefused",
    "RefundRefused",
    "ReleaseRefused",
    "ReviewRefused",
    "SettlementRefused",
    "Wanted",
    "apply_credits",
    "approve_averages",
    "approve_cancellation",
    "approve_exemption",
    "approve_refund",
    "approve_run",
    "approve_settlement",
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
    "end_budget",
    "end_exemption",
    "enroll_budget",
    "folder_of",
    "hold_bill",
    "join_master",
    "leave_master",
    "move_account",
    "open_master",
    "plan_printing",
    "post_adjustment",
    "prepare_settlement",
    "print_run",
    "redraft_account",
    "refuse_days_to_come",
    "refuse_release",
    "release_bills",
    "release_partition",
    "release_refund",
    "renew_budget",
    "request_adjustment",
    "request_cancellation",
    "request_exemption",
    "request_refund",
    "request_reversal",
    "review_budget",
    "set_averages",
    "turn_down_adjustment",
    "turn_down_refund",
    "undo_bill",
    "write_vendor_file",
]
