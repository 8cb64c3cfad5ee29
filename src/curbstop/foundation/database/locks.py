"""Row locks, always taken in order of key, so that two operations cannot wait for each other."""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model

from curbstop.foundation.database.transactions import require_transaction

M = TypeVar("M", bound=Model)


def lock_rows(model: type[M], ids: Iterable[int]) -> list[M]:
    """Lock the rows with these keys until the operation ends and return them in order of key.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    rows = model._default_manager.filter(pk__in=sorted(set(ids)))
    return list(rows.order_by("pk").select_for_update(of=("self",)))
