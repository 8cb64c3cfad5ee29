"""The codes of what may be noticed about a read, as the review list names them (rulebook §3.2)."""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """What was noticed."""

    HIGH = "HIGH"
    LOW = "LOW"
    ZERO = "ZERO"
    STOPPED = "ZERO2"
    INACTIVE = "INACTIVE"
    NEGATIVE = "NEG"
    ROLLOVER = "ROLL"
    OVER_ESTIMATE = "OVER_EST"
    ESTIMATES = "EST_MAX"
    MISSING = "MISSING"
    SAME = "SAME"
    EXCHANGE = "EXCH"
    MULTIPLIER = "MULT"
    DAYS = "DAYS"
    TRANSPOSED = "TRANSPOSE"


MEANINGS: Final = {
    Code.HIGH: "Use a day is far above the usual.",
    Code.LOW: "Use a day is far below the usual.",
    Code.ZERO: "Nothing was used on an active service.",
    Code.STOPPED: "Nothing was used twice in a row: the meter may have stopped.",
    Code.INACTIVE: "Water was used where no account is active.",
    Code.NEGATIVE: "The register is lower than before, and that is no rollover by the city's rule.",
    Code.ROLLOVER: "The register passed its last number and began again.",
    Code.OVER_ESTIMATE: "The register is lower than an estimate before it: the estimated periods are spread again.",
    Code.ESTIMATES: "More estimates in a row than the city allows.",
    Code.MISSING: "No read came.",
    Code.SAME: "The same use as in the period before, to the unit.",
    Code.EXCHANGE: "The meter was exchanged in this period.",
    Code.MULTIPLIER: "The new meter has another multiplier than the old one.",
    Code.DAYS: "The period is shorter or longer than the city's.",
    Code.TRANSPOSED: "Two digits may have changed places: with them put right the use is usual.",
}
