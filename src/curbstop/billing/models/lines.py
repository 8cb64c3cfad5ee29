"""What a line says, on a draft and on the bill that it becomes: quantity times price, and all it was derived from."""

from django.db import models


class Line(models.Model):
    """The facts of one printed line."""

    line_number = models.PositiveIntegerField()
    agreement = models.ForeignKey(
        "customers.ServiceAgreement", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    usage = models.ForeignKey(
        "metering.Usage", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    service = models.ForeignKey("ledger.Service", models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    schedule_version = models.ForeignKey(
        "rates.ScheduleVersion", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    customer_class = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    component = models.TextField()
    label = models.TextField()
    quantity = models.DecimalField(max_digits=20, decimal_places=8)
    unit = models.TextField()
    unit_price = models.DecimalField(max_digits=20, decimal_places=8)
    amount_cents = models.BigIntegerField()
    section = models.TextField()
    derivation = models.JSONField()

    class Meta:
        abstract = True
