"""Code sections as the council adopted them, and the values that cite them."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from curbstop.foundation.approvals import second_person
from curbstop.ordinances.models.ranges import ends_after_start, in_force_once


class CodeSection(models.Model):
    """One section of the municipal code, named by its citation."""

    written_by_pages: ClassVar[bool] = False

    citation = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.citation


class SectionVersion(models.Model):
    """The words of a section from one day on; older words stay for older bills and letters."""

    written_by_pages: ClassVar[bool] = False

    section = models.ForeignKey(CodeSection, models.PROTECT, related_name="versions")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    title = models.CharField(max_length=200)
    text = models.TextField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            in_force_once("section_version_in_force_once", "section"),
            ends_after_start("section_version_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.section} from {self.starts_on}"


class RuleValue(models.Model):
    """A fee, limit, day count or policy in force from one day on, with the section it rests on."""

    written_by_pages: ClassVar[bool] = False

    code = models.CharField(max_length=80)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    # Decimals are kept as text ("35.00"), whole numbers as numbers, lists as lists of these.
    value = models.JSONField()
    unit = models.CharField(max_length=20)
    section = models.ForeignKey(CodeSection, models.PROTECT, related_name="values")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    adopted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            in_force_once("rule_value_in_force_once", "code"),
            ends_after_start("rule_value_ends_after_start"),
            second_person(maker="proposed_by", checker="adopted_by", name="rule_value_second_person"),
        ]

    def __str__(self) -> str:
        return f"{self.code} from {self.starts_on}"
