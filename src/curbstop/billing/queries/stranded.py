"""Stranded services: what the city serves and nobody bills, each found in another way, and by name.

A run accounts for those who are in it. These queries look for who is not: in no cycle, without a rate,
behind the last run, between two bills, read without an agreement (trust.md P10).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from curbstop.foundation.database.copying import over_whole_tables, read_frame
from curbstop.ordinances.queries import NoSuchRule, value_on

SHOWN_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Stranded:
    """One service that nobody bills: the way it was lost, who and what it is, and why it is named."""

    way: str
    account_number: str
    service: str
    agreement_id: int | None
    detail: str

    def __str__(self) -> str:
        """Return it as a sentence for the person who must find it."""
        whose = f"Account {self.account_number}, {self.service}" if self.account_number else self.service
        return f"{whose}: {self.detail}"


# The queries are made of our own texts alone; what a person chose comes as a parameter.
# ruff: noqa: S608

# What every query may start from. An agreement is spoken for when the newest run of its cycle, or the newest
# that was released, held or exempted it, or when an open run has its lines.
_WITH = """
with exempt as materialized (
  select agreement_id, service_point_id from billing_exemption
   where approved_at is not null and starts_on <= %(on)s and (ends_on is null or ends_on > %(on)s)),
last_run as materialized (
  select distinct on (c.cycle_id) c.cycle_id, r.id as run_id, r.through_on, r.first_bill_number,
         r.first_bill_number + coalesce(r.bills, 0) as next_bill_number,
         (select max(p.last_agreement_id) from billing_runpartition p where p.run_id = r.id) as last_agreement_id
    from billing_runcycle c join billing_billingrun r on r.id = c.run_id
   where r.state = 'released' order by c.cycle_id, r.through_on desc, r.id desc),
newest_run as materialized (
  select c.cycle_id, max(r.id) as run_id from billing_runcycle c join billing_billingrun r on r.id = c.run_id
   where r.state <> 'discarded' group by c.cycle_id),
spoken as materialized (
  select d.agreement_id from billing_disposition d
   where d.run_id in (select run_id from last_run union select run_id from newest_run
                      union select id from billing_billingrun where kind <> 'cycle' and state <> 'discarded')
  union
  select l.agreement_id from billing_draftline l join billing_billingrun r on r.id = l.run_id
   where r.state in ('drafted', 'approved')),
serving as materialized (
  select g.id, g.account_id, g.service_point_id, g.starts_on, g.ends_on from customers_serviceagreement g
   where g.starts_on <= %(on)s and (g.ends_on is null or g.ends_on > %(on)s)
     and not exists (select from exempt e where e.agreement_id = g.id)),
placed as materialized (
  select account_id, cycle_id, starts_on from billing_cycleassignment
   where starts_on <= %(on)s and (ends_on is null or ends_on > %(on)s))
"""
_NAMED = """
select {way} as way, coalesce(a.number, '') as account_number, s.name_en as service, f.agreement_id, f.detail
  from ({found}) f
  left join customers_serviceagreement g on g.id = f.agreement_id
  left join customers_account a on a.id = g.account_id
  join customers_servicepoint p on p.id = coalesce(f.service_point_id, g.service_point_id)
  join ledger_service s on s.id = p.service_id
 order by f.agreement_id, p.id limit %(most)s
"""
_OF_AGREEMENT = "null::bigint as service_point_id"

WAYS: Final[dict[str, str]] = {
    "NO_CYCLE": f"""
        select g.id as agreement_id, {_OF_AGREEMENT}, 'in no billing cycle, so that no run would ever bill it' as detail
          from serving g where not exists (select from placed c where c.account_id = g.account_id)""",
    "NO_RATE": f"""
        select g.id as agreement_id, {_OF_AGREEMENT}, 'no rate is in force for it' as detail
          from serving g
         where not exists (
           select from rates_rateassignment a join rates_scheduleversion v on v.schedule_id = a.schedule_id
            where a.agreement_id = g.id and a.starts_on <= %(on)s and (a.ends_on is null or a.ends_on > %(on)s)
              and v.starts_on <= %(on)s and (v.ends_on is null or v.ends_on > %(on)s))
           -- What began after the last run's days is the next run's to hold by name.
           and g.starts_on < (select coalesce(max(r.through_on), %(on)s) from billing_billingrun r
                               where r.id in (select run_id from newest_run))
           and not exists (select from spoken d where d.agreement_id = g.id)""",
    "BEHIND": f"""
        select g.id as agreement_id, {_OF_AGREEMENT},
               format('the run through %%s neither billed, held nor exempted it', r.through_on) as detail
          from last_run r
          join billing_cycleassignment c on c.cycle_id = r.cycle_id
           and c.starts_on < r.through_on and (c.ends_on is null or c.ends_on >= r.through_on)
          join customers_serviceagreement g on g.account_id = c.account_id and g.starts_on < r.through_on
           and (g.ends_on is null or g.ends_on > r.through_on) and g.id <= r.last_agreement_id
         where not exists (select from billing_billedperiod p
                            where p.agreement_id = g.id and (upper(p.period) > r.through_on - 1 or
                                  p.bill_id >= r.first_bill_number and p.bill_id < r.next_bill_number))
           and not exists (select from exempt e where e.agreement_id = g.id)
           and not exists (select from spoken d where d.agreement_id = g.id)""",
    "GAP": f"""
        select h.agreement_id, {_OF_AGREEMENT},
               format('no bill charges the days from %%s to %%s', h.ended, h.begins) as detail
          from (select p.agreement_id, lower(p.period) as begins,
                       lag(upper(p.period)) over (partition by p.agreement_id order by p.period) as ended
                  from billing_billedperiod p where not p.cancelled
                 union all
                select c.agreement_id, least(upper(c.period), min(lower(p.period))) as begins, lower(c.period) as ended
                  from billing_billedperiod c
                  join billing_billedperiod p on p.agreement_id = c.agreement_id and not p.cancelled
                 where c.cancelled group by c.id, c.agreement_id, c.period
                having lower(c.period) < min(lower(p.period))) h
         where h.ended < h.begins and not exists (
           select from billing_billedperiod c join billing_cancellation x on x.bill_id = c.bill_id
            where c.agreement_id = h.agreement_id and c.cancelled and c.period && daterange(h.ended, h.begins)
              and x.at::date > %(on)s - %(gap_days)s::int)
           and not exists (select from billing_exemption e where e.agreement_id = h.agreement_id
                              and e.approved_at is not null and e.starts_on <= h.ended
                              and (e.ends_on is null or e.ends_on >= h.begins))""",
    "ENDED": f"""
        select g.id as agreement_id, {_OF_AGREEMENT},
               format('ended on %%s and was never billed to its end', g.ends_on) as detail
          from customers_serviceagreement g
          join (select account_id, min(starts_on) as begins_on from billing_cycleassignment group by account_id) b
            on b.account_id = g.account_id
          left join (select agreement_id, max(upper(period)) as billed_to from billing_billedperiod
                      where not cancelled group by agreement_id) p on p.agreement_id = g.id
         where g.ends_on < (select max(through_on) from last_run)
           and coalesce(p.billed_to, greatest(g.starts_on, b.begins_on)) < g.ends_on
           and not exists (select from spoken d where d.agreement_id = g.id)
           and not exists (select from billing_exemption e
                            where e.agreement_id = g.id and e.approved_at is not null)""",
    "AHEAD": f"""
        select p.agreement_id, {_OF_AGREEMENT},
               format('billed up to %%s already, so that no run before that day bills it', upper(p.period)) as detail
          from billing_billedperiod p join billing_bill b on b.id = p.bill_id
          join billing_billingrun r on r.id = b.run_id
         where not p.cancelled and upper(p.period) > r.through_on""",
    "HELD": f"""
        select d.agreement_id, {_OF_AGREEMENT},
               format('held since %%s for %%s, longer than the city allows', d.since_on, d.reason) as detail
          from billing_disposition d
         where d.kind = 'held' and d.since_on < %(on)s - %(held_days)s::int
           and d.run_id in (select run_id from newest_run)
           and not exists (select from exempt e where e.agreement_id = d.agreement_id)""",
    "SILENT": f"""
        select d.agreement_id, {_OF_AGREEMENT}, format('exempt in run %%s, but nobody decided so', d.run_id) as detail
          from billing_disposition d join billing_billingrun r on r.id = d.run_id and r.state <> 'discarded'
         where d.kind = 'exempt' and (
               d.reason not in ('NOT_DUE', 'EXEMPT')
            or d.reason = 'NOT_DUE' and d.since_on < r.through_on - %(period_days)s::int
            or d.reason = 'EXEMPT' and not exists (
                 select from billing_exemption e where e.agreement_id = d.agreement_id and e.approved_at is not null
                    and e.starts_on < r.through_on and (e.ends_on is null or e.ends_on >= r.through_on)))""",
    "UNCLAIMED_USE": """
        select null::bigint as agreement_id, m.service_point_id,
               format('service point %%s: the meter counted on to %%s, and nobody is responsible since %%s',
                      m.number, m.register, coalesce(m.left_on::text, 'it was set')) as detail
          from (select i.service_point_id, p.number, t.left_on, l.register,
                       coalesce((select r.register from metering_read r
                                  where r.installation_id = i.id and r.read_on <= t.left_on
                                    and r.superseded_at is null order by r.read_on desc limit 1),
                                i.first_register) as register_then
                  from metering_installation i
                  join customers_servicepoint p on p.id = i.service_point_id
                  cross join lateral (select max(g.ends_on) as left_on from customers_serviceagreement g
                                       where g.service_point_id = p.id) t
                  cross join lateral (select r.register from metering_read r
                                       where r.installation_id = i.id and r.superseded_at is null
                                         and (t.left_on is null or r.read_on > t.left_on)
                                       order by r.read_on desc limit 1) l
                 where i.ends_on is null
                   and not exists (select from customers_serviceagreement g where g.service_point_id = p.id
                                      and (g.ends_on is null or g.ends_on > %(on)s))
                   and not exists (select from exempt e where e.service_point_id = p.id)) m
         where m.register <> m.register_then""",
    "UNCLAIMED_POINT": """
        select null::bigint as agreement_id, p.id as service_point_id,
               format('service point %%s: its premises is served, but it never had an agreement', p.number) as detail
          from customers_servicepoint p
         where not exists (select from customers_serviceagreement g where g.service_point_id = p.id)
           and exists (select from customers_servicepoint o join serving g on g.service_point_id = o.id
                        where o.premises_id = p.premises_id)
           and not exists (select from exempt e where e.service_point_id = p.id)""",
}
_CYCLES: Final = """
select c.code, count(*) as accounts, coalesce(r.through_on, min(p.starts_on)) as since
  from billing_cycle c join placed p on p.cycle_id = c.id
  left join last_run r on r.cycle_id = c.id
 group by c.code, c.months, r.through_on
having coalesce(r.through_on, min(p.starts_on)) + make_interval(months => 2 * c.months) < %(on)s
 order by c.code
"""
_SCHEMA: Final = {
    "way": pl.String,
    "account_number": pl.String,
    "service": pl.String,
    "agreement_id": pl.Int64,
    "detail": pl.String,
}
FOREVER: Final = 36_500
# What waits for somebody by name does not stop the run that may bill it.
NOT_STOPPING: Final = frozenset({"CYCLE", "HELD"})


def stranded_services(on: date) -> list[Stranded]:
    """Return the services that are served and not accounted for on a day, at most 1,000 for each way to be lost."""
    params: dict[str, Any] = {
        "on": on,
        "most": SHOWN_MAX,
        "held_days": _days("billing.held_days_max", on, FOREVER),
        # A cancelled bill is made again soon; later bills beside it would hide that it never was.
        "gap_days": _days("billing.held_days_max", on, 0),
        "period_days": _days("billing.period_days_max", on, FOREVER),
    }
    with over_whole_tables():
        found = [
            Stranded(**row)
            for way, query in WAYS.items()
            for row in _rows(_NAMED.format(way=f"'{way}'", found=query), params).iter_rows(named=True)
        ]
        cycles = read_frame(_WITH + _CYCLES, params)
    for code, accounts, since in cycles.iter_rows():
        detail = f"its {accounts:,} accounts were not billed since {since}"
        found.append(Stranded("CYCLE", "", f"Cycle {code}", None, detail))
    return found


def stopping_services(on: date) -> list[Stranded]:
    """Return the stranded services that stop every approval until they are placed, billed or exempted."""
    return [each for each in stranded_services(on) if each.way not in NOT_STOPPING]


def services_counted(on: date) -> int:
    """Return how many agreements are in force on a day."""
    query = """
        select count(*) as services from customers_serviceagreement
         where starts_on <= %s and (ends_on is null or ends_on > %s)"""
    return int(read_frame(query, [on, on])["services"].item())


def _rows(query: str, params: dict[str, Any]) -> pl.DataFrame:
    return read_frame(_WITH + query, params, _SCHEMA)


def _days(code: str, on: date, otherwise: int) -> int:
    try:
        return value_on(code, on).number
    except NoSuchRule:
        return otherwise
