"""Whoever writes the row: a waiver counts the sum, nobody decides about an own account, no charge comes of nothing."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

# The sums that the operation asks for, behind locks of the debtor and the person: two at once see each other.
WAIVER = f"""
declare owes bigint; cents bigint; day date; days int; most numeric; posted bigint;
begin
  select c.debtor_id, c.amount_cents into owes, cents from collections_latecharge c where c.id = new.charge_id;
  if new.amount_cents is distinct from cents then
    {refuse("waiver_is_of_its_charge", "format('charge %s is of %s cents', new.charge_id, cents)")}
  elsif new.needs_second then
    return new;
  end if;
  perform from ledger_debtor d where d.id = owes for no key update;
  perform from foundation_user u where u.id = new.asked_by_id for no key update;
  day := (new.at at time zone coalesce((select p.timezone from ordinances_cityprofile p limit 1), 'UTC'))::date;
  days := (billing_rule('adjustment.window_days', day) #>> '{{}}')::int;
  most := coalesce((billing_rule('penalty.waiver_alone_max', day) #>> '{{}}')::numeric * 100, 0);
  select greatest(
    coalesce(sum(w.amount_cents) filter (where c.debtor_id = owes
      and (days is null or w.at > new.at - make_interval(days => days))), 0),
    coalesce(sum(w.amount_cents) filter (where w.asked_by_id = new.asked_by_id
      and w.at > new.at - interval '365 days'), 0)) into posted
    from collections_waiver w join collections_latecharge c on c.id = w.charge_id
   where w.turned_down_at is null and (c.debtor_id = owes or w.asked_by_id = new.asked_by_id);
  if posted + new.amount_cents > most then
    {refuse("waiver_within_limits", "'with the waivers before it this needs a second person'")}
  end if;
  return new;
end
"""
# Only the penalty of a corrected bill needs no run: it takes the place of one that was charged and reversed.
GROUNDED = f"""
declare stray bigint;
begin
  select w.id into stray from written w
   where w.run_id is null and not exists (
     select from collections_latecharge o join collections_chargereversal r on r.charge_id = o.id
      where o.debtor_id = w.debtor_id and o.kind = w.kind and o.step = w.step and o.bill_source <> w.bill_source
        and not exists (select from collections_waiver v where v.reversal_id = r.id)) limit 1;
  if found then
    {refuse("late_charge_has_a_ground", "format('nobody approved charge %s', stray)")}
  end if;
  return null;
end
"""
TIED = """
begin
  if exists (
      select from customers_stafftie t join customers_account a on a.customer_id = t.customer_id
       where t.ended_at is null and t.user_id in ({people}) and a.{account}) then
    {refusal}
  end if;
  return new;
end
"""
OF_DEPOSIT = "id = (select d.account_id from collections_securitydeposit d where d.id = new.deposit_id)"
OF_CHARGE = "debtor_id = (select c.debtor_id from collections_latecharge c where c.id = new.charge_id)"


def tied(table: str, *, people: str, account: str = "id = new.account_id") -> NamedTrigger:
    """Refuse a row by which somebody decides about an account to which they are tied (trust.md P21)."""
    refusal = refuse("not_on_own_account", "'one of these people is tied to this customer'")
    return NamedTrigger(
        f"{table}_not_on_own_account",
        table=table,
        fires="before insert or update on {table} for each row",
        body=TIED.format(people=people, account=account, refusal=refusal),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("collections", "0004_a_release_is_prepared"),
        ("billing", "0005_credits_keep_their_limits"),
        ("customers", "0004_employees_own_accounts"),
    ]

    operations = [
        NamedTrigger(
            "waiver_within_limits",
            table="collections_waiver",
            fires="before insert on {table} for each row",
            body=WAIVER,
        ),
        NamedTrigger(
            "late_charge_has_a_ground",
            table="collections_latecharge",
            fires="after insert on {table} referencing new table as written for each statement",
            body=GROUNDED,
        ),
        tied("collections_waiver", people="new.asked_by_id, new.approved_by_id", account=OF_CHARGE),
        tied("collections_releaserequest", people="new.by_id", account=OF_DEPOSIT),
        tied("collections_depositrelease", people="new.prepared_by_id, new.approved_by_id", account=OF_DEPOSIT),
        tied("collections_dispute", people="new.opened_by_id, new.resolved_by_id"),
        tied("collections_paymentplan", people="new.signed_by_id, new.ended_by_id"),
    ]
