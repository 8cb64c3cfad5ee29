"""Adjusting an account: asked for with a reason and what shows it, posted within a limit, taken back by a new row.

A credit settles the debtor's items of its service and becomes unapplied credit beyond them; a charge is a new item.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypedDict

from curbstop.billing.domain.adjustments import Asked, AskedLine, settled_by
from curbstop.billing.models import Adjustment, AdjustmentHold, AdjustmentKind, AdjustmentLine, AdjustmentRequest
from curbstop.billing.queries.adjustments import services_adjustable_by
from curbstop.customers.models import Account
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.card_numbers import refuse_card_number
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import (
    HoldRefused,
    Line,
    NewAllocation,
    NewItem,
    PostingRefused,
    place_hold,
    post_entry,
    release_hold,
    reverse_entry,
    settling_lines,
)
from curbstop.ledger.queries import (
    NoOpenBusinessDay,
    current_business_day,
    gl_account,
    lock_open_items,
    open_items_of,
    services,
)
from curbstop.ordinances.queries import calendar_on, value_on

NOTE_LENGTH_MIN = 10
REVERSAL = "reversal"


class Posted(TypedDict):
    """By whom, when and whence an adjustment is posted."""

    actor: User
    business_date: date
    posted_at: datetime
    source: str


class AdjustmentRefused(Exception):
    """Nothing was asked for or posted; the message says why."""


def _refusing(sentence: str) -> Callable[[], Exception]:
    return lambda: AdjustmentRefused(sentence)


_OVER = "With the adjustments before it, this is over the limit of who posts it. Somebody with a higher limit decides."
REFUSALS: dict[str, Callable[[], Exception]] = {
    "adjustment_reason_known": _refusing("Choose a reason that the city has for this kind of adjustment."),
    "adjustment_has_evidence": _refusing("This reason needs evidence: say what was shown, and where it is kept."),
    "adjustment_within_limits": _refusing(_OVER),
    "adjustment_within_person_limits": _refusing(_OVER),
    "adjustment_within_day_limit": _refusing("This is over what one person may adjust in a day."),
    "adjustment_by_second_person": _refusing("This reason needs a second person."),
    "adjustment_reversed_by_second_person": _refusing("Who asks to take it back does not approve that."),
    "adjustment_not_by_cash_taker": _refusing("Who took a payment on this account lately does not adjust it."),
    "not_on_own_account": _refusing("This account is your own, of your household or of a relative: others decide."),
    "adjustment_as_requested": _refusing("This request was turned down meanwhile."),
    "billing_adjustment_request_id_key": _refusing("This request is posted already."),
    "adjustment_of_a_standing_bill": _refusing("This bill was cancelled. Adjust the one that took its place."),
    "adjustment_reverses_no_reversal": _refusing("What takes back cannot be taken back. Ask for a new adjustment."),
    "adjustment_request_decided_once": _refusing("This request is posted already."),
    "adjustment_reversal_requested_once": _refusing("Somebody asked already to take this back."),
    "billing_adjustment_reverses_id_key": _refusing("This adjustment was taken back already."),
}


@transaction(refusals=REFUSALS)
def request_adjustment(*, account: Account, asked: Asked, by: User, at: datetime) -> AdjustmentRequest:
    """Ask for a credit or a charge; what a credit would settle is held from collection while it waits.

    :raises AdjustmentRefused: if a text is missing or holds a card number, the reason is not the city's or lacks its
        evidence, an item is another's, a credit of the item waits already, or no day is open
    """
    on = _today()
    _refuse_unsound(asked, account, by)
    request = AdjustmentRequest.objects.create(
        account=account,
        kind=asked.kind,
        amount_cents=asked.amount_cents,
        reason=asked.reason,
        note=asked.note.strip(),
        evidence=asked.evidence.strip(),
        reference=asked.reference.strip(),
        bill_id=asked.bill_number,
        billed_units=asked.billed_units,
        unit=asked.unit,
        worksheet=None if asked.worksheet is None else dict(asked.worksheet),
        requested_by=by,
        requested_on=on,
        at=at,
    )
    AdjustmentLine.objects.bulk_create(
        AdjustmentLine(
            request=request,
            line_number=number,
            service_id=line.service_id,
            open_item_id=line.open_item_id,
            amount_cents=line.amount_cents,
        )
        for number, line in enumerate(asked.lines, start=1)
    )
    if asked.kind == AdjustmentKind.CREDIT:
        _hold_disputed(request, asked.held or asked.lines, by=by, at=at)
    audit.record(
        actor=by,
        event="billing.adjustment.requested",
        subject=request,
        at=at,
        detail={"account": account.number, "kind": asked.kind, "cents": asked.amount_cents, "reason": asked.reason},
    )
    return request


@transaction(refusals=REFUSALS)
def request_reversal(*, adjustment: Adjustment, note: str, by: User, at: datetime) -> AdjustmentRequest:
    """Ask to take a posted adjustment back; a second person decides.

    :raises AdjustmentRefused: if it is a reversal itself, was taken back, or no note says why
    """
    if adjustment.reverses_id is not None:
        raise AdjustmentRefused("What takes back cannot be taken back. Ask for a new adjustment.")
    _refuse_note(note)
    opposite = {"credit": "charge", "charge": "credit"}[adjustment.kind]
    request = AdjustmentRequest.objects.create(
        account_id=adjustment.account_id,
        kind=opposite,
        amount_cents=adjustment.amount_cents,
        reason=REVERSAL,
        note=note.strip(),
        reverses=adjustment,
        requested_by=by,
        requested_on=_today(),
        at=at,
    )
    audit.record(actor=by, event="billing.adjustment.reversal_requested", subject=adjustment, at=at)
    return request


@transaction(refusals=REFUSALS)
def post_adjustment(*, request: AdjustmentRequest, by: User, at: datetime) -> Adjustment:
    """Post a request: by who asked, within the own limit, or by a second person whose limit covers the sum.

    :raises AdjustmentRefused: if a limit is passed, a second person is needed, it was decided before, or no day is open
    """
    on = _today()
    locked = AdjustmentRequest.objects.select_for_update(of=("self",)).select_related("account", "reverses__entry")
    request = locked.get(pk=request.pk)
    if request.turned_down_at is not None:
        raise AdjustmentRefused("This request was turned down. Ask again if it is right after all.")
    if Adjustment.objects.filter(request=request).exists():
        raise AdjustmentRefused("This request is posted already.")
    _release_holds(request, by=by, at=at)
    try:
        entry = _post(request, on=on, by=by, at=at)
    except PostingRefused as refusal:
        raise AdjustmentRefused(str(refusal)) from refusal
    adjustment = Adjustment.objects.create(
        request=request,
        account_id=request.account_id,
        entry=entry,
        kind=request.kind,
        amount_cents=request.amount_cents,
        reverses=request.reverses,
        requested_by=request.requested_by,
        authorized_by=by,
        posted_on=on,
        at=at,
    )
    audit.record(
        actor=by,
        event="billing.adjustment.posted",
        subject=adjustment,
        at=at,
        detail={"requested_by": request.requested_by.username, "cents": request.amount_cents, "reason": request.reason},
    )
    return adjustment


@transaction(refusals=REFUSALS)
def turn_down_adjustment(*, request: AdjustmentRequest, by: User, at: datetime) -> None:
    """Turn a request down, or withdraw the own one; what it held may be collected again.

    :raises AdjustmentRefused: if it was decided before
    """
    waiting = AdjustmentRequest.objects.filter(pk=request.pk, turned_down_at=None)
    if not waiting.update(turned_down_by=by, turned_down_at=at):
        raise AdjustmentRefused("This request was turned down already.")
    _release_holds(request, by=by, at=at)
    audit.record(actor=by, event="billing.adjustment.turned_down", subject=request, at=at)


def _today() -> date:
    try:
        return current_business_day()
    except NoOpenBusinessDay as refusal:
        raise AdjustmentRefused(str(refusal)) from refusal


def _refuse_unsound(asked: Asked, account: Account, by: User) -> None:
    _refuse_note(asked.note)
    for text in (asked.evidence, asked.reference):
        refuse_card_number(text, AdjustmentRefused)
    if not asked.lines or any(line.amount_cents <= 0 for line in asked.lines):
        raise AdjustmentRefused("Give an amount above zero for at least one service.")
    allowed = set(services_adjustable_by(by, on=_today()).values_list("pk", flat=True))
    if any(line.service_id not in allowed for line in asked.lines):
        raise AdjustmentRefused("Charges of this service are another's to adjust.")
    named = {line.open_item_id: line.service_id for line in asked.lines if line.open_item_id is not None}
    items = {item.id: item for item in lock_open_items(named)}
    codes = _service_ids()
    for item_id, service_id in named.items():
        item = items.get(item_id)
        if item is None or item.debtor_id != account.debtor_id or codes.get(item.service_code) != service_id:
            raise AdjustmentRefused("That item belongs to another account or service.")


def _refuse_note(note: str) -> None:
    refuse_card_number(note, AdjustmentRefused)
    if len(note.strip()) < NOTE_LENGTH_MIN:
        raise AdjustmentRefused(f"Say in at least {NOTE_LENGTH_MIN} letters what happened.")


def _hold_disputed(request: AdjustmentRequest, lines: Sequence[AskedLine], *, by: User, at: datetime) -> None:
    """Hold exactly what the lines would settle, and nothing of what the customer does not dispute."""
    settled, _ = settled_by(lines, _owed(request.account.debtor_id, lines))
    try:
        for item, cents in settled.items():
            reason = f"Waits for adjustment {request.pk}: {request.reason}"
            hold = place_hold(open_item_id=item, kind="adjustment", amount_cents=cents, reason=reason, by=by, at=at)
            AdjustmentHold.objects.create(request=request, hold=hold)
    except HoldRefused as refusal:
        raise AdjustmentRefused(f"Another adjustment of this item waits. {refusal}") from refusal


def _release_holds(request: AdjustmentRequest, *, by: User, at: datetime) -> None:
    for held in AdjustmentHold.objects.filter(request=request, hold__released_at=None).select_related("hold"):
        release_hold(hold=held.hold, by=by, at=at)


def _owed(debtor_id: int, lines: Sequence[AskedLine]) -> list[tuple[int, int, int]]:
    """Return the debtor's items of the services that are adjusted, oldest first: item, service, cents."""
    codes, wanted = _service_ids(), {line.service_id for line in lines}
    items = [(item.id, codes[item.service_code], item.balance_cents) for item in open_items_of(debtor_id)]
    return [item for item in items if item[1] in wanted]


def _service_ids() -> dict[str, int]:
    return {service.code: service.pk for service in services()}


def _post(request: AdjustmentRequest, *, on: date, by: User, at: datetime) -> Entry:
    posted: Posted = {"actor": by, "business_date": on, "posted_at": at, "source": str(request)}
    if request.reverses is not None:
        return reverse_entry(entry=request.reverses.entry, memo=f"Takes back {request.reverses}", **posted)
    rows = list(request.lines.select_related("service"))
    return _charge(request, rows, posted) if request.kind == AdjustmentKind.CHARGE else _credit(request, rows, posted)


def _charge(request: AdjustmentRequest, rows: Sequence[AdjustmentLine], posted: Posted) -> Entry:
    debtor, on, memo = request.account.debtor_id, posted["business_date"], f"Adjustment: {request.reason}"
    due_on = calendar_on().due_on(on, value_on("billing.due_days", on).number)
    return post_entry(
        kind="adjustment",
        lines=[
            *(Line.debit(row.service.receivable_id, row.amount_cents, debtor_id=debtor) for row in rows),
            *(Line.credit(row.service.revenue_id, row.amount_cents) for row in rows),
        ],
        items=[
            NewItem(debtor, row.service_id, due_on, row.amount_cents, source=str(request), label=memo) for row in rows
        ],
        memo=memo,
        **posted,
    )


def _credit(request: AdjustmentRequest, rows: Sequence[AdjustmentLine], posted: Posted) -> Entry:
    debtor = request.account.debtor_id
    lines = [AskedLine(row.service_id, row.amount_cents, row.open_item_id) for row in rows]
    lock_open_items(item for item, _, _ in _owed(debtor, lines))
    settled, beyond = settled_by(lines, _owed(debtor, lines))
    allocations = [NewAllocation(item, cents) for item, cents in settled.items()]
    waits = sum(beyond.values())
    return post_entry(
        kind="adjustment",
        lines=[
            *(Line.debit(row.service.revenue_id, row.amount_cents) for row in rows),
            *settling_lines(allocations),
            *([Line.credit(gl_account("unapplied_credit").pk, waits, debtor_id=debtor)] if waits else []),
        ],
        allocations=allocations,
        memo=f"Adjustment: {request.reason}",
        **posted,
    )
