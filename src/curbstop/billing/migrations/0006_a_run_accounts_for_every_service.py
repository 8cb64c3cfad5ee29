"""Runs of several cycles and of chosen accounts, exemptions, and findings with a decision.

A run's cycles and accounts stay as chosen, and none is approved while a service of its is not accounted for.
"""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, refuse, trigger_function

FORWARD = f"""
declare steps text[] := array['drafted>drafted', 'drafted>approved', 'drafted>discarded', 'approved>approved',
                              'approved>released'];
begin
  if old.state || '>' || new.state <> all (steps) then
    {refuse("run_goes_forward", "format('run %s is %s and does not become %s', old.id, old.state, new.state)")}
  end if;
  if (old.kind, old.title, old.through_on, old.bill_on, old.due_on, old.drafted_by_id, old.drafted_at)
     is distinct from
     (new.kind, new.title, new.through_on, new.bill_on, new.due_on, new.drafted_by_id, new.drafted_at)
     or old.state <> 'drafted' and
       (old.approved_by_id, old.approved_at, old.first_bill_number, old.bills, old.total_cents) is distinct from
       (new.approved_by_id, new.approved_at, new.first_bill_number, new.bills, new.total_cents)
     or old.released_at is not null and
       (old.released_by_id, old.released_at) is distinct from (new.released_by_id, new.released_at) then
    {refuse("run_stays_as_approved", "format('run %s stays as it was drafted and approved', old.id)")}
  end if;
  return new;
end
"""

CLOSES = """
begin
  if new.state in ('released', 'discarded') and old.state <> new.state then
    update billing_runcycle set is_open = false where run_id = new.id and is_open;
  end if;
  return null;
end
"""

CYCLE_STAYS = f"""
declare run_state text;
begin
  if tg_op = 'DELETE' then
    {refuse("run_cycles_stay", "'the cycle of a run is never deleted'")}
  end if;
  select state into run_state from billing_billingrun where id = new.run_id;
  if tg_op = 'INSERT' and (run_state <> 'drafted' or not new.is_open)
     or tg_op = 'UPDATE' and ((old.run_id, old.cycle_id) is distinct from (new.run_id, new.cycle_id)
                              or new.is_open <> (run_state in ('drafted', 'approved'))) then
    {refuse("run_cycles_stay", "format('run %s is %s and keeps its cycles', new.run_id, run_state)")}
  end if;
  return new;
end
"""

ACCOUNT_STAYS = f"""
begin
  if not exists (select from billing_billingrun r
                  where r.id = new.run_id and r.state = 'drafted' and r.kind <> 'cycle') then
    {refuse("run_accounts_stay", "format('run %s takes no further account', new.run_id)")}
  end if;
  return new;
end
"""

# What a run has to account for, and what it says of each: written apart from the drafting, which it holds to account.
# It looks at a whole run at once, so that hashes serve where the other rules of the database look up single rows.
UNACCOUNTED = """
create or replace function billing_due_in(run bigint)
returns table (agreement_id bigint, account_id bigint, due_from date)
language sql stable set search_path = public, pg_temp
as $rule$
  with r as (select * from billing_billingrun where id = run),
  chosen as (
    select a.account_id from billing_cycleassignment a
      join billing_runcycle c on c.cycle_id = a.cycle_id and c.run_id = run
      join r on a.starts_on < r.through_on and (a.ends_on is null or a.ends_on >= r.through_on)
    union
    select account_id from billing_runaccount where run_id = run),
  begun as (
    select a.account_id, min(a.starts_on) as begins_on from billing_cycleassignment a
     where a.account_id in (select c.account_id from chosen c) group by a.account_id),
  services as (
    select g.id, g.account_id, g.starts_on, least(g.ends_on, r.through_on) as due_to,
           greatest(g.starts_on, b.begins_on) as begins_on
      from chosen c
      join customers_serviceagreement g on g.account_id = c.account_id
      cross join r left join begun b on b.account_id = c.account_id
     where r.kind <> 'final' or g.ends_on <= r.through_on),
  billed as (
    select p.agreement_id, max(upper(p.period)) as billed_to from billing_billedperiod p
     where not p.cancelled and p.agreement_id in (select s.id from services s) group by p.agreement_id)
  select s.id, s.account_id, coalesce(b.billed_to, s.begins_on)
    from services s left join billed b on b.agreement_id = s.id
   where coalesce(b.billed_to, s.begins_on) < s.due_to
$rule$;

create or replace function billing_unaccounted(run bigint)
returns table (agreement_id bigint, outcomes bigint, is_due boolean, due_from date)
language sql stable
set search_path = public, pg_temp set enable_hashjoin = on set enable_seqscan = on set enable_nestloop = off
as $rule$
  with said as (
    select o.agreement_id, count(*) as outcomes from (
      select distinct l.agreement_id from billing_draftline l
        join billing_draftbill b on b.run_id = l.run_id and b.account_id = l.account_id and not b.held
       where l.run_id = run
      union all
      select d.agreement_id from billing_disposition d where d.run_id = run) o
     group by o.agreement_id)
  select coalesce(d.agreement_id, s.agreement_id), coalesce(s.outcomes, 0), d.agreement_id is not null, d.due_from
    from billing_due_in(run) d full join said s on s.agreement_id = d.agreement_id
   where d.agreement_id is null or s.outcomes is distinct from 1
$rule$;
"""

COMPLETE = f"""
declare stray bigint;
begin
  select u.agreement_id into stray from billing_unaccounted(new.id) u limit 1;
  if found then
    {refuse("run_accounts_for_every_service", "format('run %s does not account for agreement %s', new.id, stray)")}
  end if;
  return new;
end
"""


def _points_to(model: str, *, related_name: str = "+", **options: Any) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(on_delete=models.PROTECT, related_name=related_name, to=model, **options)


def _pair(*fields: str) -> models.CompositePrimaryKey:
    return models.CompositePrimaryKey(*fields, blank=True, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0005_credits_keep_their_limits"),
        ("customers", "0003_an_account_keeps_its_debtor"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Exemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("requested_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("agreement", _points_to("customers.serviceagreement", null=True)),
                ("service_point", _points_to("customers.servicepoint", null=True)),
                ("requested_by", _points_to(settings.AUTH_USER_MODEL)),
                ("approved_by", _points_to(settings.AUTH_USER_MODEL, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                        name="exemption_by_second_person",
                    ),
                    models.CheckConstraint(
                        condition=Q(agreement=None) ^ Q(service_point=None), name="exemption_of_one_service"
                    ),
                    models.CheckConstraint(condition=Q(reason__regex=r"\S.{9,}"), name="exemption_has_a_reason"),
                    models.CheckConstraint(
                        condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="exemption_has_days"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunAccount",
            fields=[
                ("pk", _pair("run", "account")),
                ("run", _points_to("billing.billingrun", related_name="run_accounts")),
                ("account", _points_to("customers.account", db_index=False)),
            ],
        ),
        migrations.CreateModel(
            name="RunCycle",
            fields=[
                ("pk", _pair("run", "cycle")),
                ("is_open", models.BooleanField(default=True)),
                ("run", _points_to("billing.billingrun", related_name="run_cycles")),
                ("cycle", _points_to("billing.cycle", related_name="run_cycles")),
            ],
        ),
        migrations.RemoveConstraint(model_name="billingrun", name="one_open_run_per_cycle"),
        migrations.RemoveField(model_name="billingrun", name="cycle"),
        migrations.AddConstraint(
            model_name="runcycle",
            constraint=models.UniqueConstraint(
                condition=Q(is_open=True), fields=("cycle",), name="one_open_run_per_cycle"
            ),
        ),
        migrations.AddField(
            model_name="billingrun",
            name="cycles",
            field=models.ManyToManyField(related_name="runs", through="billing.RunCycle", to="billing.cycle"),
        ),
        migrations.AddField(
            model_name="billingrun",
            name="kind",
            field=models.TextField(
                choices=[("cycle", "Cycle"), ("off_cycle", "Off Cycle"), ("final", "Final")], default="cycle"
            ),
        ),
        migrations.AddField(
            model_name="billingrun", name="title", field=models.TextField(default="-"), preserve_default=False
        ),
        migrations.AddConstraint(
            model_name="billingrun",
            constraint=models.CheckConstraint(
                condition=Q(kind__in=["cycle", "off_cycle", "final"]), name="run_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="billingrun",
            constraint=models.CheckConstraint(condition=~Q(title=""), name="run_has_a_title"),
        ),
        migrations.AddField(model_name="disposition", name="since_on", field=models.DateField(null=True)),
        migrations.AddField(model_name="draftbill", name="forecast_cents", field=models.BigIntegerField(null=True)),
        migrations.AddField(
            model_name="finding",
            name="stage",
            field=models.TextField(
                choices=[("rating", "Rating"), ("assembly", "Assembly"), ("run", "Run")], default="rating"
            ),
            preserve_default=False,
        ),
        migrations.AddField(model_name="finding", name="baseline", field=models.TextField(db_default="", default="")),
        migrations.AddField(
            model_name="finding",
            name="disposition",
            field=models.TextField(
                choices=[("open", "Open"), ("cleared", "Cleared")], db_default="open", default="open"
            ),
        ),
        migrations.AddField(model_name="finding", name="reason", field=models.TextField(db_default="", default="")),
        migrations.AddField(
            model_name="finding",
            name="decided_by",
            field=_points_to(settings.AUTH_USER_MODEL, null=True, db_index=False),
        ),
        migrations.AddField(model_name="finding", name="decided_at", field=models.DateTimeField(null=True)),
        migrations.AlterField(
            model_name="finding",
            name="account",
            field=_points_to("customers.account", null=True, db_index=False, db_constraint=False),
        ),
        migrations.AddIndex(
            model_name="finding", index=models.Index(fields=["run", "account"], name="finding_by_account")
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=Q(stage__in=["rating", "assembly", "run"]), name="finding_stage_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=Q(disposition="open", decided_by=None, decided_at=None)
                | Q(
                    disposition="cleared",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    reason__regex=r"\S.{9,}",
                ),
                name="finding_cleared_by_a_person",
            ),
        ),
        migrations.RunSQL(trigger_function("run_goes_forward", FORWARD), migrations.RunSQL.noop),
        NamedTrigger(
            "run_closes_its_cycles",
            table="billing_billingrun",
            fires="after update of state on {table} for each row",
            body=CLOSES,
        ),
        NamedTrigger(
            "run_cycles_stay",
            table="billing_runcycle",
            fires="before insert or update or delete on {table} for each row",
            body=CYCLE_STAYS,
        ),
        AppendOnly("billing_runaccount"),
        NamedTrigger(
            "run_accounts_stay",
            table="billing_runaccount",
            fires="before insert on {table} for each row",
            body=ACCOUNT_STAYS,
        ),
        AppendOnly("billing_exemption", set_once=("approved_by_id", "approved_at", "ends_on")),
        migrations.RunSQL(
            UNACCOUNTED, "drop function billing_unaccounted(bigint); drop function billing_due_in(bigint);"
        ),
        NamedTrigger(
            "run_accounts_for_every_service",
            table="billing_billingrun",
            fires="before update of state on {table} for each row"
            " when (old.state = 'drafted' and new.state = 'approved')",
            body=COMPLETE,
        ),
    ]
