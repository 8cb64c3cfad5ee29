"""No credit for a bill and a corrected bill beside it, no bill of one's own undone, no exception left open.

A credit that names a bill is taken back before the bill is cancelled: its money would become unapplied credit, and the
corrected bill would charge the right amount beside it.
"""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from curbstop.foundation.database.schema import NamedTrigger, refuse, trigger_function

# The bills that a request names, itself or by an item of theirs.
_BILLS = """
  select q.bill_id as id from billing_adjustmentrequest q where q.id = {request} and q.bill_id is not null
  union
  select substring(i.source from '^billing\\.bill:([0-9]+)$')::bigint
    from billing_adjustmentline l join ledger_openitem i on i.id = l.open_item_id
   where l.request_id = {request}
"""
# Whoever adjusts holds the bill shared, whoever cancels it alone: of the two one sees the other.
UNADJUSTED = f"""
declare stray bigint;
begin
  perform from billing_bill b where b.id = new.bill_id for no key update;
  select a.id into stray from billing_adjustment a
    join billing_bill b on b.id = new.bill_id and b.account_id = a.account_id
   where a.reverses_id is null and not exists (select from billing_adjustment r where r.reverses_id = a.id)
     and new.bill_id in ({_BILLS.format(request="a.request_id")}) limit 1;
  if found then
    {refuse("cancelled_bill_bears_no_adjustment", "format('adjustment %s of bill %s stands', stray, new.bill_id)")}
  end if;
  return new;
end
"""
STANDING = f"""
declare stray bigint;
begin
  perform from billing_bill b where b.id in ({_BILLS.format(request="new.request_id")}) order by b.id for share;
  select b.id into stray from billing_bill b
   where b.id in ({_BILLS.format(request="new.request_id")}) and b.cancelled_at is not null limit 1;
  if found then
    {refuse("adjustment_of_a_standing_bill", "format('bill %s is cancelled', stray)")}
  end if;
  return new;
end
"""
NO_REVERSAL = f"""
begin
  if exists (select from billing_adjustment a where a.id = new.reverses_id and a.reverses_id is not null) then
    {refuse("adjustment_reverses_no_reversal", "format('adjustment %s took back itself', new.reverses_id)")}
  end if;
  return new;
end
"""
TIED = """
begin
  if exists (
      select from customers_stafftie t join customers_account a on a.customer_id = t.customer_id
       where t.ended_at is null and t.user_id in ({people}) and a.id = {account}) and {unless} then
    {refusal}
  end if;
  return new;
end
"""
OF_BILL = "(select b.account_id from billing_bill b where b.id = new.bill_id)"
OF_AGREEMENT = "(select g.account_id from customers_serviceagreement g where g.id = new.agreement_id)"
# A corrected rate is everybody's, as a run is; a corrected read or class is one customer's.
NOT_OF_A_RATE = """not exists (select from billing_rebillitem i join billing_rebillbatch c on c.id = i.batch_id
        where i.bill_id = new.bill_id and i.done_at is null and c.kind = 'rate' and c.approved_at is not null)"""
SETTLED = f"""
declare moved bigint;
begin
  if new.approved_at is null then
    return null;
  end if;
  select sum(p.debit_cents) into moved from ledger_posting p join ledger_entry e on e.id = p.entry_id
   where e.id = new.entry_id and e.source = 'billing.settlement:' || new.agency || ':' || new.business_date;
  if coalesce(moved, 0) <> abs(new.collected_cents - new.reversed_cents) or moved is null and new.entry_id is not null
  then
    {refuse("settlement_equals_its_entry", "format('this does not post what %s is owed', new.agency)")}
  end if;
  return null;
end
"""
OPEN = f"""
declare stray bigint;
begin
  select f.account_id into stray from billing_finding f
    join billing_draftbill b on b.run_id = f.run_id and b.account_id = f.account_id and not b.held
   where f.run_id = new.id and f.blocking and f.disposition = 'open' limit 1;
  if found then
    {refuse("run_has_no_open_exception", "format('an exception of account %s is open', stray)")}
  end if;
  return new;
end
"""
BILLED = f"""
declare stray bigint;
begin
  if exists (select from written w where w.cancelled) then
    {refuse("billed_period_begins_standing", "'a period is billed before it is cancelled'")}
  end if;
  select w.usage_id into stray from written w join metering_usage u on u.id = w.usage_id
   where u.superseded_at is not null and not w.cancelled limit 1;
  if found then
    {refuse("billed_usage_stands", "format('usage %s was superseded by a corrected read', stray)")}
  end if;
  return null;
end
"""
OF_RUN = f"""
declare stray bigint;
begin
  select w.bill_id into stray from written w
    left join billing_printing p on p.id = w.printing_id left join billing_bill b on b.id = w.bill_id
   where p.run_id is distinct from b.run_id limit 1;
  if found then
    {refuse("piece_of_its_own_run", "format('bill %s is of another run', stray)")}
  end if;
  return null;
end
"""


def tied(table: str, *, people: str, account: str, unless: str = "true") -> NamedTrigger:
    """Refuse a row by which somebody decides about an account to which they are tied (trust.md P21)."""
    body = TIED.format(
        people=people,
        account=account,
        unless=unless,
        refusal=refuse("not_on_own_account", "'one of these people is tied to this customer'"),
    )
    fires = "before insert or update on {table} for each row"
    return NamedTrigger(f"{table}_not_on_own_account", table=table, fires=fires, body=body)


def before_insert(name: str, table: str, body: str) -> NamedTrigger:
    """Return a trigger that looks at each new row."""
    return NamedTrigger(name, table=table, fires="before insert on {table} for each row", body=body)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_not_on_own_accounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            "exemption",
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="exemption_approved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            "finding",
            models.CheckConstraint(
                condition=~Q(disposition="cleared", code__in=["CREDIT", "PROOF"]), name="finding_may_be_cleared"
            ),
        ),
        before_insert("cancelled_bill_bears_no_adjustment", "billing_cancellation", UNADJUSTED),
        before_insert("adjustment_of_a_standing_bill", "billing_adjustment", STANDING),
        before_insert("adjustment_reverses_no_reversal", "billing_adjustmentrequest", NO_REVERSAL),
        tied("billing_cancellationrequest", people="new.by_id", account=OF_BILL),
        tied(
            "billing_cancellation",
            people="new.requested_by_id, new.approved_by_id",
            account=OF_BILL,
            unless=NOT_OF_A_RATE,
        ),
        tied("billing_exemption", people="new.requested_by_id, new.approved_by_id", account=OF_AGREEMENT),
        NamedTrigger(
            "settlement_equals_its_entry",
            table="billing_settlement",
            fires="after insert or update on {table} for each row",
            body=SETTLED,
        ),
        NamedTrigger(
            "run_has_no_open_exception",
            table="billing_billingrun",
            fires="before update of state on {table} for each row"
            " when (old.state = 'drafted' and new.state = 'approved')",
            body=OPEN,
        ),
        migrations.RunSQL(trigger_function("usage_of_a_bill_stands", BILLED), migrations.RunSQL.noop),
        NamedTrigger(
            "piece_of_its_own_run",
            table="billing_piece",
            fires="after insert on {table} referencing new table as written for each statement",
            body=OF_RUN,
        ),
    ]
