"""What the metering room promises, recomputed from its rows."""

from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.proofs import Outcome, Proof
from curbstop.foundation.quantities import Unit, ratio
from curbstop.metering.domain.segments import VOLUMES
from curbstop.metering.models import Usage

FAILURES_SHOWN = 100


def _failures(query: str) -> list[str]:
    return read_frame(f"{query} limit {FAILURES_SHOWN}")["failure"].to_list()


def _gallons(column: str) -> str:
    """Return SQL for the gallons in one of a unit, exact enough for four decimals of any unit."""
    cases = " ".join(
        f"when '{unit.value}' then {factor.numerator}::numeric / {factor.denominator}"
        for unit in VOLUMES
        for factor in [ratio(unit, Unit.GALLONS)]
    )
    return f"(case {column} {cases} end)"


def registered_is_what_was_read() -> Outcome:
    """Add up the differences of the reads under each usage again, meter by meter.

    The bound is half of the last decimal for each meter whose volume was rounded into the usage's unit.
    """
    query = f"""
        with settled as (
          select u.id, g.service_point_id, u.starts_on, u.ends_on, u.registered, u.unit
            from metering_usage u
            join customers_serviceagreement g on g.id = u.agreement_id
           where u.to_read_id is not null),
        points as (
          select id as installation_id, starts_on as on_day, first_register as register, 0 as rank
            from metering_installation
          union all
          select installation_id, read_on, register, 1 from metering_read),
        one_a_day as (
          select distinct on (installation_id, on_day) installation_id, on_day, register
            from points order by installation_id, on_day, rank desc),
        steps as (
          select installation_id, on_day, register,
                 lag(on_day) over w as from_day, lag(register) over w as from_register
            from one_a_day window w as (partition by installation_id order by on_day)),
        counted as (
          select s.id,
                 sum((t.register - t.from_register
                      + case when t.register < t.from_register then power(10::numeric, m.dials) else 0 end)
                     * m.multiplier * {_gallons("m.unit")} / {_gallons("s.unit")}) as volume,
                 count(*) as segments
            from settled s
            join metering_installation i on i.service_point_id = s.service_point_id
            join metering_meter m on m.id = i.meter_id
            join steps t on t.installation_id = i.id
                        and t.from_day >= s.starts_on and t.on_day <= s.ends_on
           group by s.id)
        select format('usage %s: registered %s, but its reads differ by %s', s.id, s.registered,
                      round(coalesce(c.volume, 0), 4)) as failure
          from settled s left join counted c on c.id = s.id
         where c.id is null or abs(c.volume - s.registered) > 0.00005 * c.segments"""  # noqa: S608 - the factors are our own constants
    settled = Usage.objects.filter(to_read__isnull=False).count()
    return Outcome(checked=settled, failures=_failures(query))


def no_overlapping_usage() -> Outcome:
    """Compare each usage with the next of its agreement, without the constraint that forbids an overlap."""
    query = """
        select format('usage %s of agreement %s is not over when usage %s starts',
                      id, agreement_id, follower) as failure
          from (select id, agreement_id, ends_on, lead(id) over w as follower, lead(starts_on) over w as follows_on
                  from metering_usage
                window w as (partition by agreement_id order by starts_on, id)) pair
         where follower is not null and ends_on > follows_on"""
    return Outcome(checked=Usage.objects.count(), failures=_failures(query))


def no_unit_lost_between_bills() -> Outcome:
    """Follow the fraction through each agreement: what was carried in and registered is billed or carried on.

    INV-8: so the billed units of n periods are the floor of the last register less that of the first.
    """
    query = """
        select format('usage %s: %s carried in and %s registered, but %s billed and %s carried on',
                      id, carried_in, registered, billed, carried) as failure
          from (select id, registered, billed, carried,
                       lag(carried) over w as carried_in, lag(ends_on) over w as before, starts_on
                  from metering_usage where to_read_id is not null
                window w as (partition by agreement_id order by starts_on)) chain
         where carried >= 1
            or (before = starts_on and carried_in + registered <> billed + carried)
            or (before is distinct from starts_on and
                (billed + carried - registered < 0 or billed + carried - registered >= 1))"""
    settled = Usage.objects.filter(to_read__isnull=False).count()
    return Outcome(checked=settled, failures=_failures(query))


PROOFS = (
    Proof(
        "registered-is-what-was-read",
        "Registered usage equals the differences of its reads",
        registered_is_what_was_read,
    ),
    Proof(
        "no-overlapping-usage",
        "No agreement has two usages on one day",
        no_overlapping_usage,
    ),
    Proof(
        "no-unit-lost-between-bills",
        "Every unit registered is billed or carried to the next period",
        no_unit_lost_between_bills,
    ),
)
