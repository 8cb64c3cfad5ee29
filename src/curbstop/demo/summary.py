"""What the demo prints: the figures of the city's latest business day, and every proof."""

from dataclasses import dataclass
from datetime import date

from curbstop.foundation.access.models import User
from curbstop.foundation.money import format_cents
from curbstop.foundation.proofs import discover
from curbstop.ledger.queries import head_hash, latest_business_day
from curbstop.ordinances.queries import city
from curbstop.reports.queries import register
from curbstop.treasury.queries import has_exported


@dataclass(frozen=True, slots=True)
class Figures:
    """The summary of the latest business day and the proofs (name, promise, checked, failures)."""

    city: str
    business_day: date
    lines: tuple[tuple[str, str], ...]
    proofs: tuple[tuple[str, str, int, tuple[str, ...]], ...]

    @property
    def holds(self) -> bool:
        """Tell whether every proof holds."""
        return not any(failures for *_, failures in self.proofs)


def is_made() -> bool:
    """Tell whether a city was made here and worked its day to the end: the journal is the last thing."""
    return has_exported()


def is_begun() -> bool:
    """Tell whether somebody is here already, as after a demo that was interrupted."""
    return User.objects.exists()


def figures() -> Figures:
    """Return the figures of the latest business day, each taken from the registers that anybody can export."""
    day = latest_business_day()
    assert day is not None, "the demo worked a day before it is told about"
    bills = register("billing", first_day=day, last_day=day)
    cash = register("daily-cash", first_day=day, last_day=day)
    deposits = register("deposits", first_day=day, last_day=day)
    aged = register("aged-receivables", first_day=day, last_day=day)
    taken = sum(cash.totals[name] for name in ("cash_cents", "check_cents", "card_cents"))
    lines = (
        ("Bills released", f"{len(bills.rows):,}"),
        ("Charged on them", format_cents(bills.totals["total_cents"])),
        ("Drawers counted and closed", f"{len(cash.rows):,}"),
        ("Receipts", f"{sum(int(str(row['receipts'])) for row in cash.rows):,}"),
        ("Taken at the counter", format_cents(taken)),
        ("Over", format_cents(cash.totals["over_cents"])),
        ("Short", format_cents(cash.totals["short_cents"])),
        ("Deposited", format_cents(deposits.totals["total_cents"])),
        ("Owed by customers at the end of the day", format_cents(aged.totals["total"])),
        ("Head of the sealed journal", head_hash()[:16]),
    )
    return Figures(city=city().name, business_day=day, lines=lines, proofs=tuple(_proofs()))


def _proofs() -> list[tuple[str, str, int, tuple[str, ...]]]:
    outcomes = ((proof, proof.check()) for proof in discover())
    return [(proof.name, proof.promise, found.checked, tuple(found.failures)) for proof, found in outcomes]
