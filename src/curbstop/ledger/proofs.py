"""What the ledger promises, recomputed from its rows without the triggers that kept it."""

from collections.abc import Callable

from django.db import connection

from curbstop.foundation.proofs import Outcome, Proof
from curbstop.ledger.queries import seal_problems

FAILURES_MAX = 100
# The sealer of `curbstop serve` seals once a minute.
UNSEALED_SECONDS_MAX = 600

UNBALANCED = """
select format('entry %s: %s lines, debits %s, credits %s cents', coalesce(e.id, p.entry_id), coalesce(p.lines, 0),
              coalesce(p.debits, 0), coalesce(p.credits, 0))
  from ledger_entry e full join (
    select entry_id, count(*) as lines, max(line_number) as last, sum(debit_cents) as debits,
           sum(credit_cents) as credits from ledger_posting group by entry_id) p on p.entry_id = e.id
 where e.id is null or p.entry_id is null or p.debits <> p.credits or p.lines < 2 or p.last <> p.lines
"""
SUB_LEDGER = """
with control as (
  select gl_account_id as id, sum(debit_cents - credit_cents) as cents from ledger_posting
   where gl_account_id in (select receivable_id from ledger_service) group by gl_account_id
), owed as (
  select s.receivable_id as id, sum(m.cents) as cents from ledger_service s join (
    select service_id, amount_cents as cents from ledger_openitem
    union all
    select i.service_id, case when a.reverses_id is null then -a.amount_cents else a.amount_cents end
      from ledger_allocation a join ledger_openitem i on i.id = a.open_item_id) m on m.service_id = s.id
   group by s.receivable_id)
select format('%s of %s: control account %s, open items %s cents', g.code,
              (select string_agg(code, ', ' order by code) from ledger_service where receivable_id = g.id),
              coalesce(c.cents, 0), coalesce(o.cents, 0))
  from ledger_glaccount g left join control c on c.id = g.id left join owed o on o.id = g.id
 where g.id in (select receivable_id from ledger_service) and coalesce(c.cents, 0) <> coalesce(o.cents, 0)
"""
ENTRIES_TIE = """
with both_sides as (
  select entry_id, gl_account_id, debtor_id, debit_cents - credit_cents as cents from ledger_posting
   where gl_account_id in (select receivable_id from ledger_service)
  union all
  select i.entry_id, s.receivable_id, i.debtor_id, -i.amount_cents
    from ledger_openitem i join ledger_service s on s.id = i.service_id
  union all
  select a.entry_id, s.receivable_id, i.debtor_id,
         case when a.reverses_id is null then a.amount_cents else -a.amount_cents end
    from ledger_allocation a join ledger_openitem i on i.id = a.open_item_id
    join ledger_service s on s.id = i.service_id)
select format('entry %s, account %s, debtor %s: postings and items are %s cents apart', entry_id,
              (select code from ledger_glaccount where id = gl_account_id), debtor_id, sum(cents))
  from both_sides group by entry_id, gl_account_id, debtor_id having sum(cents) <> 0
"""
OVERAPPLIED = """
select format('open item %s: %s of %s cents are applied', i.id, sum(s.cents), i.amount_cents)
  from ledger_openitem i join (
    select open_item_id, case when reverses_id is null then amount_cents else -amount_cents end as cents
      from ledger_allocation) s on s.open_item_id = i.id
 group by i.id, i.amount_cents having sum(s.cents) not between 0 and i.amount_cents
union all
select format('allocation %s does not give back what allocation %s took', b.id, b.reverses_id)
  from ledger_allocation b left join ledger_allocation f on f.id = b.reverses_id
 where b.reverses_id is not null and (f.id is null or f.reverses_id is not null
    or f.open_item_id <> b.open_item_id or f.amount_cents <> b.amount_cents)
"""
CREDIT = """
select format('debtor %s: unapplied credit is %s cents', coalesce(p.debtor_id::text, 'nobody'),
              sum(p.credit_cents - p.debit_cents))
  from ledger_posting p join ledger_glaccount g on g.id = p.gl_account_id and g.role = 'unapplied_credit'
 group by p.debtor_id having p.debtor_id is null or sum(p.credit_cents - p.debit_cents) < 0
"""
UNSEALED = """
select format('entry %%s of %%s is not sealed yet', e.id, e.created_at)
  from ledger_sealepoch x
  cross join lateral (select coalesce(max(s.to_xact), '0'::xid8) as xact from ledger_seal s
                       where s.epoch = x.number) sealed
  join ledger_entry e on e.epoch = x.number and e.xact >= sealed.xact
 where e.created_at < now() - make_interval(secs => %s) order by e.epoch, e.xact, e.id
"""
HOLDS = """
select format('hold %s: %s cents of open item %s, which was %s', h.id, h.amount_cents, h.open_item_id,
              coalesce(i.amount_cents, 0))
  from ledger_itemhold h left join ledger_openitem i on i.id = h.open_item_id
 where i.id is null or h.amount_cents > i.amount_cents
    or (h.released_at is null) <> (h.released_by_id is null)
"""
LATE = """
select format('entry %s of %s came after its period was closed', e.id, e.business_date)
  from ledger_fiscalperiod p join ledger_entry e on e.business_date >= p.starts_on and e.business_date < p.ends_on
 where p.closed_at is not null and (e.epoch, e.xact) >= (p.closed_epoch, p.closed_xact)
union all
select format('entry %s of %s is in no fiscal period', e.id, e.business_date) from ledger_entry e
 where not exists (select from ledger_fiscalperiod p
                    where p.starts_on <= e.business_date and e.business_date < p.ends_on)
"""


def _finds_none(query: str, *, among: str, params: tuple[int, ...] = ()) -> Callable[[], Outcome]:
    """Return a check that holds if the query finds no row; ``among`` is the table of what is checked."""

    def check() -> Outcome:
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {among}")  # noqa: S608 - a name written below
            (checked,) = cursor.fetchone()
            # Without parameters Django passes the text as it is: the per cent signs are SQL's own.
            cursor.execute(query, params or None)
            failures = [str(row[0]) for row in cursor.fetchmany(FAILURES_MAX)]
        return Outcome(checked=checked, failures=failures)

    return check


def seals_verify() -> Outcome:
    """Hash every sealed block again and follow the chain."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from ledger_seal")
        (checked,) = cursor.fetchone()
    return Outcome(checked=checked, failures=[f"seal {number}: {problem}" for number, problem in seal_problems()])


PROOFS = (
    Proof(
        "entries-balance",
        "Every entry has two lines or more, and its debits equal its credits",
        _finds_none(UNBALANCED, among="ledger_entry"),
    ),
    Proof(
        "sub-ledger",
        "What the open items owe for each service equals its control account",
        _finds_none(SUB_LEDGER, among="ledger_service"),
    ),
    Proof(
        "allocations-equal-payments",
        "In every entry, what moved on a control account equals its open items and allocations, debtor by debtor",
        _finds_none(ENTRIES_TIE, among="ledger_entry"),
    ),
    Proof(
        "allocations-within-items",
        "No open item has more applied to it than it owes, and what was given back is exactly what was taken",
        _finds_none(OVERAPPLIED, among="ledger_allocation"),
    ),
    Proof(
        "unapplied-credit",
        "Unapplied credit belongs to a debtor and is never overdrawn",
        _finds_none(CREDIT, among="ledger_debtor"),
    ),
    Proof(
        "holds-within-items",
        "No hold is above its open item, and each that ended was released by somebody",
        _finds_none(HOLDS, among="ledger_itemhold"),
    ),
    Proof("seals-verify", "Every sealed block still has the contents it was sealed with", seals_verify),
    Proof(
        "seals-current",
        "No entry waits longer than ten minutes for its seal",
        _finds_none(UNSEALED, among="ledger_entry", params=(UNSEALED_SECONDS_MAX,)),
    ),
    Proof(
        "closed-periods",
        "No entry came into a fiscal period after it was closed, and none lies outside the periods",
        _finds_none(LATE, among="ledger_entry"),
    ),
)
