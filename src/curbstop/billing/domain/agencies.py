"""Agencies: whose lines stand on the city's bill, and what the city owes them for what it collected.

A sanitary district's charge is billed and collected by the city and is never the city's revenue: it is owed to the
district from the bill on, and paid out as it is collected, less the city's fee (rulebook §1.7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from curbstop.foundation.money import Cents


class AgenciesRefused(ValueError):
    """The list of agencies cannot be read; the message names the entry and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One owner of lines; `payable` and `fee_revenue` are accounts of the chart."""

    code: str
    names: Mapping[str, str]
    services: frozenset[str]
    payable: str
    fee_percent: Decimal
    fee_revenue: str
    # Only an agency that said so lets the city adjust its lines.
    lets_adjust: bool

    def fee_on(self, collected_cents: Cents) -> Cents:
        """Return the city's fee on what it collected, half up to the cent; what was given back earns none."""
        fee = Decimal(max(collected_cents, 0)) * self.fee_percent / 100
        return int(fee.to_integral_value(ROUND_HALF_UP))


_FIELDS = {"code", "name", "services", "payable", "fee_percent", "fee_revenue", "lets_adjust"}


def read_agencies(value: Any) -> tuple[Agency, ...]:
    """Return the agencies that a city's policy lists.

    :raises AgenciesRefused: if an entry lacks something, or two own one service
    """
    if not isinstance(value, list):
        raise AgenciesRefused("Expected a list of agencies.")
    agencies = tuple(_agency(place, entry) for place, entry in enumerate(value, 1))
    owned = [service for agency in agencies for service in sorted(agency.services)]
    twice = {service for service in owned if owned.count(service) > 1}
    if twice:
        raise AgenciesRefused(f"{', '.join(sorted(twice))} belongs to two agencies (expected one each).")
    return agencies


def _agency(place: int, entry: Any) -> Agency:
    if not isinstance(entry, Mapping):
        raise AgenciesRefused(f"Agency {place} has no fields.")
    unknown = set(map(str, entry)) - _FIELDS
    if unknown:
        raise AgenciesRefused(f"Agency {place}: nobody reads {', '.join(sorted(unknown))}.")
    for name in ("code", "name", "services", "payable"):
        if not entry.get(name):
            raise AgenciesRefused(f"Agency {place}: {name} is missing.")
    if not isinstance(entry["services"], list) or not isinstance(entry["name"], Mapping):
        raise AgenciesRefused(f"Agency {place}: name is by language, and services is a list.")
    fee = _percent(place, entry.get("fee_percent", 0))
    if fee and not entry.get("fee_revenue"):
        raise AgenciesRefused(f"Agency {place}: a fee needs fee_revenue, the account that it goes to.")
    return Agency(
        code=str(entry["code"]),
        names={str(language): str(name) for language, name in entry["name"].items()},
        services=frozenset(map(str, entry["services"])),
        payable=str(entry["payable"]),
        fee_percent=fee,
        fee_revenue=str(entry.get("fee_revenue") or ""),
        lets_adjust=str(entry.get("lets_adjust", "no")) in {"yes", "True", "true"},
    )


def _percent(place: int, value: Any) -> Decimal:
    try:
        percent = Decimal(str(value))
    except InvalidOperation:
        percent = Decimal(-1)
    if not 0 <= percent <= 100:  # noqa: PLR2004  # a percentage
        raise AgenciesRefused(f"Agency {place}: fee_percent is a number from 0 to 100.")
    return percent
