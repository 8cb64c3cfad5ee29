"""Who the city is on its letters and bills, and the letters themselves."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from curbstop.ordinances.models.ranges import ends_after_start, in_force_once


class CityProfile(models.Model):
    """The one city that this database serves."""

    written_by_pages: ClassVar[bool] = False

    singleton = models.BooleanField(default=True, unique=True)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=40)
    timezone = models.CharField(max_length=60)
    languages = models.JSONField()
    address_lines = models.JSONField()
    phone = models.CharField(max_length=40)
    email = models.CharField(max_length=120, blank=True)
    website = models.CharField(max_length=200, blank=True)
    payee = models.CharField(max_length=120)
    # Texts that a customer sees, by language.
    department = models.JSONField(default=dict)
    remittance = models.JSONField()
    # Monday is 0, as in Python.
    closed_weekdays = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(singleton=True), name="city_profile_only_one"),
        ]

    def __str__(self) -> str:
        return self.name


class Letter(models.Model):
    """A text to customers in one language, in force from one day on."""

    written_by_pages: ClassVar[bool] = False

    code = models.CharField(max_length=60)
    language = models.CharField(max_length=8)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            in_force_once("letter_in_force_once", "code", "language"),
            ends_after_start("letter_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.language}) from {self.starts_on}"
