"""Days that come again beside those that stand: a gap is filled, and another use is told apart from the same one."""

from dataclasses import dataclass

import numpy as np

from curbstop.metering.domain.intervals import MISSING, Days, Flags, keyed


@dataclass(frozen=True, slots=True)
class Overlay:
    """New days laid over those that stand.

    `days` are to be stored, joined with what stood; `differs` tells which of the new days have another use than the one
    that stands; `matched` and `replaced` which of those that stand come again, and which leave for that.
    """

    days: Days
    differs: Flags
    matched: Flags
    replaced: Flags


def overlaid(new: Days, standing: Days) -> Overlay:
    """Lay new days over those that stand, both in order."""
    mine, theirs = keyed(new.meter, new.day), keyed(standing.meter, standing.day)
    found = np.minimum(np.searchsorted(theirs, mine), max(theirs.size - 1, 0))
    again = theirs[found] == mine if theirs.size else np.zeros(mine.size, dtype=np.bool_)
    matched = np.zeros(theirs.size, dtype=np.bool_)
    matched[found[again]] = True
    if new.minutes != standing.minutes:
        return Overlay(new, np.zeros_like(again), matched, matched)
    before = standing.uses[found[again]]
    after = new.uses[again]
    both = (before != MISSING) & (after != MISSING)
    uses = new.uses.copy()
    uses[again] = np.where(after == MISSING, before, after)
    differs = np.zeros(mine.size, dtype=np.bool_)
    differs[again] = (both & (before != after)).any(axis=1)
    # A day that brings nothing new is not stored again.
    is_new = ~again
    is_new[again] = (uses[again] != before).any(axis=1)
    replaced = np.zeros_like(matched)
    replaced[found[again & is_new]] = True
    days = Days(new.minutes, new.meter, new.day, new.length, uses).only(is_new)
    return Overlay(days, differs, matched, replaced)


def joined(first: Days, second: Days) -> Days:
    """Return the days of both in order."""
    both = [np.concatenate([getattr(first, name), getattr(second, name)]) for name in ("meter", "day", "length")]
    uses = np.concatenate([first.uses, second.uses])
    order = np.argsort(keyed(both[0], both[1]), kind="stable")
    return Days(first.minutes, both[0][order], both[1][order], both[2][order], uses[order])
