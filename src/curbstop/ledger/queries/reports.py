"""What finance takes away: the trial balance and the journal by day, account and service."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db import connection
from django.db.models import Count

from curbstop.foundation.database.copying import read_frame
from curbstop.ledger.models import Entry

TRIAL_BALANCE = """
select a.code, a.name, a.kind,
       coalesce(sum(p.debit_cents - p.credit_cents) filter (where e.business_date < %(starts_on)s), 0)::bigint,
       coalesce(sum(p.debit_cents) filter (where e.business_date >= %(starts_on)s), 0)::bigint,
       coalesce(sum(p.credit_cents) filter (where e.business_date >= %(starts_on)s), 0)::bigint
  from ledger_posting p join ledger_entry e on e.id = p.entry_id join ledger_glaccount a on a.id = p.gl_account_id
 where e.business_date < %(ends_on)s group by a.id order by a.code
"""
# A service is told by its own account; an account that several services share tells none.
JOURNAL = """
with told as (
  select account_id, min(code) as service from (
    select receivable_id as account_id, code from ledger_service
    union all select revenue_id, code from ledger_service) s group by account_id having count(*) = 1)
select e.business_date, a.fund, a.department, a.account, a.code, a.name, coalesce(t.service, '') as service,
       split_part(e.source, ':', 1) as source, e.kind,
       sum(p.debit_cents)::bigint as debit_cents, sum(p.credit_cents)::bigint as credit_cents
  from ledger_entry e join ledger_posting p on p.entry_id = e.id
  join ledger_glaccount a on a.id = p.gl_account_id left join told t on t.account_id = a.id
 where e.business_date >= %(starts_on)s and e.business_date < %(ends_on)s
   and (%(entry_ids)s::bigint[] is null or e.id = any(%(entry_ids)s::bigint[]))
 group by e.business_date, a.id, t.service, split_part(e.source, ':', 1), e.kind
 order by e.business_date, a.code, split_part(e.source, ':', 1), e.kind
"""
JOURNAL_SCHEMA: dict[str, pl.DataType] = {
    "business_date": pl.Date(),
    "fund": pl.String(),
    "department": pl.String(),
    "account": pl.String(),
    "code": pl.String(),
    "name": pl.String(),
    "service": pl.String(),
    "source": pl.String(),
    "kind": pl.String(),
    "debit_cents": pl.Int64(),
    "credit_cents": pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One account: what it began with (debits less credits) and what moved, in cents."""

    code: str
    name: str
    kind: str
    opening_cents: int
    debit_cents: int
    credit_cents: int

    @property
    def closing_cents(self) -> int:
        """Return what the account ends with, debits less credits."""
        return self.opening_cents + self.debit_cents - self.credit_cents


def trial_balance(*, starts_on: date, ends_on: date) -> tuple[TrialBalanceRow, ...]:
    """Return every account that was posted to before ``ends_on``, a half-open range of business dates."""
    with connection.cursor() as cursor:
        cursor.execute(TRIAL_BALANCE, {"starts_on": starts_on, "ends_on": ends_on})
        return tuple(TrialBalanceRow(*row) for row in cursor.fetchall())


def journal_frame(*, starts_on: date, ends_on: date, entry_ids: list[int] | None = None) -> pl.DataFrame:
    """Return the journal of a half-open range of business dates, summed by day, account, service and kind of source.

    With ``entry_ids``, only these entries are summed.
    """
    params = {"starts_on": starts_on, "ends_on": ends_on, "entry_ids": entry_ids}
    return read_frame(JOURNAL, params, schema=JOURNAL_SCHEMA)


def entry_ids_between(*, starts_on: date, ends_on: date) -> list[int]:
    """Return the entries of a half-open range of business dates, in the order of their ids."""
    entries = Entry.objects.filter(business_date__gte=starts_on, business_date__lt=ends_on)
    return list(entries.order_by("pk").values_list("pk", flat=True))


def entries_by_day() -> dict[date, int]:
    """Return how many entries each business date has, the earliest first."""
    return dict(Entry.objects.values_list("business_date").annotate(entries=Count("pk")).order_by("business_date"))
