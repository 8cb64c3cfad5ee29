"""One day of a meter as a person looks at it: hour by hour, in gallons."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from curbstop.foundation.quantities import Unit, ratio
from curbstop.metering.domain.intervals import HOUR
from curbstop.metering.models import IntervalDay
from curbstop.metering.queries.intervals import city_zone


def day_of(installation_id: int, day: date) -> IntervalDay | None:
    """Return the row that stands for a day of a meter."""
    rows = IntervalDay.objects.select_related("installation__meter")
    return rows.filter(installation=installation_id, day=day, superseded_at=None).first()


def hourly_gallons(row: IntervalDay | None) -> Iterator[tuple[datetime, Decimal]]:
    """Yield the local start of each hour of a day and its use in gallons; what did not come counts as nothing."""
    if row is None:
        return
    zone, meter, an_hour = city_zone(), row.installation.meter, HOUR // row.minutes
    gallons = ratio(Unit(meter.unit), Unit.GALLONS)
    starts = datetime.combine(row.day, time(), zone).astimezone(UTC)
    for first in range(0, len(row.uses), an_hour):
        used = Decimal(sum(use or 0 for use in row.uses[first : first + an_hour])) / 10_000 * meter.multiplier
        hour = (starts + timedelta(minutes=first * row.minutes)).astimezone(zone)
        yield hour, (used * gallons.numerator / gallons.denominator).quantize(Decimal("0.1"))
