"""Adopting rate schedules, assigning them, and drafting the next version of one."""

from curbstop.rates.operations.drafts import (
    DraftRefused,
    adopt_draft,
    begin_draft,
    propose_draft,
    rewrite_draft,
    turn_down_draft,
)
from curbstop.rates.operations.versions import RatesRefused, adopt_version, assign_rates, end_version

__all__ = [
    "DraftRefused",
    "RatesRefused",
    "adopt_draft",
    "adopt_version",
    "assign_rates",
    "begin_draft",
    "end_version",
    "propose_draft",
    "rewrite_draft",
    "turn_down_draft",
]
