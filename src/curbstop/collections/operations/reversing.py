"""Undoing late charges: a cancelled bill takes its penalties with it, a rebilled one is charged anew on what is right.

A bill of $620.48 was misread and is $198.92: its penalty of $62.05 goes, and $19.89 takes its place (WX-3.3).
"""

import json
from datetime import date, datetime

from curbstop.collections.domain.late_charges import LateRule
from curbstop.collections.models import ChargeReversal, LateCharge
from curbstop.collections.operations.posting import post_late_charges
from curbstop.collections.queries.late import penalty_on_bill
from curbstop.collections.queries.rules import late_rules_on
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, require_transaction
from curbstop.ledger.operations import PostingRefused, reverse_entry


class ReversalRefused(Exception):
    """The charge stands; the message says why."""


def reverse_charge(*, charge: LateCharge, cause: str, day: date, by: User, at: datetime) -> ChargeReversal:
    """Reverse one charge; what was paid on it becomes unapplied credit.

    :raises ReversalRefused: if it was reversed before, or the ledger refuses
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    before = ReversalRefused("This charge was reversed before.")
    try:
        entry = reverse_entry(
            entry=charge.entry, actor=by, business_date=day, posted_at=at, source=str(charge), memo=cause[:500]
        )
    except PostingRefused as refusal:
        raise ReversalRefused(str(refusal)) from refusal
    with refused_by("collections_chargereversal_charge_id_key", before):
        reversal = ChargeReversal.objects.create(charge=charge, entry=entry, cause=cause, by=by, at=at)
    audit.record(actor=by, event="collections.charge.reversed", subject=charge, at=at, detail={"cause": cause})
    return reversal


def reverse_charges_of(*, bill_source: str, cause: str, day: date, by: User, at: datetime) -> list[LateCharge]:
    """Reverse every charge on a bill that still stands and return them; a journey that cancels the bill calls this.

    :raises ReversalRefused: if the ledger refuses one
    :raises RuntimeError: outside a transaction
    """
    standing = LateCharge.objects.filter(bill_source=bill_source, reversal=None).select_related("entry")
    charges = list(standing.order_by("pk"))
    for charge in charges:
        reverse_charge(charge=charge, cause=cause, day=day, by=by, at=at)
    return charges


def charge_rebilled(
    *, cancelled_source: str, rebilled_source: str, day: date, by: User, at: datetime
) -> list[LateCharge]:
    """Charge the bill that takes a cancelled one's place what that one's penalties would have been on its amount.

    A penalty that was waived stays waived; interest begins anew with the next run.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    reversed_charges = LateCharge.objects.filter(
        bill_source=cancelled_source, kind="penalty", reversal__isnull=False, reversal__waiver=None
    )
    posted: list[LateCharge] = []
    for charge in reversed_charges.order_by("pk"):
        known = LateCharge.objects.filter(bill_source=rebilled_source, step=charge.step)
        bill = penalty_on_bill(rebilled_source, rule=_rule_of(charge))
        if bill is None or not bill.amount_cents or known.exists():
            continue
        ids = post_late_charges([bill], run=None, kind="penalty", day=day, by=by, at=at)
        posted += LateCharge.objects.filter(pk__in=ids)
    return posted


def _rule_of(charge: LateCharge) -> LateRule:
    """Return the rule that a charge was made by: that of the original bill's due date."""
    step = json.loads(charge.derivation)["step"]
    return next(rule for rule in late_rules_on(charge.due_on) if rule.step == step)
