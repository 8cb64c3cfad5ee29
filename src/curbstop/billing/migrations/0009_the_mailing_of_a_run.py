"""The paper of a released run: planned once, and marked file by file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import AppendOnly, SetReferences


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0008_lines_are_written_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Printing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pieces", models.PositiveIntegerField()),
                ("total_cents", models.BigIntegerField()),
                ("planned_at", models.DateTimeField()),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="printing", to="billing.billingrun"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PrintedBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("first_position", models.PositiveIntegerField()),
                ("last_position", models.PositiveIntegerField()),
                ("sha256", models.TextField(null=True)),
                ("printed_at", models.DateTimeField(null=True)),
                (
                    "printing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="billing.printing"
                    ),
                ),
            ],
            options={
                "ordering": ["printing", "number"],
            },
        ),
        migrations.CreateModel(
            name="Piece",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "printing", "position", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("zip", models.TextField()),
                ("tray_kind", models.TextField()),
                ("tray", models.TextField()),
                (
                    "bill",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.bill",
                    ),
                ),
                (
                    "printing",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.printing",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="printing",
            constraint=models.CheckConstraint(condition=models.Q(("pieces__gt", 0)), name="printing_has_pieces"),
        ),
        migrations.AddConstraint(
            model_name="printedbatch",
            constraint=models.UniqueConstraint(fields=("printing", "number"), name="printed_batch_once"),
        ),
        migrations.AddConstraint(
            model_name="printedbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_position__lte", models.F("last_position"))), name="printed_batch_has_pieces"
            ),
        ),
        migrations.AddConstraint(
            model_name="printedbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("printed_at", None), ("sha256", None)),
                    models.Q(("printed_at__isnull", False), ("sha256__isnull", False)),
                    _connector="OR",
                ),
                name="printed_batch_has_a_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="piece",
            constraint=models.UniqueConstraint(fields=("bill",), name="bill_mailed_once"),
        ),
        AppendOnly("billing_printing"),
        AppendOnly("billing_piece"),
        AppendOnly("billing_printedbatch", set_once=("sha256", "printed_at")),
        SetReferences("billing_piece", "printing_id", "billing_printing"),
        SetReferences("billing_piece", "bill_id", "billing_bill"),
    ]
