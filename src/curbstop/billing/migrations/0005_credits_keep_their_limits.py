"""Who may credit how much, whoever writes the row: limits by rank over sums, a second person, three for a refund.

A limit looks at the sum of thirty days on the account and of a year by the person, not at each line (rulebook §3.3,
trap 22): a thousand dollars in forty pieces is still a thousand dollars. Numbers come from the city's rules.
"""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, SetReferences, refuse

# The value of a rule in force on a day, and the most that a person's highest rank may credit by then (null: nothing).
RULES = """
create function billing_rule(wanted text, day date) returns jsonb language sql stable
set search_path = public, pg_temp as $$
  select r.value from ordinances_rulevalue r
   where r.code = wanted and r.starts_on <= day and (r.ends_on is null or r.ends_on > day) $$;
create function billing_adjustment_limit(person bigint, day date) returns bigint language sql stable
set search_path = public, pg_temp as $$
  select max((billing_rule('adjustment.' || g.role || '_max', day) #>> '{}')::numeric * 100)::bigint
    from foundation_rolegrant g where g.user_id = person and g.revoked_at is null $$;
create function billing_credit_account() returns bigint language sql stable
set search_path = public, pg_temp as $$ select id from ledger_glaccount where role = 'unapplied_credit' $$;
revoke execute on function billing_rule(text, date) from public;
revoke execute on function billing_adjustment_limit(bigint, date) from public;
revoke execute on function billing_credit_account() from public;
"""
UNRULED = """
drop function billing_credit_account();
drop function billing_adjustment_limit(bigint, date);
drop function billing_rule(text, date);
"""

GROUNDED = f"""
declare ground jsonb;
begin
  if new.reverses_id is not null then
    return new;
  end if;
  select each into ground
    from jsonb_array_elements(coalesce(billing_rule('adjustment.reasons', new.requested_on), '[]')) each
   where each ->> 'code' = new.reason;
  if ground is null or coalesce(ground ->> 'kind', new.kind) <> new.kind then
    {refuse("adjustment_reason_known", "format('the city has no reason %s for a %s', new.reason, new.kind)")}
  elsif ground ->> 'evidence' in ('text', 'document') and new.evidence !~ '\\S'
     or ground ->> 'evidence' = 'document' and new.reference !~ '\\S' then
    {refuse("adjustment_has_evidence", "format('an adjustment for %s needs evidence', new.reason)")}
  end if;
  return new;
end
"""

LINE_IN_TIME = f"""
begin
  if exists (select from billing_adjustment a where a.request_id = new.request_id) then
    {refuse("adjustment_line_before_posting", "format('request %s is posted', new.request_id)")}
  end if;
  return new;
end
"""


def decided_once(constraint: str, table: str) -> str:
    """Return the body that keeps an answer to a request from being taken back."""
    return f"""
begin
  if exists (select from {table} a where a.request_id = new.id) then
    {refuse(constraint, "format('request %s was granted', new.id)")}
  end if;
  return new;
end
"""


# The share lock waits for whoever turns the request down just now. Revenue moves by the lines, service by service.
AS_REQUESTED = f"""
begin
  perform from billing_adjustmentrequest q
    where q.id = new.request_id and q.turned_down_at is null
      and (q.account_id, q.kind, q.amount_cents, q.requested_by_id)
        = (new.account_id, new.kind, new.amount_cents, new.requested_by_id)
      and q.reverses_id is not distinct from new.reverses_id for share;
  if not found then
    {refuse("adjustment_as_requested", "format('nobody asks for this adjustment of account %s', new.account_id)")}
  end if;
  if not exists (
       select from ledger_entry e left join billing_adjustment o on o.id = new.reverses_id
        where e.id = new.entry_id and e.business_date = new.posted_on
          and e.reverses_id is not distinct from o.entry_id and (new.reverses_id is null) = (o.id is null))
     or exists (
       select from ledger_posting p join customers_account a on a.id = new.account_id
        where p.entry_id = new.entry_id and p.debtor_id is not null and p.debtor_id <> a.debtor_id)
     or new.reverses_id is null and exists (
       select from (select s.revenue_id, sum(l.amount_cents) as cents from billing_adjustmentline l
                      join ledger_service s on s.id = l.service_id where l.request_id = new.request_id group by 1) w
         full join (select p.gl_account_id as revenue_id,
                           sum(case new.kind when 'credit' then p.debit_cents - p.credit_cents
                                             else p.credit_cents - p.debit_cents end) as cents
                      from ledger_posting p where p.entry_id = new.entry_id and p.debtor_id is null group by 1) g
           using (revenue_id)
        where w.cents is distinct from g.cents)
     or new.reverses_id is null and new.amount_cents is distinct from
        (select sum(l.amount_cents) from billing_adjustmentline l where l.request_id = new.request_id) then
    {refuse("adjustment_equals_its_entry", "format('entry %s does not post this adjustment', new.entry_id)")}
  end if;
  return new;
end
"""

# What was taken back, and what takes back, no longer counts. Whoever waits at the locks sees what the other posted.
WITHIN_LIMITS = f"""
declare most bigint; owes bigint; ground jsonb; days int; months int; share numeric; posted bigint;
begin
  select debtor_id into owes from customers_account where id = new.account_id for no key update;
  perform from foundation_user u where u.id = new.authorized_by_id for no key update;
  days := (billing_rule('adjustment.cash_days', new.posted_on) #>> '{{}}')::int;
  if days is not null and exists (
      select from ledger_posting p join ledger_entry e on e.id = p.entry_id
       where p.debtor_id = owes and e.kind = 'payment' and e.actor_id = new.authorized_by_id
         and e.business_date > new.posted_on - days) then
    {refuse("adjustment_not_by_cash_taker", "'whoever took a payment on this account does not adjust it'")}
  end if;
  if new.reverses_id is not null then
    return new;
  end if;
  select each into ground from billing_adjustmentrequest q,
    jsonb_array_elements(coalesce(billing_rule('adjustment.reasons', q.requested_on), '[]')) each
   where q.id = new.request_id and each ->> 'code' = q.reason;
  if ground ->> 'second_person' = 'yes' and new.authorized_by_id = new.requested_by_id then
    {refuse("adjustment_by_second_person", "'this reason needs a second person'")}
  end if;
  most := coalesce(billing_adjustment_limit(new.authorized_by_id, new.posted_on), 0);
  days := (billing_rule('adjustment.window_days', new.posted_on) #>> '{{}}')::int;
  months := (billing_rule('adjustment.person_months', new.posted_on) #>> '{{}}')::int;
  share := (billing_rule('adjustment.person_day_factor', new.posted_on) #>> '{{}}')::numeric;
  select coalesce(sum(a.amount_cents), 0) into posted from billing_adjustment a
   where a.account_id = new.account_id and a.reverses_id is null
     and (days is null or a.posted_on > new.posted_on - days)
     and not exists (select from billing_adjustment r where r.reverses_id = a.id);
  if posted + new.amount_cents > most then
    {refuse("adjustment_within_limits", "'the credits of the window on this account exceed the limit of this person'")}
  end if;
  select coalesce(sum(a.amount_cents), 0) into posted from billing_adjustment a
   where a.account_id = new.account_id and a.reverses_id is null
     and new.authorized_by_id in (a.authorized_by_id, a.requested_by_id)
     and (months is null or a.posted_on > new.posted_on - make_interval(months => months))
     and not exists (select from billing_adjustment r where r.reverses_id = a.id);
  if posted + new.amount_cents > most then
    {refuse("adjustment_within_person_limits", "'the year of this person on this account exceeds the own limit'")}
  end if;
  select coalesce(sum(a.amount_cents), 0) into posted from billing_adjustment a
   where a.authorized_by_id = new.authorized_by_id and a.posted_on = new.posted_on and a.reverses_id is null
     and not exists (select from billing_adjustment r where r.reverses_id = a.id);
  if share is not null and posted + new.amount_cents > most * share then
    {refuse("adjustment_within_day_limit", "'the day of this person over all accounts exceeds the own limit'")}
  end if;
  return new;
end
"""

SAME_CUSTOMER = f"""
begin
  if new.to_account_id is not null and not exists (
      select from customers_account a join customers_account b on b.customer_id = a.customer_id
       where a.id = new.account_id and b.id = new.to_account_id) then
    {refuse("refund_transfer_same_customer", "'credit never moves to another customer'")}
  end if;
  return new;
end
"""

APPROVED = f"""
begin
  perform from billing_refundrequest q where q.id = new.request_id and q.turned_down_at is null for share;
  if not found or exists (select from billing_refund r where r.request_id = new.request_id) then
    {refuse("refund_waits_for_approval", "format('request %s is decided', new.request_id)")}
  elsif exists (select from billing_refundrequest q
                 where q.id = new.request_id and q.requested_by_id = new.approved_by_id) then
    {refuse("refund_approved_by_second_person", "'who asks for a refund does not approve it'")}
  end if;
  return new;
end
"""

# Without a rule about the amount every refund takes two approvals.
RELEASED = f"""
declare q billing_refundrequest; needed int; most bigint;
begin
  select * into q from billing_refundrequest where id = new.request_id and turned_down_at is null for share;
  most := (billing_rule('refund.second_approval_over', new.posted_on) #>> '{{}}')::numeric * 100;
  needed := case when q.amount_cents <= most then 1 else 2 end;
  if q.id is null then
    {refuse("refund_as_requested", "format('nobody asks for refund request %s any more', new.request_id)")}
  elsif (select count(*) from billing_refundapproval a where a.request_id = new.request_id) < needed then
    {refuse("refund_approvals_complete", "format('this refund needs %s approvals', needed)")}
  elsif new.released_by_id = q.requested_by_id or exists (
      select from billing_refundapproval a
       where a.request_id = new.request_id and a.approved_by_id = new.released_by_id) then
    {refuse("refund_released_by_third_person", "'who asked for or approved a refund does not release it'")}
  elsif not exists (select from ledger_entry e
                     where e.id = new.entry_id and e.business_date = new.posted_on and e.reverses_id is null)
     or (select array_agg((p.gl_account_id, coalesce(p.debtor_id, 0), p.debit_cents, p.credit_cents)::text
                          order by p.debit_cents desc) from ledger_posting p where p.entry_id = new.entry_id)
        is distinct from array[
          (billing_credit_account(), (select debtor_id from customers_account where id = q.account_id),
           q.amount_cents, 0)::text,
          (case q.kind when 'transfer' then billing_credit_account()
                       else (select id from ledger_glaccount where role = 'refunds_payable') end,
           coalesce((select debtor_id from customers_account where id = q.to_account_id), 0),
           0, q.amount_cents)::text] then
    {refuse("refund_equals_its_entry", "format('entry %s does not post this refund', new.entry_id)")}
  end if;
  return new;
end
"""

APPLIED = f"""
begin
  if not exists (
      select from ledger_entry e join ledger_posting p on p.entry_id = e.id
        join customers_account a on a.id = new.account_id and a.debtor_id = p.debtor_id
       where e.id = new.entry_id and e.kind = 'credit_applied' and p.gl_account_id = billing_credit_account()
         and p.debit_cents = new.amount_cents) then
    {refuse("credit_application_equals_its_entry", "format('entry %s applies no such credit', new.entry_id)")}
  end if;
  return new;
end
"""


def before_insert(name: str, table: str, body: str) -> NamedTrigger:
    """Return a trigger that looks at each new row."""
    return NamedTrigger(name, table=table, fires="before insert on {table} for each row", body=body)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_credits_are_asked_for"),
        ("ledger", "0008_items_are_held"),
        ("ordinances", "0001_initial"),
        ("foundation", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(RULES, UNRULED),
        AppendOnly("billing_adjustmentrequest", set_once=("turned_down_by_id", "turned_down_at")),
        AppendOnly("billing_adjustmentline"),
        AppendOnly("billing_adjustmenthold"),
        AppendOnly("billing_adjustment"),
        AppendOnly("billing_refundrequest", set_once=("turned_down_by_id", "turned_down_at")),
        AppendOnly("billing_refundapproval"),
        AppendOnly("billing_refund"),
        AppendOnly("billing_creditapplication"),
        AppendOnly(
            "billing_budgetplan", set_once=("ended_on", "ended_by_id", "ended_at", "ended_reason", "settled_cents")
        ),
        AppendOnly("billing_budgetamount"),
        SetReferences("billing_adjustmentline", "open_item_id", "ledger_openitem"),
        before_insert("adjustment_request_grounded", "billing_adjustmentrequest", GROUNDED),
        before_insert("adjustment_line_before_posting", "billing_adjustmentline", LINE_IN_TIME),
        # Triggers run by name: first that it is what was asked for, then whether it may be.
        before_insert("adjustment_as_requested", "billing_adjustment", AS_REQUESTED),
        before_insert("adjustment_within_limits", "billing_adjustment", WITHIN_LIMITS),
        NamedTrigger(
            "adjustment_request_decided_once",
            table="billing_adjustmentrequest",
            fires="before update on {table} for each row",
            body=decided_once("adjustment_request_decided_once", "billing_adjustment"),
        ),
        before_insert("refund_transfer_same_customer", "billing_refundrequest", SAME_CUSTOMER),
        before_insert("refund_waits_for_approval", "billing_refundapproval", APPROVED),
        before_insert("refund_released_as_approved", "billing_refund", RELEASED),
        NamedTrigger(
            "refund_request_decided_once",
            table="billing_refundrequest",
            fires="before update on {table} for each row",
            body=decided_once("refund_request_decided_once", "billing_refund"),
        ),
        before_insert("credit_application_equals_its_entry", "billing_creditapplication", APPLIED),
    ]
