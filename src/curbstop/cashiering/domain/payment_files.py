"""A file of payments after its form was checked, before its accounts are known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One payment of a file: who pays how many cents, and the bank's reference."""

    line: int
    account: str
    amount_cents: int
    reference: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """The lines of a file, its name, and the hash of its bytes."""

    name: str
    sha256: str
    lines: tuple[PaymentLine, ...]

    @property
    def total_cents(self) -> int:
        """Return the sum of the file, in cents."""
        return sum(line.amount_cents for line in self.lines)
