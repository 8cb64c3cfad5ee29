"""Runs of late charges as their pages and commands show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from curbstop.collections.models import ChargeRun, LateCharge, ProposedCharge, Waiver
from curbstop.collections.permissions import SEE_COLLECTIONS
from curbstop.collections.queries.late import BILLS
from curbstop.customers.queries import AccountLabel, account_labels
from curbstop.foundation.access.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """How a run stands: what is to be charged, what was posted, and why bills are left out."""

    id: int
    kind: str
    on: date
    state: str
    bills: int
    total_cents: int
    posted: int
    posted_cents: int
    excluded: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line of a run with the account it is for."""

    line: ProposedCharge
    label: AccountLabel | None
    bill_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRow:
    """A posted charge of an account, and how it ended."""

    id: int
    kind: str
    step: str
    bill_number: str
    due_on: date
    base_cents: int
    amount_cents: int
    is_reversed: bool
    cause: str
    waiver: Waiver | None


def runs_visible_to(user: User) -> QuerySet[ChargeRun]:
    """Return the runs that a person may see, newest first, with what they charge."""
    runs = ChargeRun.objects.select_related("proposed_by", "approved_by").annotate(
        bills=Count("lines", filter=Q(lines__amount_cents__gt=0)), total_cents=Sum("lines__amount_cents")
    )
    return runs.order_by("-pk") if user.may(SEE_COLLECTIONS) else runs.none()


def open_run(kind: str) -> ChargeRun | None:
    """Return the run of a kind that is neither posted nor discarded."""
    return ChargeRun.objects.filter(kind=kind, posted_at=None, discarded_at=None).first()


def run_summary(run_id: int) -> RunSummary:
    """Return how a run stands."""
    run = ChargeRun.objects.get(pk=run_id)
    lines = ProposedCharge.objects.filter(run=run)
    charged = lines.filter(amount_cents__gt=0).aggregate(bills=Count("pk"), cents=Sum("amount_cents"))
    posted = LateCharge.objects.filter(run=run).aggregate(bills=Count("pk"), cents=Sum("amount_cents"))
    left_out = lines.exclude(excluded="").values_list("excluded").annotate(bills=Count("pk")).order_by("-bills")
    return RunSummary(
        id=run.pk,
        kind=run.kind,
        on=run.on,
        state=run.state,
        bills=charged["bills"],
        total_cents=charged["cents"] or 0,
        posted=posted["bills"],
        posted_cents=posted["cents"] or 0,
        excluded=tuple(left_out),
    )


def lines_of(run_id: int) -> QuerySet[ProposedCharge]:
    """Return the lines of a run, the largest charge first, those left out last."""
    return ProposedCharge.objects.filter(run_id=run_id).order_by("-amount_cents", "excluded", "bill_source", "step")


def labelled(lines: Sequence[ProposedCharge]) -> list[LineRow]:
    """Return the lines with the accounts they are for, in their order."""
    labels = account_labels({line.debtor_id for line in lines})
    return [
        LineRow(line=line, label=labels.get(line.debtor_id), bill_number=line.bill_source.removeprefix(BILLS))
        for line in lines
    ]


def charges_visible_to(user: User) -> QuerySet[LateCharge]:
    """Return the charges that a person may see."""
    charges = LateCharge.objects.select_related("entry")
    return charges if user.may(SEE_COLLECTIONS) else charges.none()


def charges_of(debtor_id: int) -> list[ChargeRow]:
    """Return the charges of a debtor, newest first, each with its latest waiver."""
    charges = LateCharge.objects.filter(debtor_id=debtor_id).select_related("reversal").prefetch_related("waivers")
    return [_charge_row(charge) for charge in charges.order_by("-pk")]


def waivers_waiting(user: User) -> QuerySet[Waiver]:
    """Return the waivers that wait for a second person, oldest first."""
    waiting = Waiver.objects.filter(approved_at=None, turned_down_at=None).select_related("charge", "asked_by")
    return waiting.order_by("pk") if user.may(SEE_COLLECTIONS) else waiting.none()


def _charge_row(charge: LateCharge) -> ChargeRow:
    reversal = getattr(charge, "reversal", None)
    waivers = sorted(charge.waivers.all(), key=lambda waiver: -waiver.pk)
    return ChargeRow(
        id=charge.pk,
        kind=charge.kind,
        step=charge.step,
        bill_number=charge.bill_source.removeprefix(BILLS),
        due_on=charge.due_on,
        base_cents=charge.base_cents,
        amount_cents=charge.amount_cents,
        is_reversed=reversal is not None,
        cause=reversal.cause if reversal else "",
        waiver=waivers[0] if waivers else None,
    )
