"""Real usage keeps every row and never has two periods of one meter on one day."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from curbstop.billing.operations.cycles import declare_cycles
from curbstop.customers.models import Account, ServiceAgreement
from curbstop.demo.santa_monica import (
    FILE,
    Codes,
    DataMissing,
    load_volumes,
    read_volumes,
    with_agreements,
)
from curbstop.foundation.database.transactions import transaction
from curbstop.metering.models import Usage
from curbstop.rates.models import RateAssignment

DATA = Path(__file__).parents[3] / "shared" / "data"
AT = datetime(2026, 11, 9, 13, 0, tzinfo=UTC)
needs_data = pytest.mark.skipif(not (DATA / FILE).exists(), reason="../shared/data holds no real usage here")


def rows_of(*rows):
    columns = {"customer": pl.String, "class": pl.String, "month": pl.Date, "volume": pl.Int64}
    return pl.DataFrame(rows, schema=columns, orient="row")


class TestWithAgreements:
    def test_gives_two_rows_in_one_month_two_meters(self):
        month = date(2015, 3, 1)

        found = with_agreements(rows_of(("7", "A", month, 3), ("7", "A", month, 4)))

        assert found["meter"].to_list() == [1, 2]
        assert found["starts_on"].to_list() == [date(2015, 1, 1)] * 2

    def test_gives_rows_in_adjacent_months_two_meters(self):
        months = [date(2015, month, 1) for month in (1, 2, 3, 4, 5)]

        found = with_agreements(rows_of(*(("7", "A", month, 1) for month in months)))

        assert found["meter"].to_list() == [1, 2, 1, 2, 1]

    def test_keeps_classes_apart(self):
        found = with_agreements(rows_of(("7", "A", date(2015, 3, 1), 3), ("7", "B", date(2015, 3, 1), 4)))

        assert found["meter"].to_list() == [1, 1]

    @needs_data
    def test_keeps_every_row_and_overlaps_none(self):
        found = with_agreements(read_volumes(DATA))

        meters = (
            found.sort("starts_on")
            .group_by("customer", "class", "meter")
            .agg(overlaps=(pl.col("starts_on").shift(-1) < pl.col("ends_on")).any())
        )
        assert (found.height, found["customer"].n_unique(), meters.height) == (218_067, 17_667, 25_539)
        assert not meters["overlaps"].any()
        assert found.filter(pl.col("class") == "OTHER").height == 811


class TestReadVolumes:
    def test_says_which_file_is_missing(self, tmp_path):
        with pytest.raises(DataMissing, match=r"water_reads_santamonica\.csv\.gz is not there"):
            read_volumes(tmp_path)


@needs_data
class TestLoadUsage:
    def test_loads_every_volume_and_holds_what_has_no_rate(self, larkspur_bend):
        with transaction():
            declare_cycles([("BIMONTHLY", "Every two months", 2)])
        volumes = some_customers(read_volumes(DATA))

        loaded = load_volumes(
            volumes=volumes, by=larkspur_bend, at=AT, codes=Codes(schedule="stormwater"), told=lambda _: None
        )

        assert loaded.volumes == Usage.objects.count() > 1_000
        assert Account.objects.count() == 100
        unrated = ServiceAgreement.objects.exclude(pk__in=RateAssignment.objects.values("agreement_id"))
        assert unrated.exists()
        assert all("-OTHER-" in agreement.service_point.number for agreement in unrated)


def some_customers(rows):
    """Return the rows of a hundred customers, those without a rate among them."""
    unrated = rows.filter(pl.col("class") == "OTHER")["customer"].unique().sort().head(10)
    others = (
        rows["customer"].unique().sort().filter(~rows["customer"].unique().sort().is_in(unrated.to_list())).head(90)
    )
    return rows.filter(pl.col("customer").is_in([*unrated, *others]))
