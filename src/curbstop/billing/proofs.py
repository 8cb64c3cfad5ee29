"""What billing promises, recomputed from its rows and compared with the ledger's."""

from typing import Final

from django.db import connection

from curbstop.billing.domain.checking import Checker, Fault
from curbstop.billing.domain.proving import faults_in
from curbstop.billing.models import BillingRun
from curbstop.billing.queries import agreements_without_outcome, services_counted, stranded_services
from curbstop.billing.queries.proving import lines_to_check
from curbstop.foundation.numbering import last_number_of
from curbstop.foundation.proofs import Outcome, Proof
from curbstop.foundation.quantities import Unit, ratio
from curbstop.ledger.queries import latest_business_day
from curbstop.rates.queries import version_names

NUMBER_SERIES = "billing.bill"
VOLUMES = (Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER)
SHOWN_MAX = 100

_NOT_ITS_LINES = """
select b.id, b.total_cents, coalesce(sum(l.amount_cents), 0)::bigint
  from billing_bill b left join billing_billline l on l.bill_id = b.id
 group by b.id having b.total_cents <> coalesce(sum(l.amount_cents), 0)
"""
_NOT_ITS_ENTRY = """
select b.id, b.total_cents, p.cents, i.cents
  from billing_bill b
  left join (select entry_id, sum(debit_cents)::bigint as cents from ledger_posting
              where debtor_id is not null group by entry_id) p on p.entry_id = b.entry_id
  left join (select entry_id, sum(amount_cents)::bigint as cents from ledger_openitem
              group by entry_id) i on i.entry_id = b.entry_id
 where b.total_cents > 0 and (p.cents is distinct from b.total_cents
                              or i.cents is distinct from b.total_cents)
"""
_MISSING_NUMBERS = """
select n from generate_series(1, %(last)s) n
 where not exists (select from billing_bill b where b.id = n)
   and not exists (select from billing_runpartition p
                    where p.state <> 'committed' and n >= p.first_bill_number
                      and n < p.first_bill_number + p.bills)
"""
_TWICE = """
select agreement_id, period, before from (
  select agreement_id, period,
         lag(period) over (partition by agreement_id order by period) as before
    from billing_billedperiod where not cancelled) p
 where period && before
"""
# The lines of a part of the period all come of one use; the parts of a period that a rate change split add up.
_NOT_WHAT_WAS_METERED = """
with said as (
  select l.bill_id, l.usage_id, l.starts_on, l.ends_on, max((l.derivation -> 'inputs' ->> 'usage')::numeric * {line})
         as gallons
    from billing_billline l join metering_usage u on u.id = l.usage_id and u.agreement_id = l.agreement_id
   where l.derivation -> 'inputs' ->> 'usage' is not null and {line} is not null
   group by l.bill_id, l.usage_id, l.starts_on, l.ends_on),
billed as (
  select bill_id, usage_id, sum(gallons) as gallons, sum(ends_on - starts_on) as days from said
   group by bill_id, usage_id)
select b.bill_id, round(b.gallons, 4), u.id, round(u.billed * {usage}, 4)
  from billed b join metering_usage u on u.id = b.usage_id
 where b.gallons - u.billed * {usage} > 0.001 * {usage}
    or u.billed * {usage} - b.gallons > 0.001 * {usage} and b.days = u.ends_on - u.starts_on
"""


def _bills_equal_lines() -> Outcome:
    failures = [f"Bill {number}: {total} cents, its lines {lines}." for number, total, lines in _rows(_NOT_ITS_LINES)]
    return Outcome(_count("billing_bill"), failures)


def _bills_equal_entries() -> Outcome:
    failures = [
        f"Bill {number}: {total} cents, its entry {posted}, its open items {items}."
        for number, total, posted, items in _rows(_NOT_ITS_ENTRY)
    ]
    return Outcome(_count("billing_bill"), failures)


def _numbers_without_gap() -> Outcome:
    last = last_number_of(NUMBER_SERIES)
    missing = _rows(_MISSING_NUMBERS, {"last": last})
    return Outcome(last, [f"Bill number {number} was given out and is no bill." for (number,) in missing])


def _no_day_twice() -> Outcome:
    failures = [
        f"Agreement {agreement} is billed for {period} and for {before}." for agreement, period, before in _rows(_TWICE)
    ]
    return Outcome(_count("billing_billedperiod"), failures)


def _bills_recompute() -> Outcome:
    """Have the independent checker recompute every bill; failures are cut short, but all bills are looked at."""
    checker, versions, checked = Checker(), version_names(), 0
    failures: list[str] = []
    for lines in lines_to_check():
        checked += lines["bill"].n_unique()
        for number, fault in faults_in(lines, versions, checker):
            if len(failures) < SHOWN_MAX:
                failures.append(_fault(number, fault))
    failures += [_fault(*each) for each in checker.strangers()[:SHOWN_MAX]]
    return Outcome(checked, failures)


def _bills_charge_what_was_metered() -> Outcome:
    """Compare the use that the lines of a bill say they charge with the usage it rests on, unit by unit.

    The checker takes the use from the line; this takes it from the meter, so that an engine which doubles it is seen.
    """
    query = _NOT_WHAT_WAS_METERED.format(line=_gallons("l.unit"), usage=_gallons("u.unit"))
    failures = [
        f"Bill {number} charges {charged} gallons, usage {usage} is {counted}."
        for number, charged, usage, counted in _rows(query)
    ]
    return Outcome(_count("billing_billedperiod"), failures)


def _gallons(column: str) -> str:
    """Return SQL for the gallons in one of a unit of volume, and null for any other unit."""
    factors = ((unit, ratio(unit, Unit.GALLONS)) for unit in VOLUMES)
    cases = " ".join(
        f"when '{unit.value}' then {factor.numerator}::numeric / {factor.denominator}" for unit, factor in factors
    )
    return f"(case {column} {cases} end)"


def _fault(number: int, fault: Fault) -> str:
    return f"Bill {number}, line {fault.line_number}: {fault.words}."


def _every_service_accounted_for() -> Outcome:
    checked, failures = 0, []
    for run in BillingRun.objects.filter(state=BillingRun.State.RELEASED).order_by("pk"):
        due, left_out = agreements_without_outcome(run)
        checked += due
        failures += [f"Run {run.pk}: agreement {each} is neither billed, held nor exempt." for each in left_out]
    return Outcome(checked, failures)


def _every_service_of_the_city() -> Outcome:
    """Look at the city as it stands on its latest business day; before the first there is nothing to bill."""
    day = latest_business_day()
    if day is None:
        return Outcome(0, [])
    return Outcome(services_counted(day), [str(each) for each in stranded_services(day)])


def _rows(query: str, params: dict[str, int] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{query} limit {SHOWN_MAX}", params)
        return list(cursor.fetchall())


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")  # noqa: S608  # one of our own table names
        return int(cursor.fetchone()[0])


PROOFS: Final = (
    Proof("bills-equal-lines", "Every bill is the sum of its printed lines", _bills_equal_lines),
    Proof(
        "bills-equal-entries",
        "Every bill equals its ledger entry and the open items it left",
        _bills_equal_entries,
    ),
    Proof("bill-numbers-gap-free", "Bill numbers have no gap", _numbers_without_gap),
    Proof("no-day-billed-twice", "No service is billed twice for a day", _no_day_twice),
    Proof(
        "bills-charge-what-was-metered",
        "The use on every bill is the use that its meter counted",
        _bills_charge_what_was_metered,
    ),
    Proof("bills", "Every bill follows from its derivations, recomputed by an independent checker", _bills_recompute),
    Proof(
        "every-service-billed",
        "Every active service of a released run is billed, held with a reason or exempt",
        _every_service_accounted_for,
    ),
    Proof(
        "completeness",
        "Every service of the city has a cycle, a rate and its bills, or is held or exempt by name",
        _every_service_of_the_city,
    ),
)
