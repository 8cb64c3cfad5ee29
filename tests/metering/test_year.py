"""A year of a city in which one read of twenty never comes: what is billed is what was used (trust.md P14)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from random import Random
from time import perf_counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.foundation.database.transactions import transaction
from curbstop.metering.domain.true_up import largest_remainder, respread_registers
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Read, ReadException, Usage
from curbstop.metering.operations import (
    accept_read,
    add_reads,
    estimate_missing,
    record_reads,
    settle_usage,
    spread_again,
)
from curbstop.metering.operations.exceptions import review_reads
from curbstop.metering.proofs import PROOFS
from curbstop.metering.queries import AccountRange, usage_policy_on

AT = datetime(2026, 9, 2, 9, 30, tzinfo=UTC)
# Two days on which the clocks change and a February of 28 days lie in this year; reads are of days.
MONTHS = [date(2026, month, 5) for month in range(2, 13)] + [date(2027, 1, 5)]
HOUSES, MISSING_SHARE = 60, 0.05


def everybody(city):
    return AccountRange(city["account_id"].min(), city["account_id"].max())


def settle(city, through):
    return settle_usage(accounts=everybody(city), through=through, policy=usage_policy_on(through), by=None, at=AT)


def decide_all(clerk):
    """Decide about each held read as a clerk would: spread an estimate that was too high, accept what was read."""
    for held in ReadException.objects.filter(holds=True, disposed_at=None).order_by("pk"):
        held.refresh_from_db()
        if held.disposed_at is not None:
            continue
        decide = spread_again if held.code == "OVER_EST" else accept_read
        decide(exception=held, note="Looked at it", by=clerk, at=AT)


@pytest.mark.django_db
class TestAYear:
    def test_bills_what_was_used_though_reads_are_missing(self, city, person):
        town, clerk, chance = city(HOUSES), person("clerk"), Random(14)
        register = dict.fromkeys(range(1, HOUSES + 1), Decimal(100))
        for month in MONTHS:
            lines = []
            for house in register:
                register[house] += Decimal(chance.randint(20, 140)) / 10
                # The last read of the year comes from everybody: only then is the year known.
                if month == MONTHS[-1] or chance.random() >= MISSING_SHARE:
                    lines.append(f"M-{house},{month},{register[house]}\n")
            file = read_meter_file(("meter,read_on,register\n" + "".join(lines)).encode(), name=f"{month}.csv")
            record_reads(file=file, on=month, by=clerk, at=AT)
            estimate_missing(accounts=everybody(town), on=month, by=clerk, at=AT)
            decide_all(clerk)
            settle(town, month)

        standing = Usage.objects.filter(superseded_at=None, kind="read")
        billed = dict.fromkeys(town["agreement_id"], Decimal(0))
        for use in standing:
            billed[use.agreement_id] += use.billed
        true = [reading - 100 for reading in register.values()]
        assert list(billed.values()) == [Decimal(int(use)) for use in true]
        assert sum(use.registered for use in standing) == sum(true)
        assert Read.objects.filter(kind="estimated").exists()
        assert Usage.objects.exclude(superseded_at=None).exists()
        assert [proof.name for proof in PROOFS if not proof.check().holds] == []

    def test_bills_nobody_from_an_estimate_that_is_not_labeled(self, city, person):
        town = city(3)
        file = read_meter_file(b"meter,read_on,register\nM-1,2026-02-05,109\nM-2,2026-02-05,111\n")
        record_reads(file=file, on=MONTHS[0], by=None, at=AT)
        settle(town, MONTHS[0])
        estimate_missing(accounts=everybody(town), on=MONTHS[0], by=person("clerk"), at=AT)

        (estimated,) = Read.objects.filter(kind="estimated")

        missing = ReadException.objects.get(code="MISSING")
        assert (missing.read, missing.disposition, missing.baseline_source) == (estimated, "estimate", "class_average")


class TestRespread:
    @given(
        start=st.integers(0, 10**9),
        used=st.integers(0, 10**7),
        days=st.lists(st.integers(1, 99), min_size=2, max_size=6),
    )
    def test_loses_no_unit_and_never_goes_back(self, start, used, days):
        """INV-8 of a true-up: the parts add up to floor(last) − floor(first), and no register is below another."""
        registers = [start, *respread_registers(start_e4=start, end_e4=start + used, days=days), start + used]

        assert registers == sorted(registers)
        units = [register // 10_000 for register in registers]
        parts = [later - earlier for earlier, later in pairwise(units)]
        assert sum(parts) == units[-1] - units[0]
        assert parts == list(largest_remainder(units[-1] - units[0], days))


@pytest.mark.django_db
class TestBulk:
    def measured(self, city, houses):
        """Review reads of as many meters, and return the seconds that it took."""
        town = city(houses)
        chance = Random(5)
        rows = town.select(
            "installation_id",
            read_on=pl.lit(date(2026, 2, 5)),
            register=pl.Series([Decimal(chance.randint(1000, 1300)) / 10 for _ in range(houses)]),
            kind=pl.lit("actual"),
            read_import_id=pl.lit(None, pl.Int64),
        )
        with transaction():
            ids = add_reads(rows).to_list()
            began = perf_counter()
            review_reads(ids, on=date(2026, 2, 5), at=AT)
        return perf_counter() - began

    def test_reviews_reads_in_columns(self, city):
        assert self.measured(city, 2_000) < 5

    @pytest.mark.long
    def test_reviews_two_hundred_thousand_reads_in_seconds(self, city):
        assert self.measured(city, 200_000) < 30

    @pytest.mark.long
    def test_takes_a_file_of_a_hundred_thousand_reads(self, city):
        city(100_000)
        lines = "".join(f"M-{n},2026-02-05,{100 + n % 25}\n" for n in range(1, 100_001))
        began = perf_counter()

        stored = record_reads(
            file=read_meter_file(f"meter,read_on,register\n{lines}".encode()), on=date(2026, 3, 1), by=None, at=AT
        )

        assert stored.rows == 100_000
        assert perf_counter() - began < 60
