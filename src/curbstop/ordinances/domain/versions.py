"""What changes when a city writes its rules anew: dated versions compared with those adopted.

A version in force is never rewritten. A changed value begins on a day of its own, on which the
older version is closed; a version that has not begun may still be replaced, and is then kept as
one that ended on the day it was to begin (rule book §0: look-ups use the date of the event).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

Content = TypeVar("Content")
FOREVER = date.max


@dataclass(frozen=True, slots=True)
class Dated(Generic[Content]):
    """One version of one thing, in force from `starts_on` until before `ends_on`."""

    starts_on: date
    ends_on: date | None
    content: Content

    @property
    def end(self) -> date:
        """The first day on which it is no longer in force."""
        return self.ends_on or FOREVER


@dataclass(frozen=True, slots=True)
class Change(Generic[Content]):
    """One version that begins; with `new` None, one that ends and has no successor."""

    from_on: date
    old: Content | None
    new: Content | None


@dataclass(frozen=True, slots=True)
class NewEnd:
    """The version that began on `starts_on` ends on another day than was adopted."""

    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class VersionPlan(Generic[Content]):
    """The rows to write, and the changes that a person reads."""

    new_ends: tuple[NewEnd, ...] = ()
    additions: tuple[Dated[Content], ...] = ()
    changes: tuple[Change[Content], ...] = ()


class VersionRefused(Exception):
    """A version that would rewrite what was in force; `starts_on` tells which one."""

    def __init__(self, message: str, starts_on: date) -> None:
        super().__init__(message)
        self.starts_on = starts_on


def successive(written: Sequence[Dated[Content]]) -> tuple[Dated[Content], ...]:
    """Return versions by first day, each ending where the next begins unless it says earlier.

    :raises VersionRefused: if two begin on one day or two overlap
    """
    ordered = sorted(written, key=lambda version: version.starts_on)
    result = []
    for position, version in enumerate(ordered):
        if version.end <= version.starts_on:
            raise VersionRefused("it ends before it begins", version.starts_on)
        follower = ordered[position + 1] if position + 1 < len(ordered) else None
        if follower is None:
            result.append(version)
            continue
        if follower.starts_on == version.starts_on:
            raise VersionRefused(f"two versions begin on {version.starts_on}", version.starts_on)
        if version.ends_on is not None and version.ends_on > follower.starts_on:
            raise VersionRefused(f"it overlaps the version from {follower.starts_on}", version.starts_on)
        result.append(replace(version, ends_on=version.ends_on or follower.starts_on))
    return tuple(result)


def plan_versions(
    *, adopted: Sequence[Dated[Content]], written: Sequence[Dated[Content]], on: date
) -> VersionPlan[Content]:
    """Compare what a pack writes with what was adopted, as seen on the day `on`.

    :raises VersionRefused: if the past or the version in force would be rewritten
    """
    # A version withdrawn before it began is an empty range: history that was never in force.
    living = [one for one in adopted if one.end > one.starts_on]
    ordered = successive(written)
    _refuse_a_rewritten_past(living, ordered, on)
    contents = {one.starts_on: one.content for one in living}
    additions = tuple(one for one in ordered if contents.get(one.starts_on) != one.content)
    listed = {one.starts_on for one in ordered}
    added = {one.starts_on for one in additions}
    kept = [one for one in living if one.starts_on not in added and (one.starts_on <= on or one.starts_on in listed)]
    withdrawn = [one for one in living if one not in kept]
    new_ends = (
        *(NewEnd(one.starts_on, one.starts_on) for one in withdrawn),
        *_moved_ends(kept=kept, withdrawn=withdrawn, written=ordered, added=added, on=on),
    )
    changes = _changes(living, additions, new_ends)
    return VersionPlan(new_ends=new_ends, additions=additions, changes=changes)


def _refuse_a_rewritten_past(living: Sequence[Dated[Content]], written: Sequence[Dated[Content]], on: date) -> None:
    adopted = {one.starts_on: one for one in living}
    for version in written:
        same_day = adopted.get(version.starts_on)
        if same_day is not None:
            if same_day.content != version.content and version.starts_on <= on:
                raise VersionRefused(
                    f"changed without a new effective date: what began on {version.starts_on} is already in force",
                    version.starts_on,
                )
        elif version.starts_on < on and any(
            one.starts_on < version.end and version.starts_on < one.end for one in living
        ):
            raise VersionRefused(
                f"{version.starts_on} is past and another version was in force then",
                version.starts_on,
            )
    latest = max((one.starts_on for one in written), default=None)
    current = max((one.starts_on for one in living if one.starts_on <= on < one.end), default=None)
    if latest is not None and current is not None and latest < current:
        raise VersionRefused(f"the version in force since {current} is missing", latest)


def _moved_ends(
    *,
    kept: Sequence[Dated[Content]],
    withdrawn: Sequence[Dated[Content]],
    written: Sequence[Dated[Content]],
    added: Iterable[date],
    on: date,
) -> list[NewEnd]:
    """Return new ends of the versions that stay: at a successor, or where the pack says."""
    starts = sorted({*added, *(one.starts_on for one in kept)})
    listed = {one.starts_on: one.end for one in written}
    no_longer = {one.starts_on for one in withdrawn}
    moved = []
    for version in kept:
        if version.end <= on:
            continue
        own_end = FOREVER if version.end in no_longer else version.end
        successor = next((start for start in starts if start > version.starts_on), FOREVER)
        end = min(listed.get(version.starts_on, own_end), successor)
        if end < on:
            raise VersionRefused(f"{end} is past: it was in force until now", version.starts_on)
        if end != version.end:
            moved.append(NewEnd(version.starts_on, None if end == FOREVER else end))
    return moved


def _changes(
    living: Sequence[Dated[Content]],
    additions: Sequence[Dated[Content]],
    new_ends: Sequence[NewEnd],
) -> tuple[Change[Content], ...]:
    replaced = {one.starts_on: one.content for one in living}
    starts = {one.starts_on for one in additions}
    changes: list[Change[Content]] = []
    for version in additions:
        before = [one for one in (*living, *additions) if one.starts_on < version.starts_on]
        previous = max(before, key=lambda one: one.starts_on).content if before else None
        old = replaced.get(version.starts_on, previous)
        changes.append(Change(version.starts_on, old, version.content))
    changes.extend(
        Change(moved.ends_on, replaced[moved.starts_on], None)
        for moved in new_ends
        if moved.ends_on is not None and moved.ends_on not in starts
    )
    return tuple(sorted(changes, key=lambda change: change.from_on))
