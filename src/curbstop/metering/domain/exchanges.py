"""Which registers may hang together: a meter alone, or the high and the low side of a compound one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

COMPOUND = {"high", "low"}


@dataclass(frozen=True, slots=True)
class Register:
    """What a register of some dials may show: 0 to all nines, with four decimals."""

    dials: int

    def shows(self, value: Decimal) -> bool:
        """Tell whether the register may show a value."""
        return 0 <= value < 10**self.dials and value == round(value, 4)


def refused_sides(*, standing: set[str], out: set[str], hung: Sequence[str]) -> str:
    """Return why what is taken out and hung does not leave a whole meter, or nothing."""
    if not out and not hung:
        return "Say which meter is taken out or hung."
    if len(set(hung)) < len(hung):
        return "Two meters cannot hang on one side."
    if unknown := sorted(out - standing):
        return f"No {unknown[0] or 'single'} meter hangs there to be taken out."
    after = standing - out | set(hung)
    if after - {""} and after - {""} != COMPOUND:
        return "A compound meter has a high and a low side: hang or take out both."
    return ""
