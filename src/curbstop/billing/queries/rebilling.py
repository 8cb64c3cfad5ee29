"""Which released bills a correction touches, and what each comes to with everything else as it was then."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import polars as pl
from django.db.models import Count, F, Q, QuerySet, Sum

from curbstop.billing.domain.charges import LINE_SCHEMA
from curbstop.billing.domain.rebilling import Whole, repriced, wholes, with_rates, with_use
from curbstop.billing.models import Bill, RebillBatch, RebillItem
from curbstop.billing.permissions import SEE_ADJUSTMENTS
from curbstop.billing.queries.comparing import billed_segments
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import read_frame
from curbstop.ledger.queries import services
from curbstop.metering.queries import usage_history
from curbstop.rates.queries import (
    adopted_schedules,
    assignments_frame,
    compiled_schedule,
    rate_stretches_frame,
    version_names,
)

_STORED: Final = """
select l.bill_id as bill, b.account_id, l.agreement_id, l.usage_id, l.service_id, l.schedule_version_id,
       l.customer_class, l.starts_on, l.ends_on, l.component, l.label, l.quantity, l.unit, l.unit_price,
       l.amount_cents, l.section, l.derivation::text, l.line_number::int as "order"
  from billing_bill b join billing_billline l on l.bill_id = b.id
 where b.id = any(%s) order by b.id, l.line_number
"""

ADJUSTED: Final = "An adjustment of this bill stands: take it back first."
_ADJUSTED: Final = """
select distinct b.id from billing_bill b
  join billing_adjustment a on a.account_id = b.account_id and a.reverses_id is null
  join billing_adjustmentrequest q on q.id = a.request_id
 where b.id = any(%s) and not exists (select from billing_adjustment r where r.reverses_id = a.id)
   and (q.bill_id = b.id or exists (
     select from billing_adjustmentline l join ledger_openitem i on i.id = l.open_item_id
      where l.request_id = q.id and i.source = 'billing.bill:' || b.id))
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """What was corrected: a schedule's versions, or the reads or the terms of agreements; and since when."""

    kind: str
    schedule: str = ""
    agreement_ids: tuple[int, ...] = ()
    from_on: date = date.min
    until_on: date = date.max


@dataclass(frozen=True, slots=True)
class Touched:
    """One bill with what it came to and what it comes to now, and the lines it would have; or why it has none."""

    bill: Bill
    now_cents: int | None
    problem: str
    lines: pl.DataFrame

    @property
    def delta_cents(self) -> int:
        """Return by how much the bill grows."""
        return 0 if self.now_cents is None else self.now_cents - self.bill.total_cents


def rebills_visible_to(user: User) -> QuerySet[RebillBatch]:
    """Return the batches of corrected bills that a person may see, newest first."""
    batches = RebillBatch.objects.select_related("drafted_by", "approved_by").order_by("-pk")
    return batches if user.may(SEE_ADJUSTMENTS) else batches.none()


def items_of(batch: RebillBatch) -> QuerySet[RebillItem]:
    """Return the bills of a batch, each account's oldest first."""
    items = batch.items.select_related("bill__account__customer", "bill__run", "replacement")
    return items.order_by("bill__account_id", "bill__starts_on", "bill_id")


def replaced_by(numbers: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return for each corrected bill the number of the bill it replaces, and what that came to."""
    items = RebillItem.objects.filter(replacement_id__in=numbers)
    return {new: (old, cents) for new, old, cents in items.values_list("replacement_id", "bill_id", "was_cents")}


def touched_by(correction: Correction) -> list[Touched]:
    """Return the standing bills whose amount a correction changes, or that it leaves without a price."""
    found = repriced_bills(correction, _candidates(correction))
    return [each for each in found if each.problem or each.delta_cents]


def repriced_bills(correction: Correction, bills: Sequence[Bill]) -> list[Touched]:
    """Price bills again, oldest first: as they were then, and the correction."""
    if not bills:
        return []
    numbers = [bill.number for bill in bills]
    found = wholes(billed_segments(numbers), {bill.number: bill.bill_on for bill in bills})
    _corrected(found, correction)
    versions = {each["schedule_version_id"] for whole in found for each in (whole.segment, *whole.stretches)}
    schedules = {version: compiled_schedule(version) for version in versions}
    now = repriced(found, schedules, {service.code: service.pk for service in services()})
    stored = read_frame(_STORED, [numbers], LINE_SCHEMA | {"bill": pl.Int64})
    changed = pl.DataFrame(
        {
            "bill": [whole.bill for whole in found if whole.is_changed],
            "agreement_id": [whole.segment["agreement_id"] for whole in found if whole.is_changed],
        },
        schema={"bill": pl.Int64, "agreement_id": pl.Int64},
    ).unique()
    kept = stored.join(changed, on=["bill", "agreement_id"], how="anti")
    places = stored.group_by("bill", "agreement_id").agg(place=pl.col("order").min())
    lines = pl.concat([kept, now.lines.select(kept.columns)]).join(places, on=["bill", "agreement_id"], how="left")
    ordered = lines.sort("bill", "place", "agreement_id", "starts_on", "order").drop("place")
    adjusted = read_frame(_ADJUSTED, [numbers], {"id": pl.Int64})["id"].to_list()
    problems = dict.fromkeys(adjusted, ADJUSTED) | now.problems
    return [_touched(bill, ordered.filter(bill=bill.number), problems.get(bill.number, "")) for bill in bills]


def _touched(bill: Bill, lines: pl.DataFrame, problem: str) -> Touched:
    total = None if problem else int(lines["amount_cents"].sum())
    if total is not None and total < 0:
        return Touched(bill, None, "The bill would be negative.", lines)
    return Touched(bill, total, problem, lines)


def _candidates(correction: Correction) -> list[Bill]:
    """Return the standing bills that charge for what was corrected, each account's oldest first."""
    versions = [pk for pk, (code, _) in version_names().items() if code == correction.schedule]
    numbers = read_frame(
        "select distinct b.id from billing_bill b join billing_billline l on l.bill_id = b.id"
        " where b.cancelled_at is null and l.ends_on > %(from)s and l.starts_on < %(until)s"
        "   and (l.schedule_version_id = any(%(versions)s) or l.agreement_id = any(%(agreements)s))",
        {
            "versions": versions,
            "agreements": list(correction.agreement_ids),
            "from": correction.from_on,
            "until": correction.until_on,
        },
        {"id": pl.Int64},
    )
    bills = Bill.objects.filter(number__in=numbers["id"].to_list(), cancelled_at=None)
    return list(bills.select_related("account", "run").order_by("account_id", "starts_on", "number"))


def _corrected(found: list[Whole], correction: Correction) -> None:
    """Put the one corrected thing into what the bills charged."""
    match correction.kind:
        case RebillBatch.Kind.READ:
            use = usage_history(sorted({whole.segment["agreement_id"] for whole in found}))
            with_use(
                found,
                {
                    (row["agreement_id"], row["starts_on"], row["ends_on"]): (row["usage_id"], row["billed"])
                    for row in use.to_dicts()
                },
            )
        case RebillBatch.Kind.RATE:
            _with_versions(found, correction.schedule)
        case _:
            for whole in found:
                if whole.segment["agreement_id"] in correction.agreement_ids:
                    _with_terms(whole)


def _with_versions(found: list[Whole], schedule: str) -> None:
    """Let the versions that are in force now price what this schedule priced."""
    names = version_names()
    versions = list(adopted_schedules().filter(schedule__code=schedule).values_list("pk", "starts_on", "ends_on"))
    for whole in found:
        if names[whole.segment["schedule_version_id"]][0] != schedule:
            continue
        row = whole.segment
        terms = {"customer_class": row["customer_class"], "inputs": row["inputs"]}
        stretches = [
            {"agreement_id": row["agreement_id"], "schedule_version_id": pk, "starts_on": first, "ends_on": last}
            | terms
            for pk, first, last in versions
            if first <= max(whole.bill_on, row["ends_on"]) and (last is None or last > row["starts_on"])
        ]
        _give(whole, stretches)


def _with_terms(whole: Whole) -> None:
    """Let the class and the inputs that are assigned now price one agreement; an average stays as it was then."""
    row = whole.segment
    accounts = {"first_account_id": row["account_id"], "last_account_id": row["account_id"]}
    last_day = row["ends_on"] - timedelta(days=1)
    changing = rate_stretches_frame(**accounts, from_on=row["starts_on"], to_on=max(whole.bill_on, row["ends_on"]))
    stretches = changing.filter(agreement_id=row["agreement_id"]).to_dicts()
    if not stretches:
        stretches = assignments_frame(**accounts, on=last_day).filter(agreement_id=row["agreement_id"]).to_dicts()
        stretches = [each | {"starts_on": row["starts_on"], "ends_on": None} for each in stretches]
    _give(whole, [each | {"inputs": _over(row["inputs"], each["inputs"])} for each in stretches])


def _over(stored: str, assigned: str) -> str:
    return json.dumps(json.loads(stored) | {name: str(said) for name, said in json.loads(assigned).items()})


def _give(whole: Whole, stretches: list[dict[str, Any]]) -> None:
    """Give a whole the rates in force in its days; `with_rate_changes` decides which of them prices which days."""
    ends_on = whole.segment["ends_on"]
    in_force = [each for each in stretches if each["starts_on"] < ends_on]
    if in_force:
        with_rates(whole, stretches, in_force[-1])


def agreements_of_usages(usage_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the agreements whose use these usages are."""
    rows = read_frame(
        "select distinct agreement_id from metering_usage where id = any(%s) order by agreement_id",
        [list(usage_ids)],
        {"agreement_id": pl.Int64},
    )
    return tuple(rows["agreement_id"].to_list())


def accounts_left(batch: RebillBatch) -> list[int]:
    """Return the accounts of a batch with a bill that is not replaced yet, in order."""
    left = batch.items.filter(done_at=None, problem="").values_list("bill__account_id", flat=True)
    return sorted(set(left))


def correction_of(batch: RebillBatch) -> Correction:
    """Return what a batch corrects, as it was written down."""
    facts: Mapping[str, Any] = batch.correction
    days = {name: date.fromisoformat(facts[name]) for name in ("from_on", "until_on") if name in facts}
    return Correction(batch.kind, facts.get("schedule", ""), tuple(facts.get("agreement_ids", ())), **days)


def totals_of_items(batch: RebillBatch) -> dict[str, int]:
    """Return how many bills a batch has, how many cannot be priced or are done, and what changes altogether."""
    found = batch.items.aggregate(
        bills=Count("pk"),
        refused=Count("pk", filter=~Q(problem="")),
        done=Count("replacement"),
        cents=Sum(F("now_cents") - F("was_cents"), default=0),
    )
    return {name: int(value) for name, value in found.items()}


def facts_of(correction: Correction) -> dict[str, Any]:
    """Return a correction as a batch writes it down."""
    return {
        "schedule": correction.schedule,
        "agreement_ids": list(correction.agreement_ids),
        "from_on": correction.from_on.isoformat(),
        "until_on": correction.until_on.isoformat(),
    }
