from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curbstop.billing.domain.findings import Code, Limits
from curbstop.billing.domain.outsorting import after_assembly, after_rating, total_finding
from curbstop.billing.domain.partitions import cut
from curbstop.billing.domain.posting import journal_of
from curbstop.billing.domain.segments import active, settle

THROUGH = date(2026, 7, 1)
LIMITS = Limits(
    days_min=55,
    days_max=69,
    high_factor=2.0,
    high_change_ccf=5.0,
    low_factor=0.4,
    low_change_ccf=3.0,
    review_over_cents=250_000,
    hold_factor=3.0,
    hold_over_cents=20_000,
)
BILL = {
    "account_id": 1,
    "days": 60,
    "total_cents": 11_100,
    "smallest_service_cents": 600,
    "past_bills": 6,
    "past_mean_cents": 10_000.0,
    "last_cents": 10_000,
    "is_deliverable": True,
    "says_outside": None,
    "is_outside": False,
}
SEGMENT = {
    "account_id": 1,
    "agreement_id": 1,
    "days": 60,
    "quantity": Decimal(14),
    "unit": "ccf",
    "meter_size": '5/8"',
    "read_kind": "actual",
    "past_periods": 6,
    "year_daily": 0.2,
    "last_daily": 0.25,
    "past_quantity": Decimal(12),
    "past_serial": "A1",
    "meter_serial": "A1",
    "customer_class": "residential",
    "is_metered": True,
    "ends_agreement": False,
}


BILL_TYPES = {"past_mean_cents": pl.Float64, "says_outside": pl.Boolean, "last_cents": pl.Int64}
SEGMENT_TYPES = {
    **dict.fromkeys(("quantity", "past_quantity"), pl.Decimal(18, 4)),
    **dict.fromkeys(("year_daily", "last_daily"), pl.Float64),
    **dict.fromkeys(("past_serial", "meter_serial"), pl.String),
}


def outsorted(bill: dict | None = None, segment: dict | None = None, **limits) -> pl.DataFrame:
    asked = replace(LIMITS, **limits)
    rated = after_rating(pl.DataFrame([SEGMENT | (segment or {})], schema_overrides=SEGMENT_TYPES), asked)
    assembled = after_assembly(pl.DataFrame([BILL | (bill or {})], schema_overrides=BILL_TYPES), asked)
    return pl.concat([rated, assembled])


def found(bill: dict | None = None, segment: dict | None = None, **limits) -> dict[str, bool]:
    return dict(outsorted(bill, segment, **limits).select("code", "blocking").iter_rows())


class TestCut:
    @given(st.sets(st.integers(1, 10**9), max_size=300), st.integers(1, 50))
    def test_puts_each_account_into_one_partition(self, ids, accounts_min):
        ascending = sorted(ids)

        stretches = cut(ascending, accounts_min)

        held = [[i for i in ascending if s.first_account_id <= i <= s.last_account_id] for s in stretches]
        assert [i for part in held for i in part] == ascending
        assert [s.number for s in stretches] == list(range(1, len(stretches) + 1))
        assert all(len(part) >= accounts_min for part in held) or len(held) <= 1


class TestFind:
    def test_finds_nothing_in_an_ordinary_bill(self):
        assert found() == {}

    @given(st.integers(2, 400))
    def test_holds_every_bill_beyond_the_fuse(self, times):
        # Three times the mean and $200 (trust.md P11): all planted absurd bills are held.
        assert found(bill={"total_cents": 30_000 * times})["FUSE"]

    @given(st.decimals(Decimal(2311), Decimal(90_000), places=2))
    def test_holds_more_than_the_meter_lets_through(self, ccf):
        assert found(segment={"quantity": ccf})["CAPACITY"]

    def test_holds_a_meter_that_stopped(self):
        assert found(segment={"quantity": Decimal(0)})["ZERO2"]

    def test_lists_high_and_low_use(self):
        assert found(segment={"quantity": Decimal(30)}) == {"HIGH": False}
        assert found(segment={"quantity": Decimal(4)}) == {"LOW": False}

    def test_does_not_hold_the_usual_bill_of_a_large_customer(self):
        assert found(bill={"total_cents": 300_000, "past_mean_cents": 290_000.0}) == {"AMT": False}

    def test_holds_a_credit(self):
        assert found(bill={"smallest_service_cents": -1})[Code.CREDIT]

    def test_compares_use_with_last_year_then_the_last_periods_then_the_class(self):
        no_year, no_past = {"year_daily": None}, {"year_daily": None, "last_daily": None}
        class_daily = {"residential": 0.1}

        def baseline(**segment):
            rows = outsorted(segment={"quantity": Decimal(45)} | segment, class_daily_ccf=class_daily)
            return dict(rows.select("code", "baseline").iter_rows())["HIGH"]

        assert (baseline(), baseline(**no_year), baseline(**no_past)) == ("year", "last", "class")

    def test_holds_use_far_beyond_the_class_where_nothing_else_is_known(self):
        first = {"quantity": Decimal(45), "year_daily": None, "last_daily": None, "past_quantity": None}

        assert found(segment=first, class_daily_ccf={"residential": 0.1}) == {"HIGH": True}
        assert found(segment=first) == {}

    def test_holds_what_fell_to_a_trifle(self):
        assert found(segment={"quantity": Decimal(1)}, hold_low_factor=0.1) == {"LOW": True}

    def test_lists_no_use_again_a_new_meter_and_the_same_use_twice(self):
        nothing = {"quantity": Decimal(0), "year_daily": 0.0, "last_daily": 0.0}
        assert found(segment=nothing) == {"ZERO": False}
        assert found(segment={"meter_serial": "B2"}) == {"EXCH": False}
        assert found(segment={"past_quantity": Decimal(14)}, same_over_ccf=10.0) == {"SAME": False}

    def test_leaves_the_meter_to_the_service_that_has_one(self):
        assert found(segment={"quantity": Decimal(9_000), "is_metered": False}) == {}

    def test_holds_what_cannot_be_mailed_or_is_taken_for_the_wrong_side_of_the_line(self):
        assert found(bill={"is_deliverable": False}) == {"ADDR": True}
        assert found(bill={"says_outside": True}) == {"ADDR": True}
        assert found(bill={"says_outside": True, "is_outside": True}) == {}

    def test_lists_a_bill_of_nothing_and_one_far_above_the_last(self):
        assert found(bill={"total_cents": 0})["AMT"] is False
        assert found(bill={"total_cents": 29_000, "last_cents": 5_000}) == {"AMT": False}

    def test_holds_by_what_the_city_says_holds(self):
        assert found(bill={"past_bills": None}, holding=frozenset({"FIRST"})) == {"FIRST": True}

    def test_says_at_which_of_the_two_passes_it_was_noticed(self):
        rows = outsorted(bill={"total_cents": 90_000}, segment={"quantity": Decimal(30)})
        assert dict(rows.select("code", "stage").iter_rows()) == {"HIGH": "rating", "FUSE": "assembly"}

    def test_lists_periods_of_unusual_length_and_first_bills(self):
        assert found(bill={"days": 40, "past_bills": None, "past_mean_cents": None}) == {"DAYS": False, "FIRST": False}


class TestTotalFinding:
    def test_speaks_of_a_run_that_is_far_from_its_forecast(self):
        limits = Limits(total_change_percent=20)

        assert total_finding(total_cents=120, forecast_cents=100, limits=limits) is None
        assert total_finding(total_cents=79, forecast_cents=100, limits=limits) == {
            "total_cents": 79,
            "forecast_cents": 100,
            "change_percent": -21,
        }
        assert total_finding(total_cents=500, forecast_cents=100, limits=Limits()) is None


AGREEMENT_SCHEMA = {
    "account_id": pl.Int64,
    "agreement_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "billed_to": pl.Date,
    "cycle_starts_on": pl.Date,
    "service_id": pl.Int64,
    "needs_usage": pl.Boolean,
}
USAGE_SCHEMA = {
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "quantity": pl.Decimal(18, 4),
    "unit": pl.String,
    "meter_size": pl.String,
}
days = st.dates(date(2026, 1, 1), date(2026, 7, 30))


@st.composite
def agreements(draw):
    rows = []
    for agreement_id in range(1, draw(st.integers(1, 12)) + 1):
        starts_on = draw(days)
        ends_on = draw(st.none() | days.filter(lambda day, first=starts_on: day > first))
        billed_to = draw(st.none() | days.filter(lambda day, first=starts_on: day > first))
        row = (agreement_id // 3, agreement_id, starts_on, ends_on, billed_to, date(2026, 1, 1), agreement_id % 3)
        rows.append((*row, draw(st.sampled_from([True, False, None]))))
    return pl.DataFrame(rows, schema=AGREEMENT_SCHEMA, orient="row")


@st.composite
def usages(draw):
    rows = []
    for usage_id in range(1, draw(st.integers(0, 8)) + 1):
        starts_on = draw(days.filter(lambda day: day < THROUGH))
        ends_on = draw(st.dates(starts_on, THROUGH).filter(lambda day, first=starts_on: day > first))
        rows.append((usage_id, draw(st.integers(1, 12)), starts_on, ends_on, Decimal(5), "ccf", '5/8"'))
    frame = pl.DataFrame(rows, schema=USAGE_SCHEMA, orient="row")
    return frame.unique("agreement_id", keep="first", maintain_order=True)


class TestSettle:
    @given(agreements(), usages())
    def test_gives_each_agreement_segments_or_a_reason_never_both_nor_neither(self, agreements, usage):
        due = active(agreements, through=THROUGH)

        settled = settle(due, usage, through=THROUGH, days_min=27)

        billed = set(settled.billed["agreement_id"])
        unbilled = settled.unbilled["agreement_id"].to_list()
        assert len(unbilled) == len(set(unbilled))
        assert billed.isdisjoint(unbilled)
        assert billed | set(unbilled) == set(due["agreement_id"])

    @given(agreements(), usages())
    def test_charges_no_day_that_was_billed(self, agreements, usage):
        due = active(agreements, through=THROUGH)

        settled = settle(due, usage, through=THROUGH, days_min=27)

        billed_to = dict(due.select("agreement_id", "billed_to").iter_rows())
        for row in settled.billed.iter_rows(named=True):
            assert row["days"] > 0
            assert billed_to[row["agreement_id"]] is None or row["starts_on"] >= billed_to[row["agreement_id"]]


class TestJournalOf:
    @given(st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=3), min_size=1, max_size=20))
    def test_balances_every_entry_and_owes_what_was_billed(self, charges):
        totals = pl.DataFrame(
            [(account, service, cents) for account, row in enumerate(charges) for service, cents in enumerate(row)],
            schema=["account_id", "service_id", "cents"],
            orient="row",
        )
        bills = pl.DataFrame(
            [(account + 1, account, account, sum(row)) for account, row in enumerate(charges)],
            schema=["number", "account_id", "debtor_id", "total_cents"],
            orient="row",
        )
        services = pl.DataFrame(
            [(each, f"Service {each}", 10 + each, 20 + each, each) for each in range(3)],
            schema=["service_id", "name", "receivable_id", "revenue_id", "rank"],
            orient="row",
        )

        journal = journal_of(bills, totals, services, due_on=THROUGH)

        sums = journal.postings.group_by("entry_index").agg(pl.col("debit_cents", "credit_cents").sum())
        assert sums.filter(pl.col("debit_cents") != pl.col("credit_cents")).is_empty()
        assert journal.items["amount_cents"].sum() == bills["total_cents"].sum()
        assert journal.entries.height == bills.filter(pl.col("total_cents") > 0).height
