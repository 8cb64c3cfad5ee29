"""Meters, where they hang, what they read, and the usage settled from the reads."""

from curbstop.metering.models.exceptions import ReadException
from curbstop.metering.models.intervals import IntervalAlert, IntervalDay, IntervalImport
from curbstop.metering.models.meters import VOLUME_CHOICES, Installation, Meter, SubmeterLink
from curbstop.metering.models.reads import Read, ReadCorrection, ReadImport, SkippedRead
from curbstop.metering.models.usage import Usage

__all__ = [
    "VOLUME_CHOICES",
    "Installation",
    "IntervalAlert",
    "IntervalDay",
    "IntervalImport",
    "Meter",
    "Read",
    "ReadCorrection",
    "ReadException",
    "ReadImport",
    "SkippedRead",
    "SubmeterLink",
    "Usage",
]
