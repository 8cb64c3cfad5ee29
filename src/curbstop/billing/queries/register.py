"""The columns of the billing register: one row a bill, with its charges by service."""

from datetime import date

import polars as pl

from curbstop.foundation.database.copying import read_frame

REGISTER = """
select b.id as number, coalesce(c.code, '') as cycle, b.account_id, b.bill_on, b.due_on, b.days, s.code as service,
       sum(l.amount_cents)::bigint as cents, b.total_cents, b.prior_balance_cents, b.payments_cents,
       b.cancelled_at is not null as is_cancelled
  from billing_bill b
  join billing_billingrun r on r.id = b.run_id
  left join lateral (
    select k.code from billing_cycleassignment a join billing_cycle k on k.id = a.cycle_id
     where a.account_id = b.account_id and a.starts_on < r.through_on order by a.starts_on desc limit 1) c on true
  join billing_billline l on l.bill_id = b.id
  join ledger_service s on s.id = l.service_id
 where b.bill_on between %(first_day)s and %(last_day)s
 group by b.id, c.code, s.code order by b.id, s.code
"""


def register_frame(*, first_day: date, last_day: date) -> pl.DataFrame:
    """Return one row a bill and service billed in some days: number, cycle, account_id, service, cents and totals."""
    return read_frame(REGISTER, {"first_day": first_day, "last_day": last_day})
