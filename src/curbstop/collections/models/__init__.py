"""Tables of collections: each is written once; what ended says who ended it."""

from curbstop.collections.models.charges import ChargeReversal, LateCharge, Waiver
from curbstop.collections.models.deposits import DepositBreach, DepositRelease, ReleaseRequest, SecurityDeposit
from curbstop.collections.models.disputes import Dispute, DisputeHold
from curbstop.collections.models.plans import PaymentPlan, PlanHold, PlanInstallment
from curbstop.collections.models.runs import ChargeRun, ProposedCharge

__all__ = [
    "ChargeReversal",
    "ChargeRun",
    "DepositBreach",
    "DepositRelease",
    "Dispute",
    "DisputeHold",
    "LateCharge",
    "PaymentPlan",
    "PlanHold",
    "PlanInstallment",
    "ProposedCharge",
    "ReleaseRequest",
    "SecurityDeposit",
    "Waiver",
]
