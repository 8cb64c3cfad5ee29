"""What the metering room promises, recomputed from its rows."""

from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.proofs import Outcome, Proof
from curbstop.foundation.quantities import Unit, ratio
from curbstop.metering.domain.segments import VOLUMES
from curbstop.metering.models import IntervalDay, Read, ReadException, Usage

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
           where u.to_read_id is not null and u.superseded_at is null),
        points as (
          select id as installation_id, starts_on as on_day, first_register as register, 0 as rank
            from metering_installation
          union all
          select installation_id, read_on, register, 1 from metering_read where superseded_at is null),
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
    return Outcome(checked=_settled(), failures=_failures(query))


def no_overlapping_usage() -> Outcome:
    """Compare each usage with the next of its agreement, without the constraint that forbids an overlap."""
    query = """
        select format('usage %s of agreement %s is not over when usage %s starts',
                      id, agreement_id, follower) as failure
          from (select id, agreement_id, ends_on, lead(id) over w as follower, lead(starts_on) over w as follows_on
                  from metering_usage where superseded_at is null
                window w as (partition by agreement_id order by starts_on, id)) pair
         where follower is not null and ends_on > follows_on"""
    return Outcome(checked=Usage.objects.filter(superseded_at=None).count(), failures=_failures(query))


def no_unit_lost_between_bills() -> Outcome:
    """Follow the fraction through each agreement: what was carried in and counted is billed or carried on.

    INV-8: so the billed units of n periods are the floor of the last register less that of the first. What
    submeters counted is taken off before.
    """
    query = """
        select format('usage %s: %s carried in and %s counted, but %s billed and %s carried on',
                      id, carried_in, net, billed, carried) as failure
          from (select id, registered - deducted as net, billed, carried,
                       lag(carried) over w as carried_in, lag(ends_on) over w as before, starts_on
                  from metering_usage where to_read_id is not null and superseded_at is null
                window w as (partition by agreement_id order by starts_on)) chain
         where carried >= 1
            or (before = starts_on and carried_in + net <> billed + carried)
            or (before is distinct from starts_on and
                (billed + carried - net < 0 or billed + carried - net >= 1))"""
    return Outcome(checked=_settled(), failures=_failures(query))


def deducted_is_what_submeters_counted() -> Outcome:
    """Add up again what the submeters of each master counted in the periods that it was taken off."""
    query = f"""
        with points as (
          select id as installation_id, starts_on as on_day, first_register as register, 0 as rank
            from metering_installation
          union all
          select installation_id, read_on, register, 1 from metering_read where superseded_at is null),
        one_a_day as (
          select distinct on (installation_id, on_day) installation_id, on_day, register
            from points order by installation_id, on_day, rank desc),
        steps as (
          select i.service_point_id, s.on_day, m.unit,
                 (s.register - lag(s.register) over w
                  + case when s.register < lag(s.register) over w then power(10::numeric, m.dials) else 0 end)
                 * m.multiplier as volume
            from one_a_day s
            join metering_installation i on i.id = s.installation_id
            join metering_meter m on m.id = i.meter_id
          window w as (partition by s.installation_id order by s.on_day)),
        taken as (
          select u.id, u.deducted,
                 coalesce(sum(t.volume * {_gallons("t.unit")} / {_gallons("u.unit")}), 0) as counted,
                 count(t.volume) as segments
            from metering_usage u
            join customers_serviceagreement g on g.id = u.agreement_id
            left join metering_submeterlink k on k.master_id = g.service_point_id and k.purpose <> 'returned'
             and k.starts_on < u.ends_on and (k.ends_on is null or k.ends_on > u.starts_on)
            left join steps t on t.service_point_id = k.submeter_id
                             and t.on_day > greatest(u.starts_on, k.starts_on)
                             and t.on_day <= least(u.ends_on, k.ends_on)
           where u.to_read_id is not null and u.superseded_at is null and (u.deducted > 0 or k.id is not null)
           group by u.id)
        select format('usage %s: %s taken off, but its submeters counted %s', id, deducted, round(counted, 4))
               as failure
          from taken where abs(counted - deducted) > 0.00005 * segments"""  # noqa: S608 - the factors are our own
    return Outcome(checked=Usage.objects.filter(deducted__gt=0, superseded_at=None).count(), failures=_failures(query))


def superseded_says_why() -> Outcome:
    """Look for reads that were taken out of the count without a correction, and corrections of reads that stand."""
    query = """
        select format('read %s is superseded without a correction', r.id) as failure
          from metering_read r left join metering_readcorrection c on c.read_id = r.id and c.at = r.superseded_at
         where r.superseded_at is not null and c.id is null
        union all
        select format('read %s stands, though read %s replaced it', r.id, c.replacement_id)
          from metering_read r join metering_readcorrection c on c.read_id = r.id where r.superseded_at is null
        union all
        select format('usage %s is superseded, but nothing stands for %s to %s', u.id, u.starts_on, u.ends_on)
          from metering_usage u
         where u.superseded_at is not null and not exists (
           select from metering_usage v where v.agreement_id = u.agreement_id and v.superseded_at is null
              and v.starts_on < u.ends_on and v.ends_on > u.starts_on)"""
    return Outcome(checked=Read.objects.exclude(superseded_at=None).count(), failures=_failures(query))


def nothing_settled_from_held_reads() -> Outcome:
    """Look for usage whose last read still waits for a person's decision."""
    query = """
        select format('usage %s rests on read %s, which nobody has decided about (%s)', u.id, e.read_id, e.code)
               as failure
          from metering_readexception e join metering_usage u on u.to_read_id = e.read_id
         where e.holds and e.disposed_at is null and u.superseded_at is null"""
    held = ReadException.objects.filter(holds=True).count()
    return Outcome(checked=held, failures=_failures(query))


def _settled() -> int:
    return Usage.objects.filter(to_read__isnull=False, superseded_at=None).count()


def interval_days_add_up() -> Outcome:
    """Add up the intervals of each day again, and count those that did not come."""
    query = """
        select format('interval day %s: %s used and %s missing, but its intervals say otherwise', id, used_e4, missing)
               as failure
          from metering_intervalday d
         cross join lateral (select coalesce(sum(u), 0) as used, count(*) - count(u) as gaps from unnest(uses) u) x
         where x.used <> d.used_e4 or x.gaps <> d.missing"""
    return Outcome(checked=IntervalDay.objects.count(), failures=_failures(query))


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
    Proof(
        "deducted-is-what-submeters-counted",
        "What is taken off a master's use is what its submeters counted",
        deducted_is_what_submeters_counted,
    ),
    Proof(
        "superseded-says-why",
        "Every superseded read has its correction, and every superseded usage another in its place",
        superseded_says_why,
    ),
    Proof(
        "nothing-settled-from-held-reads",
        "No usage rests on a read that a person has yet to decide about",
        nothing_settled_from_held_reads,
    ),
    Proof(
        "interval-days-add-up",
        "The use of a day is the sum of its intervals",
        interval_days_add_up,
    ),
)
