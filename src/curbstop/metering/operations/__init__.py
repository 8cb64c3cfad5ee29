"""Everything that may be written about meters, reads and usage.

The `add_…` verbs take columns and write them by COPY inside the caller's transaction; the operations are
made of them.
"""

from curbstop.metering.operations.meters import add_installations, add_meters
from curbstop.metering.operations.reads import ReadsRefused, add_reads, record_reads
from curbstop.metering.operations.usage import (
    Settlement,
    UsageRefused,
    add_usage,
    import_volumes,
    settle_usage,
)

__all__ = [
    "ReadsRefused",
    "Settlement",
    "UsageRefused",
    "add_installations",
    "add_meters",
    "add_reads",
    "add_usage",
    "import_volumes",
    "record_reads",
    "settle_usage",
]
