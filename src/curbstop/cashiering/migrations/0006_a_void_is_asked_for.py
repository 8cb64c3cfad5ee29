"""A void is asked for by a person before another approves it; what was voided before names who asked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, refuse

# Each void of before told who asked and why: that becomes its request. References are checked at once, because a
# table with checks outstanding cannot be altered.
ASKED_BEFORE = """
insert into cashiering_voidrequest (receipt_id, requested_by_id, reason, at)
select receipt_id, requested_by_id, reason, at from cashiering_void;
set constraints all immediate;
alter table cashiering_void disable trigger cashiering_void_append_only;
update cashiering_void v set request_id = q.id from cashiering_voidrequest q where q.receipt_id = v.receipt_id;
alter table cashiering_void enable trigger cashiering_void_append_only;
set constraints all deferred;
"""

# The share lock waits for whoever turns the request down just now.
REQUESTED = f"""
begin
  perform from cashiering_voidrequest q
    where q.id = new.request_id and q.turned_down_at is null
      and (q.receipt_id, q.requested_by_id, q.reason) = (new.receipt_id, new.requested_by_id, new.reason) for share;
  if not found then
    {refuse("void_as_requested", "format('nobody asks for this void of receipt %s', new.receipt_id)")}
  end if;
  return new;
end
"""

DECIDED = f"""
begin
  if exists (select from cashiering_void v where v.request_id = new.id) then
    {refuse("void_request_decided_once", "format('receipt %s is void', new.receipt_id)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cashiering", "0005_a_day_ends_after_its_drawers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VoidRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                ("turned_down_at", models.DateTimeField(null=True)),
                (
                    "receipt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="void_requests",
                        to="cashiering.receipt",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "turned_down_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["receipt"], condition=Q(turned_down_at__isnull=True), name="void_requested_once"
                    ),
                    models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="void_request_has_a_reason"),
                    models.CheckConstraint(
                        condition=Q(turned_down_by__isnull=True, turned_down_at__isnull=True)
                        | Q(turned_down_by__isnull=False, turned_down_at__isnull=False),
                        name="void_request_turned_down_by_someone",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="void",
            name="request",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="void",
                to="cashiering.voidrequest",
            ),
        ),
        migrations.RunSQL(ASKED_BEFORE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="void",
            name="request",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="void", to="cashiering.voidrequest"
            ),
        ),
        AppendOnly("cashiering_voidrequest", set_once=("turned_down_by_id", "turned_down_at")),
        NamedTrigger(
            "void_as_requested",
            table="cashiering_void",
            fires="before insert on {table} for each row",
            body=REQUESTED,
        ),
        NamedTrigger(
            "void_request_decided_once",
            table="cashiering_voidrequest",
            fires="before update on {table} for each row",
            body=DECIDED,
        ),
    ]
