"""The column type of a transaction's number, which Django does not know."""

from typing import Any

from django.db import models


class TransactionIdField(models.BigIntegerField):  # type: ignore[type-arg]  # Django's fields take none at run time
    """PostgreSQL's xid8: 64 bits, never reused within a cluster. Only the database writes it."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - one database only
        """Return the type for the table definition."""
        return "xid8"
