"""What treasury promises: receipts = deposits + settlement + over/short + rounding (rulebook INV-3), and no gaps."""

from django.db import connection

from curbstop.foundation.money import format_cents
from curbstop.foundation.proofs import Outcome, Proof

# One row a ledger account that holds money on its way: what the ledger says, and what the counter's rows say.
_MONEY_ON_ITS_WAY = """
    with kept as (
        select sum(t.amount_cents) filter (where t.kind <> 'card') as drawer,
               sum(t.amount_cents) filter (where t.kind = 'card') as card
          from cashiering_tender t join cashiering_receipt r on r.id = t.receipt_id
         where not exists (select from cashiering_void v where v.receipt_id = r.id)),
    differences as (select sum(over_cents) - sum(short_cents) as net from cashiering_drawer),
    deposited as (select sum(cash_cents + check_cents) as made from treasury_deposit),
    verified as (select sum(d.cash_cents + d.check_cents) as banked
                   from treasury_deposit d join treasury_depositverification v on v.deposit_id = d.id),
    due (role, cents) as (
        select 'cash_drawer', coalesce(k.drawer, 0) + coalesce(o.net, 0) - coalesce(d.made, 0)
          from kept k, differences o, deposited d
        union all select 'card_in_transit', coalesce(card, 0) from kept
        union all select 'deposit_in_transit', coalesce(made, 0) - coalesce(banked, 0) from deposited, verified),
    held as (
        select a.role, coalesce(sum(p.debit_cents - p.credit_cents), 0) as cents
          from ledger_glaccount a left join ledger_posting p on p.gl_account_id = a.id group by 1)
    select due.role, due.cents, held.cents from due join held using (role)
"""


def money_on_its_way() -> Outcome:
    """Check that drawers, cards and deposits in transit hold in the ledger what receipts and deposits say."""
    with connection.cursor() as cursor:
        cursor.execute(_MONEY_ON_ITS_WAY)
        rows = cursor.fetchall()
    return Outcome(
        checked=len(rows),
        failures=[
            f"{role}: the counter's rows say {format_cents(int(due))}, the ledger {format_cents(int(held))}"
            for role, due, held in rows
            if due != held
        ],
    )


def deposits_intact() -> Outcome:
    """Check that each deposit holds its drawers' counted money less their floats, to the cent."""
    with connection.cursor() as cursor:
        cursor.execute("""
            select d.number, d.cash_cents + d.check_cents,
                   sum(c.cash_cents + c.check_cents - w.float_cents)
              from treasury_deposit d
              join treasury_depositdrawer x on x.deposit_id = d.id
              join cashiering_drawer w on w.id = x.drawer_id
              join cashiering_drawercount c on c.id = w.closing_count_id
             group by d.id
        """)
        rows = cursor.fetchall()
    return Outcome(
        checked=len(rows),
        failures=[
            f"deposit {number}: {format_cents(int(made))} made up of drawers with {format_cents(int(counted))}"
            for number, made, counted in rows
            if made != counted
        ],
    )


def numbers_without_gaps() -> Outcome:
    """Check that deposits and journal exports count 1, 2, 3 … without a gap."""
    failures: list[str] = []
    checked = 0
    for table, what in (("treasury_deposit", "deposits"), ("treasury_journalexport", "journal exports")):
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*), coalesce(max(number), 0) from {table}")  # noqa: S608  # two names of ours
            count, last = cursor.fetchone()
        checked += count
        if count != last:
            failures.append(f"{what}: {count} rows, but the last number is {last}")
    return Outcome(checked=checked, failures=failures)


def journals_carry_once() -> Outcome:
    """Check that no two journals carry an entry, and that each is the sum of its entries, all of its days."""
    with connection.cursor() as cursor:
        cursor.execute("select entry_id from treasury_exportedentry group by 1 having count(*) > 1 order by 1")
        failures = [f"entry {entry} is in more than one journal" for (entry,) in cursor.fetchall()]
        cursor.execute("""
            select j.number, j.total_cents, coalesce(sum(p.debit_cents), 0),
                   coalesce(bool_and(e.business_date >= j.from_on and e.business_date < j.to_on), true),
                   count(distinct x.entry_id)
              from treasury_journalexport j
              left join treasury_exportedentry x on x.export_id = j.id
              left join ledger_entry e on e.id = x.entry_id
              left join ledger_posting p on p.entry_id = e.id
             group by j.id order by j.number
        """)
        rows = cursor.fetchall()
    for number, total, carried, is_of_its_days, _ in rows:
        if total != carried:
            said, found = format_cents(int(total)), format_cents(int(carried))
            failures.append(f"journal {number}: {said} went out, its entries are {found}")
        if not is_of_its_days:
            failures.append(f"journal {number} carries an entry of another day")
    return Outcome(checked=sum(entries for *_, entries in rows), failures=failures)


PROOFS = (
    Proof(
        "receipts-deposits",
        "Receipts equal deposits, settlements, over/short and rounding, in the ledger and at the counter",
        money_on_its_way,
    ),
    Proof("deposits", "Every deposit is intact: all its drawers' money less the floats", deposits_intact),
    Proof(
        "journals",
        "Every entry is in at most one journal, and a journal is the sum of its entries",
        journals_carry_once,
    ),
    Proof("treasury-numbers", "Deposits and journal exports are numbered without a gap", numbers_without_gaps),
)
