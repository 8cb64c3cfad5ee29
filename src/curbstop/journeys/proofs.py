"""What no single room can promise: nothing is in the ledger that no room's document accounts for."""

from django.db import connection

from curbstop.foundation.proofs import Outcome, Proof

# A release of payments belongs to the reversal of the same transaction, and has no document of its own.
UNDOCUMENTED = """
with documented as (
  select entry_id from billing_bill union all
  select entry_id from billing_cancellation union all
  select entry_id from billing_adjustment union all
  select entry_id from billing_refund union all
  select entry_id from billing_creditapplication union all
  select entry_id from billing_settlement union all
  select entry_id from collections_latecharge union all
  select entry_id from collections_chargereversal union all
  select entry_id from collections_securitydeposit union all
  select entry_id from collections_depositrelease union all
  select entry_id from cashiering_receipt union all
  select entry_id from cashiering_void union all
  select entry_id from cashiering_importedpayment union all
  select difference_entry_id from cashiering_drawer union all
  select entry_id from treasury_deposit union all
  select entry_id from treasury_depositverification
), missing as (
  select e.* from ledger_entry e left join documented d on d.entry_id = e.id where d.entry_id is null
)
select m.id, m.kind, m.business_date, m.source from missing m
 where m.kind <> 'release' or not exists (
   select from ledger_entry r join documented d on d.entry_id = r.id
    where r.epoch = m.epoch and r.xact = m.xact and r.reverses_id is not null and r.source = m.source)
 order by m.id
"""


def entries_have_documents() -> Outcome:
    """Look for the bill, receipt, void, file, count or deposit behind each entry of the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from ledger_entry")
        (checked,) = cursor.fetchone()
        cursor.execute(UNDOCUMENTED)
        strays = cursor.fetchall()
    failures = [
        f"entry {number}, {kind} of {day}: nothing stands behind {source}" for number, kind, day, source in strays
    ]
    return Outcome(checked=checked, failures=failures)


PROOFS = (
    Proof(
        "entries-documented",
        "Every entry of the ledger comes of a bill, a payment, a drawer, a deposit or of undoing one",
        entries_have_documents,
    ),
)
