"""Where money is taken: an office has tills, and receipt numbers count per till."""

from typing import ClassVar

from django.db import models


class Office(models.Model):
    """A place with a counter, named in the city pack."""

    written_by_pages: ClassVar[bool] = False

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class Till(models.Model):
    """A position at a counter; its receipt numbers run on across drawer openings."""

    written_by_pages: ClassVar[bool] = False

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    office = models.ForeignKey(Office, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.office.name}, {self.name}"

    @property
    def number_series(self) -> str:
        """Return the name of the gap-free series that this till's receipts are numbered from."""
        return f"cashiering.till:{self.code}"
