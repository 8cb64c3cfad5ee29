"""Meters and where they hang."""

import polars as pl

from curbstop.foundation.database.copying import append_frame
from curbstop.metering.models import Installation, Meter


def add_meters(rows: pl.DataFrame) -> pl.Series:
    """Add meters (`serial`, `size_inches`, `dials`, `unit`, `multiplier`) and return their ids in order."""
    columns = ["serial", "size_inches", "dials", "unit", "multiplier"]
    return append_frame(Meter._meta.db_table, rows.select(columns))


def add_installations(rows: pl.DataFrame) -> pl.Series:
    """Hang meters on service points and return the installations' ids in order.

    Columns: `meter_id`, `service_point_id`, `starts_on`, `ends_on` (null while it hangs), `first_register`.
    """
    columns = ["meter_id", "service_point_id", "starts_on", "ends_on", "first_register"]
    return append_frame(Installation._meta.db_table, rows.select(columns))
