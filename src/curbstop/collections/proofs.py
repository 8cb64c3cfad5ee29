"""What collections promises, recomputed from its rows and the ledger's."""

from collections.abc import Callable

from django.db import connection

from curbstop.foundation.proofs import Outcome, Proof

FAILURES_MAX = 100

TIED = """
select format('charge %s of %s: %s cents, its items are %s', c.id, c.bill_source, c.amount_cents, coalesce(i.cents, 0))
  from collections_latecharge c left join (
    select entry_id, charge, sum(amount_cents) as cents from ledger_openitem group by 1, 2) i
    on i.entry_id = c.entry_id and i.charge = c.kind
 where c.amount_cents is distinct from i.cents
union all
select format('open item %s: no charge stands behind %s of %s cents', i.id, i.charge, i.amount_cents)
  from ledger_openitem i left join collections_latecharge c on c.entry_id = i.entry_id
 where i.charge in ('penalty', 'interest') and i.source like 'collections.%' and c.id is null
"""
ONCE = """
select format('%s is charged %s %s times', bill_source, step, count(*)) from collections_latecharge
 where kind = 'penalty' group by bill_source, step having count(*) > 1
union all
select format('%s: charges %s and %s are for the same days', a.bill_source, a.id, b.id)
  from collections_latecharge a join collections_latecharge b
    on b.bill_source = a.bill_source and b.kind = 'interest' and a.kind = 'interest' and b.id > a.id
   and a.starts_on < b.ends_on and b.starts_on < a.ends_on
"""
APPROVED = """
select format('charge %s of run %s was never approved at %s cents', c.id, c.run_id, c.amount_cents)
  from collections_latecharge c join collections_chargerun r on r.id = c.run_id
  left join collections_proposedcharge p
    on p.run_id = c.run_id and p.bill_source = c.bill_source and p.step = c.step
 where r.approved_by_id is null or r.approved_by_id = r.proposed_by_id or p.id is null
    or c.amount_cents > p.amount_cents
"""
# What was paid on every deposit that stands, debtor by debtor, against the two liability accounts of deposits.
DEPOSITS = """
with kept as (
  select a.debtor_id, sum(coalesce(l.cents, 0)) as cents
    from collections_securitydeposit d join customers_account a on a.id = d.account_id
    left join collections_depositrelease r on r.deposit_id = d.id
    left join (select open_item_id, sum(case when reverses_id is null then amount_cents else -amount_cents end) as cents
                 from ledger_allocation group by 1) l on l.open_item_id = d.open_item_id
   where r.id is null group by 1
), books as (
  select debtor_id, sum(credit_cents - debit_cents) as cents from ledger_posting
   where gl_account_id in (select id from ledger_glaccount where role = 'deposits_held'
                           union select receivable_id from ledger_service where code = 'deposit') group by 1)
select format('debtor %s: deposits of %s cents, the books hold %s', debtor_id, coalesce(k.cents, 0),
              coalesce(b.cents, 0))
  from kept k full join books b using (debtor_id) where coalesce(k.cents, 0) <> coalesce(b.cents, 0)
"""
PLANS = """
select format('plan %s of %s cents: installments %s, held %s', p.id, p.financed_cents, i.cents, h.cents)
  from collections_paymentplan p
  left join (select plan_id, sum(amount_cents) as cents from collections_planinstallment group by 1) i
    on i.plan_id = p.id
  left join (select plan_id, sum(amount_cents) as cents from collections_planhold group by 1) h on h.plan_id = p.id
 where p.financed_cents is distinct from i.cents or p.financed_cents is distinct from h.cents
"""
WAIVED = """
select format('waiver %s over the limit: asked and approved by one person', id) from collections_waiver
 where needs_second and approved_by_id = asked_by_id
union all
select format('waiver %s reverses another charge', w.id)
  from collections_waiver w join collections_chargereversal r on r.id = w.reversal_id where r.charge_id <> w.charge_id
"""


def _finds_none(query: str, *, among: str) -> Callable[[], Outcome]:
    """Return a check that holds if the query finds no row; ``among`` is the table of what is checked."""

    def check() -> Outcome:
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {among}")  # noqa: S608 - a name written below
            (checked,) = cursor.fetchone()
            cursor.execute(query)
            failures = [str(row[0]) for row in cursor.fetchmany(FAILURES_MAX)]
        return Outcome(checked=checked, failures=failures)

    return check


PROOFS = (
    Proof(
        "late-charges",
        "Every penalty and every interest is the sum of its open items, and none stands without a charge",
        _finds_none(TIED, among="collections_latecharge"),
    ),
    Proof(
        "charged-once",
        "No bill has a penalty twice or interest for a day twice",
        _finds_none(ONCE, among="collections_latecharge"),
    ),
    Proof(
        "charges-approved",
        "No late charge is above what a second person approved",
        _finds_none(APPROVED, among="collections_latecharge"),
    ),
    Proof(
        "waivers",
        "Every waiver over the limit has two people and reverses its own charge",
        _finds_none(WAIVED, among="collections_waiver"),
    ),
    Proof(
        "deposits-held",
        "What was paid on security deposits equals the liability in the books, debtor by debtor",
        _finds_none(DEPOSITS, among="collections_securitydeposit"),
    ),
    Proof(
        "plans-add-up",
        "The installments of a plan, and what it holds, are what it finances",
        _finds_none(PLANS, among="collections_paymentplan"),
    ),
)
