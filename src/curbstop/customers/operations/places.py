"""Premises and the points where a service reaches them."""

import polars as pl

from curbstop.customers.domain.texts import address_key, clean_text
from curbstop.customers.models import Premises, ServicePoint
from curbstop.foundation.database.copying import append_frame, read_frame

PREMISES_TEXTS = ("address_line", "unit", "city", "state", "zip", "parcel")


def add_premises(rows: pl.DataFrame) -> pl.Series:
    """Add premises (the texts of an address and `inside_city`) and return their ids in order.

    A place is one place however its address is spelled: rows that mean the same, or a place that is known,
    share one id.

    :raises NotText: if a text holds a NUL
    """
    text = pl.String()
    cleaned = rows.with_columns(pl.col(name).map_elements(clean_text, return_dtype=text) for name in PREMISES_TEXTS)
    addresses = zip(cleaned["address_line"], cleaned["unit"], strict=True)
    key = pl.Series("search_key", [address_key(f"{line} {unit}") for line, unit in addresses], dtype=text)
    places = cleaned.select(*PREMISES_TEXTS, "inside_city").with_columns(key)
    known = _known_places(key.unique())
    fresh = places.join(known, on=["search_key", "zip"], how="anti").unique(
        ["search_key", "zip"], keep="first", maintain_order=True
    )
    added = fresh.select("search_key", "zip").with_columns(append_frame(Premises._meta.db_table, fresh))
    every = pl.concat([known, added.select(known.columns)])
    return places.join(every, on=["search_key", "zip"], how="left", maintain_order="left")["id"]


def _known_places(keys: pl.Series) -> pl.DataFrame:
    query = "select id, search_key, zip from customers_premises where search_key = any(%s)"
    schema: dict[str, type[pl.DataType]] = {"id": pl.Int64, "search_key": pl.String, "zip": pl.String}
    return read_frame(query, [keys.to_list()], schema)


def add_service_points(rows: pl.DataFrame) -> pl.Series:
    """Add service points (`premises_id`, `service_id`, `number`) and return their ids in order."""
    columns = ["premises_id", "service_id", "number"]
    return append_frame(ServicePoint._meta.db_table, rows.select(columns))
