"""Files of intervals for tests: any meters, any stretch of local days, with changes here and there."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

ZONE = ZoneInfo("America/New_York")


def hours(meter, first, last, *, minutes=60, use="0.0100", changed=None, unit="ccf"):
    """Return the rows of a meter from the first to the last local day; `changed` gives other uses by local start."""
    starts = datetime.combine(first, time(), ZONE).astimezone(UTC)
    ends = datetime.combine(last + timedelta(days=1), time(), ZONE).astimezone(UTC)
    rows = []
    while starts < ends:
        local = starts.astimezone(ZONE).isoformat()
        rows.append((meter, local, (changed or {}).get(local, use), unit))
        starts += timedelta(minutes=minutes)
    return rows


def csv_of(path, rows):
    lines = [",".join(row) for row in rows if row[2] is not None]
    path.write_text("\n".join(["meter,start,use,unit", *lines]) + "\n")
    return path


def parquet_of(path, rows, **options):
    frame = pl.DataFrame(rows, schema=["meter", "start", "use", "unit"], orient="row").with_columns(
        pl.col("start").str.to_datetime("%+", time_zone="UTC"), pl.col("use").cast(pl.Float64)
    )
    frame.write_parquet(path, **options)
    return path


def day(text):
    return date.fromisoformat(text)


@pytest.fixture
def clocks(db):
    """The city lies where clocks change."""
    from curbstop.ordinances.models import CityProfile

    CityProfile.objects.create(
        name="Cedar Bend", state="Virginia", timezone=ZONE.key, languages=["en"], address_lines=["1 Main St"],
        phone="(757) 555-0100", payee="Cedar Bend", remittance={"en": "Mail"}, closed_weekdays=[5, 6],
    )  # fmt: skip


@pytest.fixture
def other_rules():
    return {
        "metering.interval_leak_hours": (24, "count"),
        "metering.interval_leak_flow_min": ("0.0013", "ccf"),
        "metering.interval_reverse_min": ("0.01", "ccf"),
        "metering.interval_capacity": ({'5/8"': "1.6"}, "policy"),
        "metering.interval_silent_days": (30, "days"),
        "metering.interval_read_window": (2, "days"),
        "metering.interval_tolerance_percent": ("2", "percent"),
    }
