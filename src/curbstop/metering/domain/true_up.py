"""True-up: an actual read below an estimated one is spread again over the periods that were estimated.

From 500 to 509 in 30 and 32 days nine units were used: 4.35 and 4.65, so 4 and 5. Nobody is billed a negative
use, and the parts add up to what the meter counted (rulebook §1.5, WX-1.5e).
"""

from collections.abc import Sequence
from itertools import accumulate

from curbstop.metering.domain.segments import E4


def largest_remainder(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Return whole parts of a total by weight that add up to it; of equal remainders the earlier one is served."""
    assert total >= 0, "what is spread again was counted, and a meter counts forward"
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    rests = [total * weight % whole for weight in weights]
    for index in sorted(range(len(parts)), key=lambda i: (-rests[i], i))[: total - sum(parts)]:
        parts[index] += 1
    return tuple(parts)


def respread_registers(*, start_e4: int, end_e4: int, days: Sequence[int]) -> tuple[int, ...]:
    """Return the registers at the end of each of the periods but the last, from the reads around them all.

    They are whole numbers, as dials show them, so that the whole units billed are the largest remainders.
    """
    parts = largest_remainder(end_e4 // E4 - start_e4 // E4, days)
    positions = list(accumulate(parts, initial=start_e4 // E4))[1:-1]
    # The first part may be nothing: the register cannot be below where it began.
    return tuple(max(position * E4, start_e4) for position in positions)
