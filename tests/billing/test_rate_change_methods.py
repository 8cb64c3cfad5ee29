"""The four ways to bill a period in which the rate changes, and how its use is split (rulebook §2.3, INV-9)."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.billing.domain.charges import charge
from curbstop.billing.domain.rate_changes import Piece, Stretch, pieces_of, with_rate_changes
from curbstop.rates.domain.schedule import Schedule
from curbstop.rates.domain.tariff.reader import compile_tariff

CHESAPEAKE = """
tariff: chesapeake
unit: ccf
section: "78-71"
rate_change: {method}
period: {{standard_days: 60, as_is_from: {least}, as_is_to: {most}, months: 2}}
components:
  - {{key: service, service: water, label: {{en: Service, es: Servicio}}, base: {base}}}
  - key: use
    service: water
    label: {{en: Use, es: Consumo}}
    tiers:
      - {{up_to: 10, price: {first}}}
      - {{up_to: 16000, price: {second}}}
      - {{price: {third}}}
"""
OLD = {"base": "21.46", "first": "4.25", "second": "9.06", "third": "6.65"}
NEW = {"base": "22.08", "first": "4.37", "second": "9.32", "third": "6.84"}
DECEMBER, NEW_YEAR, FEBRUARY = date(2023, 12, 5), date(2024, 1, 1), date(2024, 2, 3)
BEFORE = date(2023, 10, 1)


def schedules(method: str, *, least: int = 60, most: int = 60, **changed: str) -> dict[int, Schedule]:
    documents = (OLD, {**NEW, **changed})
    return {
        number: compile_tariff(CHESAPEAKE.format(method=method, least=least, most=most, **each))
        for number, each in enumerate(documents, start=1)
    }


def segment(usage: str = "14", starts_on: date = DECEMBER, ends_on: date = FEBRUARY, **facts: Any) -> pl.DataFrame:
    row = {
        "account_id": 1,
        "agreement_id": 7,
        "usage_id": 3,
        "service_id": 1,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "days": (ends_on - starts_on).days,
        "quantity": Decimal(usage),
        "unit": "ccf",
        "meter_size": '5/8"',
        "schedule_version_id": 2,
        "customer_class": "",
        "inputs": "{}",
        **facts,
    }
    return pl.DataFrame([row], schema_overrides={"quantity": pl.Decimal(20, 4), "days": pl.Int64})


def stretches(changed_on: date = NEW_YEAR) -> pl.DataFrame:
    common = {"agreement_id": 7, "customer_class": "", "inputs": "{}"}
    return pl.DataFrame(
        [
            {**common, "schedule_version_id": 1, "starts_on": BEFORE, "ends_on": changed_on},
            {**common, "schedule_version_id": 2, "starts_on": changed_on, "ends_on": None},
        ],
        schema_overrides={"ends_on": pl.Date},
    )


def billed(method: str, usage: str = "14", bill_on: date = FEBRUARY, **facts: Any) -> pl.DataFrame:
    known = schedules(method, **facts)
    rated = with_rate_changes(segment(usage), stretches(), known, bill_on=bill_on)
    assert rated.problems.is_empty()
    charges = charge(rated.segments, known, {"water": 1})
    assert charges.problems.is_empty()
    return charges.lines


def amounts(lines: pl.DataFrame) -> list[tuple[str, str, int]]:
    return [(key, f"{quantity:f}".rstrip("0").rstrip("."), cents) for key, quantity, cents in lines.select(
        "component", "quantity", "amount_cents").rows()]  # fmt: skip


class TestBillByTheRateOf:
    """WX-2.3b: December 5 to February 3, the rate of October until New Year, fourteen CCF."""

    def test_each_day_splits_the_tiers_with_the_use(self) -> None:
        lines = billed("split")
        assert amounts(lines) == [
            ("service", "27", 966),
            ("use", "4.5", 1913),
            ("use", "1.8", 1631),
            ("service", "33", 1214),
            ("use", "5.5", 2404),
            ("use", "2.2", 2050),
        ]
        # The rulebook rounds 35.43 and 44.54 of each part; by the line they are a cent more each.
        assert lines.filter(component="use")["amount_cents"].sum() == 3544 + 4454
        assert lines.select("starts_on", "ends_on", "schedule_version_id").unique(maintain_order=True).rows() == [
            (DECEMBER, NEW_YEAR, 1),
            (NEW_YEAR, FEBRUARY, 2),
        ]

    @pytest.mark.parametrize("method", ["read_date", "bill_date", "half_period"])
    def test_one_day_bills_the_whole_period(self, method: str) -> None:
        assert amounts(billed(method)) == [("service", "1", 2208), ("use", "10", 4370), ("use", "4", 3728)]

    def test_half_the_period_keeps_the_old_rate_until_then(self) -> None:
        known = schedules("half_period")
        for changed_on, version in ((date(2024, 1, 4), 2), (date(2024, 1, 5), 1)):
            rated = with_rate_changes(segment(), stretches(changed_on), known, bill_on=FEBRUARY)
            assert rated.segments["schedule_version_id"].to_list() == [version]

    def test_the_bill_takes_a_rate_that_began_after_the_read(self) -> None:
        known = schedules("bill_date")
        for bill_on, version in ((date(2024, 2, 9), 1), (date(2024, 2, 10), 2)):
            rated = with_rate_changes(segment(), stretches(date(2024, 2, 10)), known, bill_on=bill_on)
            assert rated.segments["schedule_version_id"].to_list() == [version]

    def test_the_read_takes_a_rate_of_its_own_day(self) -> None:
        known = schedules("read_date")
        for changed_on, version in ((FEBRUARY, 2), (date(2024, 2, 4), 1)):
            rated = with_rate_changes(segment(), stretches(changed_on), known, bill_on=date(2024, 2, 9))
            assert rated.segments["schedule_version_id"].to_list() == [version]


class TestSplitPeriod:
    @given(
        usage=st.decimals(0, 10**6, places=4),
        days=st.integers(2, 120),
        cut=st.integers(1, 119),
        least=st.sampled_from([30, 55, 60]),
    )
    def test_adds_up_to_the_whole(self, usage: Decimal, days: int, cut: int, least: int) -> None:
        """At one price before and after, the parts hold what the whole holds: use, tiers and days (INV-9)."""
        changed_on = DECEMBER + timedelta(days=min(cut, days - 1))
        known = schedules("split", least=least, most=65, **OLD)
        whole_segment = segment(str(usage), ends_on=DECEMBER + timedelta(days=days))
        whole = charge(whole_segment, known, {"water": 1}).lines
        rated = with_rate_changes(whole_segment, stretches(changed_on), known, bill_on=FEBRUARY)
        parts = charge(rated.segments, known, {"water": 1}).lines

        assert rated.segments["quantity"].sum() == usage
        assert rated.segments["days"].sum() == days
        assert parts.filter(component="use")["quantity"].sum() == usage
        ends = parts["derivation"].str.json_path_match("$.up_to").cast(pl.Decimal(38, 8))
        first = parts.with_columns(ends=ends).filter(pl.col("derivation").str.contains('"tier":1,', literal=True))
        of_whole = whole["derivation"].str.json_path_match("$.up_to").cast(pl.Decimal(38, 8))[1]
        assert first["ends"].sum() == of_whole
        difference = parts.filter(component="service")["amount_cents"].sum() - whole["amount_cents"][0]
        assert abs(difference) <= 1

    def test_gives_what_is_left_to_the_largest_remainder(self) -> None:
        rated = with_rate_changes(segment("0.0001"), stretches(), schedules("split"), bill_on=FEBRUARY)
        assert rated.segments["quantity"].to_list() == [Decimal("0.0000"), Decimal("0.0001")]

    def test_holds_a_period_of_which_some_days_have_no_rate(self) -> None:
        gap = stretches().with_columns(
            starts_on=pl.when(schedule_version_id=2).then(date(2024, 1, 3)).otherwise("starts_on")
        )
        rated = with_rate_changes(segment(), gap, schedules("split"), bill_on=FEBRUARY)
        assert rated.segments.is_empty()
        assert rated.problems.rows() == [(7, "No rate is in force from 2024-01-01 to 2024-01-03.")]

    def test_refuses_a_rate_that_cannot_be_priced_in_parts(self) -> None:
        known = schedules("split")
        known[1] = compile_tariff(
            "tariff: old\nunit: ccf\nsection: s\ncomponents:\n  - {key: fine, service: water, label: {en: a, es: b}, "
            "base: 25, when: {formula: usage > 6}}\n"
        )
        rated = with_rate_changes(segment(), stretches(), known, bill_on=FEBRUARY)
        problems = charge(rated.segments, known, {"water": 1}).problems
        assert problems["problem"].to_list() == [
            "old: a period cannot be split: fine compares what was used with a number"
        ]

    def test_carries_an_average_that_nobody_assigned_into_both_parts(self) -> None:
        rows = stretches().with_columns(inputs=pl.Series(['{"eru": "1"}', '{"eru": "2"}']))
        known = schedules("split")
        averaged = segment(inputs='{"eru": "2", "winter_average": "5"}')
        rated = with_rate_changes(averaged, rows, known, bill_on=FEBRUARY)
        assert rated.segments["inputs"].to_list() == [
            '{"winter_average": "5", "eru": "1"}',
            '{"winter_average": "5", "eru": "2"}',
        ]

    def test_leaves_other_agreements_as_they_are(self) -> None:
        other = segment().with_columns(agreement_id=pl.lit(8, pl.Int64))
        rated = with_rate_changes(pl.concat([segment(), other]), stretches(), schedules("split"), bill_on=FEBRUARY)
        assert rated.segments.sort("agreement_id", "starts_on").select(
            "agreement_id", "days", "period_days"
        ).rows() == [
            (7, 27, 60),
            (7, 33, 60),
            (8, 60, None),
        ]


class TestPiecesOf:
    @given(st.lists(st.integers(-40, 80), min_size=1, max_size=4, unique=True), st.integers(1, 70), st.integers(0, 20))
    def test_cover_every_day_once(self, starts: list[int], days: int, wait: int) -> None:
        firsts = sorted(DECEMBER + timedelta(days=each) for each in starts)
        lasts = [*firsts[1:], None]
        ends_on = DECEMBER + timedelta(days=days)
        for method in ("", "split", "read_date", "bill_date", "half_period"):
            rates = [Stretch(first, last, method) for first, last in zip(firsts, lasts, strict=True)]
            pieces = pieces_of(DECEMBER, ends_on, ends_on + timedelta(days=wait), rates)
            assert pieces[0].starts_on == DECEMBER
            assert pieces[-1].ends_on == ends_on
            assert all(one.ends_on == next_one.starts_on for one, next_one in pairwise(pieces))

    def test_is_the_rate_of_the_last_day_where_nothing_is_said(self) -> None:
        rates = [Stretch(BEFORE, NEW_YEAR, ""), Stretch(NEW_YEAR, None, "")]
        assert pieces_of(DECEMBER, FEBRUARY, FEBRUARY, rates) == [Piece(1, DECEMBER, FEBRUARY)]
        assert pieces_of(DECEMBER, NEW_YEAR, FEBRUARY, rates) == [Piece(0, DECEMBER, NEW_YEAR)]
