"""Segments: what each agreement is charged for, and why the others are not."""

from datetime import date
from decimal import Decimal

import polars as pl

from curbstop.billing.domain.segments import active, settle

THROUGH = date(2026, 5, 1)
WATER, SEWER, REFUSE = 1, 2, 3


def due(*agreements):
    """Return agreements of account 7 as (agreement_id, service_id), due since March 1."""
    rows = [
        {
            "account_id": 7,
            "agreement_id": agreement,
            "service_id": service,
            "starts_on": date(2026, 3, 1),
            "ends_on": None,
            "billed_to": None,
            "cycle_starts_on": date(2026, 3, 1),
            "needs_usage": service != REFUSE,
        }
        for agreement, service in agreements
    ]
    types = {"ends_on": pl.Date, "billed_to": pl.Date}
    return active(pl.DataFrame(rows, schema_overrides=types), through=THROUGH)


USE = {
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "quantity": pl.Decimal(18, 4),
    "unit": pl.String,
    "meter_size": pl.String,
}


def use(*rows):
    """Return uses of March and April from (usage_id, agreement_id, CCF)."""
    found = [
        (usage, agreement, date(2026, 3, 1), THROUGH, Decimal(ccf), "ccf", '5/8"') for usage, agreement, ccf in rows
    ]
    return pl.DataFrame(found, schema=USE, orient="row")


def settled(agreements, usage):
    segments = settle(due(*agreements), use(*usage), through=THROUGH, days_min=55)
    billed = {row["agreement_id"]: int(row["quantity"] or 0) for row in segments.billed.iter_rows(named=True)}
    unbilled = {row["agreement_id"]: row["reason"] for row in segments.unbilled.iter_rows(named=True)}
    return billed, unbilled


class TestSettle:
    def test_charges_sewer_only_for_what_came_back(self):
        """Of thirty units through the main twelve went to the garden: water pays for 30, sewer for 18."""
        usage = use((1, 10, 30)).with_columns(returned=pl.lit(18, pl.Decimal(18, 4)))

        segments = settle(due((10, WATER), (11, SEWER)), usage, through=THROUGH, days_min=55)

        assert dict(segments.billed.select("agreement_id", "quantity").iter_rows()) == {10: 30, 11: 18}

    def test_charges_sewer_by_the_use_of_the_water_meter(self):
        assert settled([(11, WATER), (12, SEWER)], [(1, 11, 14)]) == ({11: 14, 12: 14}, {})

    def test_charges_sewer_by_all_water_meters_of_the_account(self):
        agreements = [(11, WATER), (13, WATER), (12, SEWER)]

        assert settled(agreements, [(1, 11, 14), (2, 13, 3)]) == ({11: 14, 13: 3, 12: 17}, {})

    def test_never_charges_a_water_service_by_the_use_of_another(self):
        agreements = [(11, WATER), (13, WATER)]

        assert settled(agreements, [(1, 11, 14), (2, 13, 3)]) == ({11: 14, 13: 3}, {})
        assert settled(agreements, [(1, 11, 14)]) == ({11: 14}, {13: "MISSING"})

    def test_waits_with_the_sewer_until_both_water_meters_were_read(self):
        agreements = [(11, WATER), (14, WATER), (12, SEWER), (13, REFUSE)]

        assert settled(agreements, [(1, 11, 14)]) == ({11: 14, 13: 0}, {12: "MISSING", 14: "MISSING"})

    def test_names_what_was_not_read(self):
        assert settled([(11, WATER), (12, SEWER)], []) == ({}, {11: "MISSING", 12: "MISSING"})

    def test_charges_no_day_of_refuse_while_the_water_beside_it_was_not_read(self):
        agreements = [(11, WATER), (12, SEWER), (13, REFUSE)]

        assert settled(agreements, []) == ({}, {11: "MISSING", 12: "MISSING", 13: "MISSING"})
        assert settled(agreements, [(1, 11, 14)]) == ({11: 14, 12: 14, 13: 0}, {})

    def test_charges_refuse_where_no_service_is_metered(self):
        assert settled([(13, REFUSE)], []) == ({13: 0}, {})
