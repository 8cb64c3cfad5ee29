"""Drawers: whose is open, what each should hold, and which still wait for a deposit."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from curbstop.cashiering import permissions
from curbstop.cashiering.domain.counts import DrawerExpectation
from curbstop.cashiering.domain.tenders import TenderKind
from curbstop.cashiering.models import DenominationCount, Drawer, Receipt, Tender, Till
from curbstop.foundation.access.models import User


def drawers_visible_to(user: User) -> QuerySet[Drawer]:
    """Return the drawers a person may see: an own one, or all with the right to see receipts."""
    drawers = Drawer.objects.select_related("till__office", "cashier").order_by("-opened_at")
    if user.may(permissions.APPROVE_VOID):
        return drawers
    if user.may(permissions.CLOSE_DRAWER):
        return drawers.filter(cashier=user)
    return drawers if user.may(permissions.VIEW_RECEIPTS) else drawers.none()


def open_drawer_of(cashier: User, *, for_update: bool = False) -> Drawer | None:
    """Return the cashier's open drawer, locked against a close when money is about to move."""
    drawers = Drawer.objects.filter(cashier=cashier, closed_at__isnull=True)
    if for_update:
        return drawers.select_for_update().first()
    return drawers.select_related("till__office").first()


def tills_free() -> QuerySet[Till]:
    """Return the tills that nobody has open."""
    taken = Drawer.objects.filter(closed_at__isnull=True).values("till")
    return Till.objects.select_related("office").exclude(pk__in=taken).order_by("office__name", "name")


def tills() -> QuerySet[Till]:
    """Return every till with its office, by code."""
    return Till.objects.select_related("office").order_by("code")


def expectation_of(drawer: Drawer) -> DrawerExpectation:
    """Return what a drawer should hold by its receipts; never shown before a count is stored."""
    kept = Tender.objects.filter(receipt__drawer=drawer, receipt__void__isnull=True).aggregate(
        cash=Sum("amount_cents", filter=Q(kind="cash"), default=0),
        check=Sum("amount_cents", filter=Q(kind="check"), default=0),
    )
    return DrawerExpectation(float_cents=drawer.float_cents, cash_cents=kept["cash"], check_cents=kept["check"])


def undeposited_drawers() -> QuerySet[Drawer]:
    """Return every closed drawer, oldest first; treasury knows which of them it has deposited."""
    closed = Drawer.objects.filter(closed_at__isnull=False)
    return closed.select_related("till__office", "cashier", "closing_count").order_by("closed_at")


def drawer_totals(*, first_day: date, last_day: date) -> list[dict[str, Any]]:
    """Return one row a drawer of some business days, both included: receipts by tender without voids, and its count."""
    stands = Q(receipts__void__isnull=True)
    drawers = (
        Drawer.objects.filter(business_day__range=(first_day, last_day))
        .select_related("till__office", "cashier", "closing_count")
        .annotate(
            first_receipt=Min("receipts__number"),
            last_receipt=Max("receipts__number"),
            receipts_count=Count("receipts", distinct=True),
            voids=Count("receipts__void", distinct=True),
            **{
                f"{kind}_cents": Sum(
                    "receipts__tenders__amount_cents", filter=stands & Q(receipts__tenders__kind=kind), default=0
                )
                for kind in TenderKind
            },
        )
        .order_by("business_day", "pk")
    )
    rounding = _rounding_by_drawer(first_day, last_day)
    return [_totals_row(drawer, rounding.get(drawer.pk, 0)) for drawer in drawers]


def _rounding_by_drawer(first_day: date, last_day: date) -> dict[int, int]:
    stands = Receipt.objects.filter(drawer__business_day__range=(first_day, last_day), void__isnull=True)
    return dict(stands.values("drawer").annotate(cents=Sum("rounding_cents")).values_list("drawer", "cents"))


def _totals_row(drawer: Any, rounding_cents: int) -> dict[str, Any]:
    count = drawer.closing_count
    return {
        "business_day": drawer.business_day,
        "office": drawer.till.office.name,
        "till": drawer.till.name,
        "cashier": drawer.cashier.get_full_name() or drawer.cashier.username,
        "first_receipt": drawer.first_receipt,
        "last_receipt": drawer.last_receipt,
        "receipts": drawer.receipts_count,
        "voids": drawer.voids,
        "cash_cents": drawer.cash_cents,
        "check_cents": drawer.check_cents,
        "card_cents": drawer.card_cents,
        "rounding_cents": rounding_cents,
        "counted_cents": count.cash_cents + count.check_cents - drawer.float_cents if count else 0,
        "over_cents": drawer.over_cents,
        "short_cents": drawer.short_cents,
        "state": "Open" if drawer.is_open else "Closed",
    }


def pieces_in(drawers: Iterable[Drawer]) -> list[tuple[int, int]]:
    """Return face value in cents and pieces of what the closing counts of some drawers found, largest first."""
    found = DenominationCount.objects.filter(count__closes__in=list(drawers), pieces__gt=0)
    totals = found.values("face_cents").annotate(total=Sum("pieces")).order_by("-face_cents")
    return list(totals.values_list("face_cents", "total"))


def checks_in(drawers: Iterable[Drawer]) -> list[tuple[str, str, int]]:
    """Return receipt, check number and cents of every check kept in some drawers, in the order they came."""
    checks = Tender.objects.filter(kind=TenderKind.CHECK, receipt__drawer__in=list(drawers), receipt__void=None)
    found = checks.select_related("receipt__till").order_by("receipt__at", "pk")
    return [(str(check.receipt), check.reference, check.amount_cents) for check in found]
