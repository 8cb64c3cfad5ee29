"""The late bills of a day, each with what it is charged on and how much, or why it is not.

One calculation proposes a run and is made again, under locks, when the run is posted: what was paid or held in between
is charged nothing (trust.md P12).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl
from django.utils import timezone

from curbstop.collections.domain.accruing import MOVE_COLUMNS, cent_days
from curbstop.collections.domain.late_charges import LateRule, split_by_share
from curbstop.collections.models import LateCharge
from curbstop.collections.queries.rules import interest_rule_on, late_rules_on
from curbstop.collections.queries.standing import in_good_standing
from curbstop.foundation.calendar import Calendar
from curbstop.ledger.queries import held_days_frame, held_on, holds_frame, item_moves_frame, overdue_items_frame
from curbstop.ordinances.queries import calendar_on

BILLS = "billing.bill:"
HELD_WORDS = {
    "dispute": "in dispute",
    "plan": "on a payment plan",
    "adjustment": "waits for an adjustment",
    "pending_payment": "a payment is on its way",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LateBill:
    """One bill of a run: the amount is split over its services in `shares` (service → cents)."""

    bill_source: str
    debtor_id: int
    step: str
    due_on: date
    unpaid_cents: int
    held_cents: int
    base_cents: int
    amount_cents: int
    starts_on: date | None = None
    ends_on: date | None = None
    excluded: str = ""
    derivation: str = "{}"
    shares: Mapping[int, int] = field(default_factory=dict)


def late_bills(kind: str, *, on: date, only: Iterable[str] | None = None) -> list[LateBill]:
    """Return what bills that are late on a day are charged, in the order of their sources; `only` looks at these.

    :raises NoSuchRule: if the city has no such rule for a bill's due date
    """
    return _penalties(on, only) if kind == "penalty" else _interest(on, only)


def _penalties(on: date, only: Iterable[str] | None) -> list[LateBill]:
    items = overdue_items_frame(before=on, sources=BILLS, only=only)
    ids = items["open_item_id"].to_list()
    held, why = held_on(ids), _why_held(ids)
    sources = items["source"].unique().to_list()
    before = LateCharge.objects.filter(kind="penalty", bill_source__in=sources)
    charged = set(before.values_list("bill_source", "step"))
    budget = in_good_standing(set(items["debtor_id"].to_list()), on=on)
    calendar = calendar_on()
    rules = {due_on: late_rules_on(due_on) for due_on in items["due_on"].unique()}
    found = []
    for (source,), rows in items.group_by("source", maintain_order=True):
        bill = _Bill.of(str(source), rows, held, why)
        for rule in rules[bill.due_on]:
            if (bill.source, rule.step) in charged or on <= rule.deadline(bill.due_on, calendar):
                continue
            found.append(bill.charged_by(rule, on=on, calendar=calendar, on_budget=bill.debtor_id in budget))
    return found


def penalty_on_bill(source: str, *, rule: LateRule) -> LateBill | None:
    """Return what one bill is charged by a rule whatever its due date, held cents left out; None if it owes nothing."""
    items = overdue_items_frame(before=date.max, sources=BILLS, only=[source])
    if items.is_empty():
        return None
    ids = items["open_item_id"].to_list()
    bill = _Bill.of(source, items, held_on(ids), _why_held(ids))
    return bill.charged_by(rule, on=date.max, calendar=None, on_budget=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    source: str
    debtor_id: int
    due_on: date
    unpaid: dict[int, int]
    free: dict[int, int]
    why: str

    @classmethod
    def of(cls, source: str, rows: pl.DataFrame, held: Mapping[int, int], why: Mapping[int, str]) -> "_Bill":
        unpaid: dict[int, int] = {}
        free: dict[int, int] = {}
        for row in rows.iter_rows(named=True):
            service, item = row["service_id"], row["open_item_id"]
            unpaid[service] = unpaid.get(service, 0) + row["balance_cents"]
            free[service] = free.get(service, 0) + row["balance_cents"] - held.get(item, 0)
        reasons = dict.fromkeys(why[item] for item in rows["open_item_id"] if item in why)
        return cls(
            source=source,
            debtor_id=rows["debtor_id"][0],
            due_on=rows["due_on"].min(),  # type: ignore[arg-type]  # a column of days
            unpaid=unpaid,
            free={service: cents for service, cents in free.items() if cents > 0},
            why=", ".join(reasons),
        )

    def charged_by(self, rule: LateRule, *, on: date, calendar: Calendar | None, on_budget: bool) -> LateBill:
        base = sum(self.free.values())
        amount = rule.penalty_on(base)
        excluded = ""
        if calendar and on < (first := rule.charged_from(self.due_on, calendar)):
            excluded = f"waits until {first:%b %d, %Y} for payments on their way"
        elif on_budget:
            excluded = "budget plan in good standing"
        elif not base:
            excluded = self.why or "nothing is owed"
        elif not amount:
            excluded = "too little is owed"
        return LateBill(
            bill_source=self.source,
            debtor_id=self.debtor_id,
            step=rule.step,
            due_on=self.due_on,
            unpaid_cents=sum(self.unpaid.values()),
            held_cents=sum(self.unpaid.values()) - base,
            base_cents=base,
            amount_cents=0 if excluded else amount,
            excluded=excluded,
            derivation=json.dumps(rule.derivation(base)),
            shares={} if excluded else split_by_share(amount, self.free),
        )


def _why_held(ids: list[int]) -> dict[int, str]:
    return {item: HELD_WORDS[kind] for item, kind, *_ in holds_frame(ids).iter_rows()}


def _interest(on: date, only: Iterable[str] | None) -> list[LateBill]:
    """Return interest through a day on what is still unpaid, for the days that were not charged before."""
    unpaid = overdue_items_frame(before=on, sources=BILLS, only=only)
    if unpaid.is_empty():
        return []
    bills = unpaid.group_by("source").agg(pl.col("due_on").min(), pl.col("debtor_id").first()).sort("source")
    items = _items_with_penalties(bills, on=on)
    spans = _spans(bills, on=on)
    due = bills.join(spans, on="source").filter(pl.col("ends_on") > pl.col("starts_on"))
    items = items.join(due.select("source", "starts_on", "ends_on"), on="source")
    ids = items["open_item_id"].to_list()
    held, why = held_on(ids), _why_held(ids)
    stood = cent_days(_moves(items), items.select(key="open_item_id", starts_on="starts_on", ends_on="ends_on"))
    items = items.join(stood, left_on="open_item_id", right_on="key", how="left")
    rules = {due_on: interest_rule_on(due_on) for due_on in due["due_on"].unique()}
    facts = {row["source"]: row for row in due.iter_rows(named=True)}
    found = []
    for (source,), rows in items.group_by("source", maintain_order=True):
        bill = _Bill.of(str(source), rows, held, why)
        rule = rules[bill.due_on]
        counted = rows.filter(True if rule.on_penalty else pl.col("charge") == "principal")
        by_service = dict(counted.group_by("service_id").agg(pl.col("cent_days").sum()).iter_rows())
        total = sum(by_service.values())
        amount = rule.interest_on(total)
        excluded = "" if amount else (bill.why or "less than half a cent")
        span = facts[str(source)]
        found.append(
            LateBill(
                bill_source=str(source),
                debtor_id=bill.debtor_id,
                step="interest",
                due_on=bill.due_on,
                unpaid_cents=sum(bill.unpaid.values()),
                held_cents=sum(bill.unpaid.values()) - sum(bill.free.values()),
                base_cents=sum(bill.free.values()),
                amount_cents=amount,
                starts_on=span["starts_on"],
                ends_on=span["ends_on"],
                excluded=excluded,
                derivation=json.dumps(
                    {"percent_yearly": str(rule.percent_yearly), "cent_days": total, "citation": rule.citation}
                ),
                shares=split_by_share(amount, by_service) if amount else {},
            )
        )
    return found


def _items_with_penalties(bills: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """Return the items of the bills and of the penalties on them, settled ones too, all under the bill's source."""
    sources = bills["source"].to_list()
    own = overdue_items_frame(before=on, sources=BILLS, only=sources, settled=True)
    charges = LateCharge.objects.filter(bill_source__in=sources, kind="penalty", reversal=None)
    of_bill = {str(charge): charge.bill_source for charge in charges.only("id", "bill_source")}
    late = overdue_items_frame(
        before=on, sources="collections.late_charge:", charges=["penalty"], only=list(of_bill), settled=True
    )
    late = late.with_columns(pl.col("source").replace(of_bill))
    return pl.concat([own, late]).sort("source", "priority", "open_item_id")


def _spans(bills: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """Return for each bill the days from the day after it was due, or after its last interest, through the day."""
    before: dict[str, date] = {}
    charges = LateCharge.objects.filter(kind="interest", bill_source__in=bills["source"].to_list())
    for source, ends_on in charges.values_list("bill_source", "ends_on"):
        assert ends_on is not None, "interest is for days"
        before[source] = max(ends_on, before.get(source, ends_on))
    a_day = timedelta(days=1)
    rows = [
        (source, before.get(source, due_on + a_day), on + a_day)
        for source, due_on in bills.select("source", "due_on").iter_rows()
    ]
    return pl.DataFrame(rows, schema={"source": pl.String, "starts_on": pl.Date, "ends_on": pl.Date}, orient="row")


def _moves(items: pl.DataFrame) -> pl.DataFrame:
    """Return how the items' balances and holds moved, every item standing from the day it was due."""
    ids = items["open_item_id"].to_list()
    zero = pl.lit(0, pl.Int64)
    stood = items.select(key="open_item_id", day="due_on", cents="amount_cents", held_cents=zero, whole_holds=zero)
    # What was paid before the due date was never late: it is felt on the due date itself.
    paid = (
        item_moves_frame(ids)
        .join(items.select("open_item_id", "due_on"), on="open_item_id")
        .select(
            key="open_item_id",
            day=pl.max_horizontal("day", "due_on"),
            cents="cents",
            held_cents=zero,
            whole_holds=zero,
        )
    )
    holds = held_days_frame(ids, zone=timezone.get_current_timezone_name())
    whole = pl.col("amount_cents").is_null().cast(pl.Int64)
    # The day of placing is held already, so the move counts for the evening before.
    placed = holds.select(
        key="open_item_id",
        day=pl.col("placed_on") - pl.duration(days=1),
        cents=zero,
        held_cents=pl.col("amount_cents").fill_null(0),
        whole_holds=whole,
    )
    released = holds.filter(pl.col("released_on").is_not_null()).select(
        key="open_item_id",
        day="released_on",
        cents=zero,
        held_cents=-pl.col("amount_cents").fill_null(0),
        whole_holds=-whole,
    )
    frames = [frame.cast(dict(MOVE_COLUMNS)) for frame in (stood, paid, placed, released)]  # type: ignore[arg-type]  # names
    return pl.concat(frames)
