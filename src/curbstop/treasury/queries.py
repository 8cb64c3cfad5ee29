"""What treasury reads: drawers that wait, deposits, and the journal lines of some days."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from curbstop.cashiering.models import Drawer
from curbstop.cashiering.queries import checks_in, pieces_in, undeposited_drawers
from curbstop.foundation.access.models import User
from curbstop.foundation.money import format_cents
from curbstop.ledger.queries import entries_by_day, entry_ids_between, journal_frame, latest_business_day
from curbstop.ordinances.queries import calendar_on, city
from curbstop.treasury import permissions
from curbstop.treasury.domain.days import doubt_about_opening, in_words
from curbstop.treasury.domain.journal import JournalLine
from curbstop.treasury.models import Deposit, DepositDrawer, ExportedEntry, JournalExport


def question_before_opening(day: date) -> str:
    """Return what to ask before this business day is opened; an empty text where it is the expected one."""
    return doubt_about_opening(day, latest=latest_business_day(), calendar=calendar_on())


def next_business_day() -> date | None:
    """Return the city's first open day after the latest one that was worked; none where none was."""
    latest = latest_business_day()
    return calendar_on().next_business_day(latest + timedelta(days=1)) if latest else None


def left_undone() -> list[str]:
    """Return in sentences what a person should know before the business day is closed."""
    waiting = [f"{drawer} is closed, and no deposit carries it." for drawer in drawers_to_deposit()]
    return [*waiting, *filter(None, [entries_left()])]


def deposits_visible_to(user: User) -> QuerySet[Deposit]:
    """Return the deposits a person may see, newest first."""
    deposits = Deposit.objects.select_related("prepared_by", "verification__verified_by")
    return deposits.order_by("-number") if user.may(permissions.VIEW_DEPOSITS) else deposits.none()


def exports_visible_to(user: User) -> QuerySet[JournalExport]:
    """Return the journal exports a person may see, newest first."""
    exports = JournalExport.objects.select_related("exported_by").order_by("-number")
    return exports if user.may(permissions.VIEW_DEPOSITS) else exports.none()


def has_exported() -> bool:
    """Tell whether any journal went to the general ledger yet."""
    return JournalExport.objects.exists()


def drawers_to_deposit() -> QuerySet[Drawer]:
    """Return the closed drawers that no deposit carries yet, oldest first."""
    return undeposited_drawers().exclude(pk__in=DepositDrawer.objects.values("drawer"))


def entries_to_export(from_on: date, to_on: date) -> list[int]:
    """Return the entries of some business days that no journal carried yet."""
    posted = entry_ids_between(starts_on=from_on, ends_on=to_on)
    carriers = JournalExport.objects.filter(from_on__lt=to_on, to_on__gt=from_on)
    carried = set(ExportedEntry.objects.filter(export__in=carriers).values_list("entry_id", flat=True))
    return [entry for entry in posted if entry not in carried]


def journals_of(from_on: date, to_on: date) -> list[int]:
    """Return the numbers of the journals that touch some business days."""
    touching = JournalExport.objects.filter(from_on__lt=to_on, to_on__gt=from_on)
    return list(touching.order_by("number").values_list("number", flat=True))


def entries_in(export: JournalExport) -> list[int]:
    """Return the entries that a journal carried."""
    return list(export.entries.order_by("entry_id").values_list("entry_id", flat=True))


def days_to_export() -> dict[date, int]:
    """Return the business days with entries that no journal carried yet, and how many, the earliest first."""
    carried = ExportedEntry.objects.values_list("entry__business_date").annotate(entries=Count("pk"))
    exported = dict(carried.order_by())
    left = {day: entries - exported.get(day, 0) for day, entries in entries_by_day().items()}
    return {day: entries for day, entries in left.items() if entries}


def entries_left() -> str:
    """Return in a sentence what no journal carried yet; an empty text where nothing is left."""
    left = days_to_export()
    if not left:
        return ""
    entries = sum(left.values())
    return (
        f"In no journal yet: {entries:,} {'entry' if entries == 1 else 'entries'} from {in_words(next(iter(left)))} on."
    )


def journal_lines(from_on: date, to_on: date, entry_ids: list[int]) -> list[JournalLine]:
    """Return the sums by day, account, service, kind and source of some entries of some business days."""
    frame = journal_frame(starts_on=from_on, ends_on=to_on, entry_ids=entry_ids)
    what = ("business_date", "fund", "department", "account", "name", "service", "kind", "source")
    names = (*what, "debit_cents", "credit_cents")
    return [JournalLine(*row) for row in frame.select(names).iter_rows()]


def deposit_document(deposit: Deposit) -> dict[str, Any]:
    """Return the data of `documents/deposit_slip.typ`, with the cents that the page shows beside the printed text."""
    place = city()
    rows = list(deposit.drawers.select_related("drawer__till", "drawer__cashier"))
    drawers = [row.drawer for row in rows]
    counted = list(pieces_in(drawers))
    verification = getattr(deposit, "verification", None)
    return {
        "language": "en",
        "title": f"Bank deposit {deposit.number}",
        "city": place.name,
        "city_lines": [*place.address_lines, place.phone],
        "number": str(deposit.number),
        "business_day": f"{deposit.business_day:%B %d, %Y}",
        "bag_number": deposit.bag_number,
        # The city does not say at which bank; the payee is the city itself.
        "bank": "",
        "prepared_by": _name(deposit.prepared_by),
        "prepared_at": f"{deposit.at.astimezone(ZoneInfo(place.timezone)):%b %d, %Y, %I:%M %p}",
        "verified_by": _name(verification.verified_by) if verification else "",
        "drawers": [_drawer_line(row) for row in rows],
        "denominations": [_piece_line(face, pieces) for face, pieces in counted],
        "checks": [_check_line(*check) for check in checks_in(drawers)],
        "counted": format_cents(sum(face * pieces for face, pieces in counted)),
        "counted_cents": sum(face * pieces for face, pieces in counted),
        "float_cents": -sum(drawer.float_cents for drawer in drawers),
        "floats": format_cents(-sum(drawer.float_cents for drawer in drawers)),
        "cash_total": format_cents(deposit.cash_cents),
        "check_total": format_cents(deposit.check_cents),
        "total": format_cents(deposit.total_cents),
    }


def _piece_line(face_cents: int, pieces: int) -> dict[str, Any]:
    cents = face_cents * pieces
    numbers = {"face_cents": face_cents, "pieces": pieces, "amount_cents": cents}
    return {**numbers, "face": format_cents(face_cents), "amount": format_cents(cents)}


def _check_line(receipt: str, number: str, cents: int) -> dict[str, Any]:
    return {"receipt": receipt, "reference": number, "amount_cents": cents, "amount": format_cents(cents)}


def _drawer_line(row: DepositDrawer) -> dict[str, str]:
    return {
        "till": row.drawer.till.name,
        "cashier": _name(row.drawer.cashier),
        "cash": format_cents(row.cash_cents),
        "checks": format_cents(row.check_cents),
        "total": format_cents(row.cash_cents + row.check_cents),
    }


def _name(person: User) -> str:
    return person.get_full_name() or person.username


def deposits_between(*, first_day: date, last_day: date) -> list[dict[str, Any]]:
    """Return one row a deposit of some business days, both included."""
    deposits = Deposit.objects.filter(business_day__range=(first_day, last_day))
    rows = []
    for deposit in deposits.select_related("prepared_by", "verification__verified_by").order_by("number"):
        verification = getattr(deposit, "verification", None)
        rows.append(
            {
                "number": deposit.number,
                "business_day": deposit.business_day,
                "bag_number": deposit.bag_number,
                "prepared_by": _name(deposit.prepared_by),
                "verified_by": _name(verification.verified_by) if verification else "",
                "validated_on": verification.validated_on if verification else None,
                "cash_cents": deposit.cash_cents,
                "check_cents": deposit.check_cents,
                "total_cents": deposit.total_cents,
            }
        )
    return rows
