"""The tables of billing: cycles, runs, drafts, bills and their cancellation."""

from curbstop.billing.models.adjustments import (
    Adjustment,
    AdjustmentHold,
    AdjustmentKind,
    AdjustmentLine,
    AdjustmentRequest,
)
from curbstop.billing.models.averages import AverageSet, UseAverage
from curbstop.billing.models.bills import (
    Bill,
    BilledPeriod,
    BillLine,
    Cancellation,
    CancellationRequest,
)
from curbstop.billing.models.budget_plans import BudgetAmount, BudgetPlan
from curbstop.billing.models.cycles import Cycle, CycleAssignment
from curbstop.billing.models.drafts import DraftBill, DraftLine
from curbstop.billing.models.exemptions import Exemption
from curbstop.billing.models.masters import MasterAccount, MasterMember
from curbstop.billing.models.printing import Piece, PrintedBatch, Printing
from curbstop.billing.models.rebills import RebillBatch, RebillItem
from curbstop.billing.models.refunds import CreditApplication, Refund, RefundApproval, RefundRequest
from curbstop.billing.models.runs import (
    BillingRun,
    Clearance,
    Disposition,
    Finding,
    RunAccount,
    RunCycle,
    RunPartition,
)
from curbstop.billing.models.settlements import Settlement

__all__ = [
    "Adjustment",
    "AdjustmentHold",
    "AdjustmentKind",
    "AdjustmentLine",
    "AdjustmentRequest",
    "AverageSet",
    "Bill",
    "BillLine",
    "BilledPeriod",
    "BillingRun",
    "BudgetAmount",
    "BudgetPlan",
    "Cancellation",
    "CancellationRequest",
    "Clearance",
    "CreditApplication",
    "Cycle",
    "CycleAssignment",
    "Disposition",
    "DraftBill",
    "DraftLine",
    "Exemption",
    "Finding",
    "MasterAccount",
    "MasterMember",
    "Piece",
    "PrintedBatch",
    "Printing",
    "RebillBatch",
    "RebillItem",
    "Refund",
    "RefundApproval",
    "RefundRequest",
    "RunAccount",
    "RunCycle",
    "RunPartition",
    "Settlement",
    "UseAverage",
]
