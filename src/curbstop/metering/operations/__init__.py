"""Everything that may be written about meters, reads and usage.

The `add_…` verbs take columns and write them by COPY inside the caller's transaction; the operations are
made of them.
"""

from curbstop.metering.operations.corrections import Correction, supersede_read, true_up
from curbstop.metering.operations.estimates import (
    Estimated,
    EstimateRefused,
    estimate_held_read,
    estimate_missing,
    estimate_read,
)
from curbstop.metering.operations.exceptions import (
    DispositionRefused,
    accept_read,
    correct_held_read,
    reread,
    review_reads,
    spread_again,
)
from curbstop.metering.operations.exchanges import Exchange, ExchangeRefused, Hung, exchange_meter
from curbstop.metering.operations.intervals import AnswerRefused, IntervalsRefused, answer_alert, record_intervals
from curbstop.metering.operations.meters import add_installations, add_meters
from curbstop.metering.operations.reads import ReadsRefused, add_reads, record_reads
from curbstop.metering.operations.resettling import CorrectionRefused
from curbstop.metering.operations.rolling import Rolled, RollRefused, roll_reads
from curbstop.metering.operations.submeters import LinkRefused, link_submeter, unlink_submeter
from curbstop.metering.operations.usage import (
    Settlement,
    UsageRefused,
    add_usage,
    import_volumes,
    settle_usage,
)

__all__ = [
    "AnswerRefused",
    "Correction",
    "CorrectionRefused",
    "DispositionRefused",
    "EstimateRefused",
    "Estimated",
    "Exchange",
    "ExchangeRefused",
    "Hung",
    "IntervalsRefused",
    "LinkRefused",
    "ReadsRefused",
    "RollRefused",
    "Rolled",
    "Settlement",
    "UsageRefused",
    "accept_read",
    "add_installations",
    "add_meters",
    "add_reads",
    "add_usage",
    "answer_alert",
    "correct_held_read",
    "estimate_held_read",
    "estimate_missing",
    "estimate_read",
    "exchange_meter",
    "import_volumes",
    "link_submeter",
    "record_intervals",
    "record_reads",
    "reread",
    "review_reads",
    "roll_reads",
    "settle_usage",
    "spread_again",
    "supersede_read",
    "true_up",
    "unlink_submeter",
]
