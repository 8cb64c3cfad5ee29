"""Writes of collections: runs of late charges, their waivers and reversals, deposits, disputes and plans."""

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
    "Ground",
    "ReversalRefused",
    "RunRefused",
    "WaiverRefused",
    "approve_charges",
    "approve_waiver",
    "charge_rebilled",
    "discard_charges",
    "post_charges",
    "post_late_charges",
    "propose_charges",
    "reverse_charge",
    "reverse_charges_of",
    "turn_down_waiver",
    "waive_charge",
]
