"""Sealing what was posted, once a minute by the sealer of `curbstop serve`."""

from django.db import connection

from curbstop.foundation.database.transactions import transaction


@transaction
def seal_now() -> int:
    """Seal every finished entry that no seal covers yet and return how many seals that made (app_batch only)."""
    with connection.cursor() as cursor:
        cursor.execute("select ledger_seal_now()")
        row: tuple[int] = cursor.fetchone()
    return row[0]
