"""Premises and the points where a service reaches them."""

import polars as pl

from curbstop.customers.domain.texts import address_key, clean_text
from curbstop.customers.models import Premises, ServicePoint
from curbstop.foundation.database.copying import append_frame

PREMISES_TEXTS = ("address_line", "unit", "city", "state", "zip", "parcel")


def add_premises(rows: pl.DataFrame) -> pl.Series:
    """Add premises (the texts of an address and `inside_city`) and return their ids in order.

    :raises NotText: if a text holds a NUL
    """
    text = pl.String()
    cleaned = rows.with_columns(pl.col(name).map_elements(clean_text, return_dtype=text) for name in PREMISES_TEXTS)
    addresses = zip(cleaned["address_line"], cleaned["unit"], strict=True)
    key = pl.Series("search_key", [address_key(f"{line} {unit}") for line, unit in addresses])
    columns = [*PREMISES_TEXTS, "inside_city"]
    return append_frame(Premises._meta.db_table, cleaned.select(columns).with_columns(key.cast(text)))


def add_service_points(rows: pl.DataFrame) -> pl.Series:
    """Add service points (`premises_id`, `service_id`, `number`) and return their ids in order."""
    columns = ["premises_id", "service_id", "number"]
    return append_frame(ServicePoint._meta.db_table, rows.select(columns))
