"""What the database says when somebody goes round the operations and writes the rows with plain SQL."""

from typing import Any

from django.db import IntegrityError, connection, transaction

from curbstop.foundation.database.transactions import constraint_of


def refusing(statement: str, *values: Any) -> str | None:
    """Return the constraint that refuses a statement, deferred ones included; none if it goes through."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            cursor.execute("set constraints all immediate; set constraints all deferred")
    except IntegrityError as error:
        return constraint_of(error)
    return None
