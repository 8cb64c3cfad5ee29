"""The days on which the city is closed besides its closed weekdays."""

from typing import ClassVar

from django.db import models


class Holiday(models.Model):
    """One closed day, with its name in every language of the city."""

    written_by_pages: ClassVar[bool] = False

    day = models.DateField(unique=True)
    names = models.JSONField()

    def __str__(self) -> str:
        return f"{self.day} {self.names.get('en', '')}"
