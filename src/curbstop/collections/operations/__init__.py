"""Writes of collections: runs of late charges, their waivers and reversals, deposits, disputes and plans."""

from curbstop.collections.operations.deposits import (
    DepositRefused,
    Giving,
    approve_release,
    ask_deposit,
    record_breach,
    release_deposit,
    request_release,
)
from curbstop.collections.operations.disputes import DisputeRefused, open_dispute, resolve_dispute
from curbstop.collections.operations.plans import PlanRefused, Terms, end_plan, sign_plan
from curbstop.collections.operations.posting import post_charges, post_late_charges
from curbstop.collections.operations.reversing import (
    ReversalRefused,
    charge_rebilled,
    reverse_charge,
    reverse_charges_of,
)
from curbstop.collections.operations.runs import RunRefused, approve_charges, discard_charges, propose_charges
from curbstop.collections.operations.waivers import (
    Ground,
    WaiverRefused,
    approve_waiver,
    turn_down_waiver,
    waive_charge,
)

__all__ = [
    "DepositRefused",
    "DisputeRefused",
    "Giving",
    "Ground",
    "PlanRefused",
    "ReversalRefused",
    "RunRefused",
    "Terms",
    "WaiverRefused",
    "approve_charges",
    "approve_release",
    "approve_waiver",
    "ask_deposit",
    "charge_rebilled",
    "discard_charges",
    "end_plan",
    "open_dispute",
    "post_charges",
    "post_late_charges",
    "propose_charges",
    "record_breach",
    "release_deposit",
    "request_release",
    "resolve_dispute",
    "reverse_charge",
    "reverse_charges_of",
    "sign_plan",
    "turn_down_waiver",
    "waive_charge",
]
