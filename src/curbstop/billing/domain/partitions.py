"""Partitions: a run is cut into stretches of accounts that are drafted and released on their own.

Twelve thousand accounts become two partitions of six thousand: never fewer than five thousand
each, because a smaller one spends its time on getting started, and never so many that the
ledger's checks at commit pile up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

ACCOUNTS_MIN = 5_000
ACCOUNTS_MAX = 50_000


class Stretch(Protocol):
    """Accounts by id, both ends included: a partition of a run, or one account that is drafted again."""

    @property
    def first_account_id(self) -> int:
        """Return the first account."""

    @property
    def last_account_id(self) -> int:
        """Return the last account."""


@dataclass(frozen=True, slots=True)
class OneAccount:
    """A stretch of a single account: the batch of one."""

    account_id: int

    @property
    def first_account_id(self) -> int:
        """Return the account."""
        return self.account_id

    @property
    def last_account_id(self) -> int:
        """Return the account."""
        return self.account_id


@dataclass(frozen=True, slots=True)
class Part:
    """One partition: its number, from 1, and the first and last account it holds."""

    number: int
    first_account_id: int
    last_account_id: int


def cut(account_ids: Sequence[int], accounts_min: int = ACCOUNTS_MIN) -> tuple[Part, ...]:
    """Return partitions of nearly equal size that hold each of the ascending ids exactly once."""
    assert accounts_min <= ACCOUNTS_MAX, "the ledger takes at most 50,000 entries a transaction"
    count = len(account_ids)
    parts = max(1, count // accounts_min)
    bounds = [count * part // parts for part in range(parts + 1)]
    return tuple(
        Part(number, account_ids[start], account_ids[end - 1])
        for number, (start, end) in enumerate(pairwise(bounds), start=1)
        if end > start
    )
