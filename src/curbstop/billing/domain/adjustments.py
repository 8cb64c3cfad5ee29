"""Adjustments before they are posted: what is asked, on which of the city's grounds, and how much of a limit is left.

A representative with a limit of $25 who credited $20 to an account has $5 left on it for thirty days, in one piece
or in five (rulebook §3.3: the limit tests the sum).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

EVIDENCE = ("none", "text", "document")
KINDS = ("credit", "charge")


class PolicyRefused(ValueError):
    """A policy of the city is not readable; the message names the field."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason that the city accepts, for credits, for charges or for both."""

    code: str
    label_en: str
    label_es: str
    kind: str = ""
    evidence: str = "none"
    needs_second_person: bool = False

    def label(self, language: str = "en") -> str:
        """Return the reason as a customer reads it."""
        return self.label_es if language == "es" else self.label_en

    def allows(self, kind: str) -> bool:
        """Tell whether a credit, or a charge, may rest on this reason."""
        return self.kind in ("", kind)


def read_grounds(value: Any) -> tuple[Ground, ...]:
    """Return the reasons of `adjustment.reasons`: fields code, label, kind, evidence and second_person.

    :raises PolicyRefused: if a reason has an unknown field or word, or is there twice
    """
    if not isinstance(value, list) or not value:
        raise PolicyRefused("expected a list of reasons")
    grounds = tuple(_ground(each) for each in value)
    if len({ground.code for ground in grounds}) < len(grounds):
        raise PolicyRefused("a reason is there twice (expected each code once)")
    return grounds


def _ground(value: Any) -> Ground:
    fields = fields_of(value, required=("code", "label"), optional=("kind", "evidence", "second_person"))
    label = fields_of(fields["label"], required=("en",), optional=("es",))
    return Ground(
        code=str(fields["code"]),
        label_en=str(label["en"]),
        label_es=str(label.get("es", label["en"])),
        kind=word_of(fields, "kind", ("", *KINDS)),
        evidence=word_of(fields, "evidence", EVIDENCE),
        needs_second_person=word_of(fields, "second_person", ("no", "yes")) == "yes",
    )


def fields_of(value: Any, *, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return a policy's fields.

    :raises PolicyRefused: if it is no mapping, a required field is missing or one is unknown
    """
    if not isinstance(value, Mapping):
        raise PolicyRefused("expected fields with names")
    for name in required:
        if value.get(name) in (None, ""):
            raise PolicyRefused(f"{name} is missing")
    for name in value:
        if name not in (*required, *optional):
            raise PolicyRefused(f"{name} is unknown (expected one of: {', '.join((*required, *optional))})")
    return value


def word_of(fields: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    """Return one of some words; the first of them when the field is left out.

    :raises PolicyRefused: if it is another word
    """
    word = str(fields.get(name) or choices[0])
    if word not in choices:
        raise PolicyRefused(f"{name} is “{word}” (expected one of: {', '.join(each for each in choices if each)})")
    return word


def number_of(fields: Mapping[str, Any], name: str, assumed: str | None = None) -> Decimal | None:
    """Return a number of a policy, exactly as it is written; what is assumed when the field is left out.

    :raises PolicyRefused: if it is no plain number
    """
    text = str(fields.get(name) or assumed or "")
    if not text:
        return None
    if not text.replace(".", "", 1).isdecimal() or not text.isascii():
        raise PolicyRefused(f"{name} is “{text}” (expected a number)")
    return Decimal(text)


def count_of(fields: Mapping[str, Any], name: str, assumed: int | None = None) -> int | None:
    """Return a whole number of a policy.

    :raises PolicyRefused: if it is no whole number
    """
    number = number_of(fields, name, None if assumed is None else str(assumed))
    if number is not None and number != int(number):
        raise PolicyRefused(f"{name} is {number} (expected a whole number)")
    return None if number is None else int(number)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """Cents for one service, or for one open item of it."""

    service_id: int
    amount_cents: int
    open_item_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants credited or charged, why, and what shows it."""

    kind: str
    reason: str
    note: str
    lines: tuple[AskedLine, ...]
    evidence: str = ""
    reference: str = ""
    bill_number: int | None = None
    billed_units: Decimal | None = None
    unit: str = ""
    worksheet: Mapping[str, Any] | None = None
    # What waits with the request where that is more than it asks for, as all above the average bill.
    held: tuple[AskedLine, ...] = ()

    @property
    def amount_cents(self) -> int:
        """Return what all lines come to."""
        return sum(line.amount_cents for line in self.lines)


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a person's limit is used on an account: by the window, by the person's year, by the person's day."""

    limit_cents: int
    window_days: int
    window_cents: int
    year_cents: int
    day_limit_cents: int | None
    day_cents: int

    @property
    def left_cents(self) -> int:
        """Return what this person may still adjust on the account today without anybody else."""
        left = [self.limit_cents - self.window_cents, self.limit_cents - self.year_cents]
        if self.day_limit_cents is not None:
            left.append(self.day_limit_cents - self.day_cents)
        return max(0, min(left))


def settled_by(
    lines: Sequence[AskedLine], owed: Sequence[tuple[int, int, int]]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return item → cents that a credit settles, and service → cents that no item takes.

    `owed` has (item, service, cents), in the order in which they are settled; a line's own item comes first.
    """
    left = {item: cents for item, _, cents in owed}
    settled: dict[int, int] = {}
    beyond: dict[int, int] = {}
    # Lines that name an item take it before a line of the service as a whole does.
    for line in sorted(lines, key=lambda line: line.open_item_id is None):
        rest = line.amount_cents
        own = [line.open_item_id] if line.open_item_id in left else []
        for item in (*own, *(item for item, service, _ in owed if service == line.service_id)):
            share = min(rest, left[item])
            if share:
                settled[item] = settled.get(item, 0) + share
                left[item] -= share
                rest -= share
        if rest:
            beyond[line.service_id] = beyond.get(line.service_id, 0) + rest
    return settled, beyond
