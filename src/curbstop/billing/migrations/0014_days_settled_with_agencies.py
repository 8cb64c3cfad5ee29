"""Settlements: one for each agency and day, approved and posted once."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0013_bills_are_replaced"),
        ("ledger", "0008_items_are_held"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("agency", models.TextField()),
                ("business_date", models.DateField()),
                ("collected_cents", models.BigIntegerField()),
                ("reversed_cents", models.BigIntegerField()),
                ("fee_cents", models.BigIntegerField()),
                ("remitted_cents", models.BigIntegerField()),
                ("prepared_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "prepared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-business_date", "agency"],
                "constraints": [
                    models.UniqueConstraint(fields=("agency", "business_date"), name="day_settled_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "remitted_cents",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("collected_cents"), "-", models.F("reversed_cents")
                                    ),
                                    "-",
                                    models.F("fee_cents"),
                                ),
                            )
                        ),
                        name="settlement_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at", None), ("approved_by", None), ("entry", None)),
                            models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="settlement_posted_once_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="settlement_by_second_person",
                    ),
                ],
            },
        ),
        AppendOnly("billing_settlement", set_once=("approved_by_id", "approved_at", "entry_id")),
    ]
