"""The tables of billing: cycles, runs, drafts, bills and their cancellation."""

from curbstop.billing.models.bills import (
    Bill,
    BilledPeriod,
    BillLine,
    Cancellation,
    CancellationRequest,
)
from curbstop.billing.models.cycles import Cycle, CycleAssignment
from curbstop.billing.models.drafts import DraftBill, DraftLine
from curbstop.billing.models.runs import (
    BillingRun,
    Clearance,
    Disposition,
    Finding,
    RunPartition,
)

__all__ = [
    "Bill",
    "BillLine",
    "BilledPeriod",
    "BillingRun",
    "Cancellation",
    "CancellationRequest",
    "Clearance",
    "Cycle",
    "CycleAssignment",
    "Disposition",
    "DraftBill",
    "DraftLine",
    "Finding",
    "RunPartition",
]
