"""A release of a deposit is prepared by one person before another approves it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curbstop.foundation.database.schema import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("collections", "0003_a_cancelled_bill_takes_its_charges"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReleaseRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("form", models.CharField(max_length=10)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "deposit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="release_requests",
                        to="collections.securitydeposit",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("form__in", ["credit", "refund", "closure"])), name="release_request_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S.{9,}")), name="release_request_has_a_reason"
                    ),
                ],
            },
        ),
        AppendOnly("collections_releaserequest"),
    ]
