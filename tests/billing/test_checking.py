"""The independent checker: it agrees with the engine on every bill, and names the line whose derivation was touched."""

import ast
import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.billing.domain import checked_formulas, checking
from curbstop.billing.domain.checking import Bill, Checker, Line, faults_of
from curbstop.billing.domain.proving import unproven
from curbstop.rates.domain.charges import price
from curbstop.rates.domain.tariff.reader import compile_tariff

TARIFF = """
tariff: town
unit: ccf
section: "13.04.030"
period: {standard_days: 60, as_is_from: 55, as_is_to: 65, months: 2}
multiplier: {by: city_limits, table: {inside: 1, outside: 1.5}}
components:
  - key: water_service
    service: water
    label: {en: Water service, es: Servicio de agua}
    base: {by: meter_size, table: {5/8": 21.46, 1": 53.65}}
  - key: water_use
    service: water
    label: {en: Water use, es: Consumo de agua}
    tiers:
      by: zone
      table:
        A: [{up_to: 10, price: 4.25}, {up_to: 160, price: 9.06}, {price: 6.65}]
        B: [{up_to: 12, price: 5.25}, {up_to: 140, price: 9.06}, {price: 6.65}]
  - key: sewer_use
    service: sewer
    label: {en: Sewer use, es: Uso de alcantarillado}
    section: "13.08.010"
    quantity: {of: usage, at_most: winter_average}
    included: 2
    multiplier: none
    price: 2.35716
  - key: sewer_minimum
    service: sewer
    label: {en: Sewer minimum, es: Mínimo}
    minimum: {per_day: 0.30}
    of: [sewer_use]
  - key: stormwater
    service: stormwater
    label: {en: Stormwater, es: Aguas pluviales}
    quantity: eru
    unit: eru
    multiplier: none
    per_day: 0.48612345
  - key: utility_tax
    service: tax
    label: {en: Utility tax, es: Impuesto}
    section: "30-141"
    percent: 20
    of: [water_service, water_use]
    cap_per_month: 13.00
"""
STARTS_ON = date(2026, 5, 1)
ROW = st.fixed_dictionaries(
    {
        "usage": st.decimals(0, 400, places=4),
        "days": st.integers(1, 130),
        "city_limits": st.sampled_from(["inside", "outside"]),
        "zone": st.sampled_from(["A", "B"]),
        "meter_size": st.sampled_from(['5/8"', '1"']),
        "winter_average": st.decimals(0, 40, places=3).map(str),
        "eru": st.decimals("0.1", 50, places=1).map(str),
    }
)


def bills_of(rows: list[dict[str, Any]], tariff: str = TARIFF) -> list[Bill]:
    """Price rows as the engine does, and return the bills that the checker looks at."""
    frame = pl.DataFrame(rows, schema_overrides={"usage": pl.Decimal(18, 4)})
    lines = price(compile_tariff(tariff), frame, {"schedule": "town", "version": "2026-01-01"}).lines
    bills = []
    for (number,), found in lines.group_by("row", maintain_order=True):
        days = rows[int(str(number))]["days"]
        ends_on = STARTS_ON + timedelta(days=days)
        printed = [
            Line(
                place, "town", STARTS_ON, ends_on, line["key"], line["quantity"], line["unit"], line["unit_price"],
                line["amount_cents"], line["section"], "town", "2026-01-01", line["derivation"],
            )
            for place, line in enumerate(found.to_dicts(), start=1)
        ]  # fmt: skip
        bills.append(
            Bill(int(str(number)), STARTS_ON, ends_on, days, sum(each.amount_cents for each in printed), printed)
        )
    return bills


def some_rows(count: int, seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "usage": Decimal(chance.randrange(4_000_000)).scaleb(-4),
            "days": chance.choice([60, 61, 62, chance.randint(20, 130)]),
            "city_limits": chance.choice(["inside", "outside"]),
            "zone": chance.choice("AB"),
            "meter_size": chance.choice(['5/8"', '1"']),
            "winter_average": str(chance.randrange(400) / 10),
            "eru": str(chance.randrange(1, 500) / 10),
        }
        for _ in range(count)
    ]


class TestFaultsOf:
    @given(st.lists(ROW, min_size=1, max_size=8))
    def test_finds_none_on_what_the_engine_priced(self, rows):
        assert [fault for bill in bills_of(rows) for fault in faults_of(bill)] == []

    def test_names_what_is_wrong_with_the_bill_itself(self):
        (bill,) = bills_of(some_rows(1, 7))

        assert faults_of(bill._replace(total_cents=bill.total_cents + 1))[0].line_number == 0
        assert "numbered" in faults_of(bill._replace(lines=bill.lines[1:]))[1].words
        assert "days are not from" in faults_of(bill._replace(days=bill.days + 1))[0].words
        assert "its lines for" in faults_of(bill._replace(starts_on=STARTS_ON - timedelta(days=1)))[0].words

    def test_misses_a_step_that_was_left_out(self):
        (bill,) = bills_of([some_rows(1, 7)[0] | {"usage": Decimal(30)}])
        lines = [line for line in bill.lines if '"tier":1' not in line.derivation]

        found = faults_of(bill._replace(lines=lines))

        assert any("begins above" in fault.words for fault in found)

    @pytest.mark.parametrize(
        "derivation",
        [
            "",
            "[]",
            "{}",
            '{"charge":1}',
            '{"method":"guess"}',
            '{"quantity_is":"__import__(1)"}',
            '{"quantity_is":"2**9"}',
        ],
    )
    def test_names_a_line_whose_derivation_cannot_be_read(self, derivation):
        (bill,) = bills_of(some_rows(1, 3))
        first = bill.lines[0]._replace(derivation=derivation)

        found = faults_of(bill._replace(lines=[first, *bill.lines[1:]]))

        assert found[0].line_number == 1
        assert "cannot be read" in found[0].words


class TestMutations:
    def test_name_the_line_for_every_digit_that_matters(self):
        """2,000 digits changed, one at a time: the line is named unless the engine prices the changed inputs alike."""
        chance, rows = random.Random(20261122), some_rows(300, 11)
        bills = bills_of(rows)
        honest = Checker()
        assert not [fault for bill in bills for fault in honest.faults_of(bill)]
        assert not honest.strangers()
        unnoticed = Counter[str]()
        for _ in range(2_000):
            bill = chance.choice(bills)
            place = chance.randrange(len(bill.lines))
            line, what = mutated(bill.lines[place], chance)
            lines = [*bill.lines[:place], line, *bill.lines[place + 1 :]]
            touched = bill._replace(lines=lines, total_cents=sum(each.amount_cents for each in lines))
            found = {fault.line_number for fault in faults_of(touched)}
            if line.line_number not in found and not is_stranger(touched, line, bills):
                unnoticed[what] += 1
        assert sum(unnoticed.values()) <= 20, unnoticed


def is_stranger(touched: Bill, line: Line, bills: list[Bill]) -> bool:
    checker = Checker()
    for bill in bills:
        checker.faults_of(touched if bill.number == touched.number else bill)
    return (touched.number, line.line_number) in {(number, fault.line_number) for number, fault in checker.strangers()}


def mutated(line: Line, chance: random.Random) -> tuple[Line, str]:
    """Change one digit of a line's derivation, quantity, price or amount; return the line and what was changed."""
    field = chance.choice(["derivation"] * 6 + ["quantity", "unit_price", "amount_cents"])
    text = str(getattr(line, field))
    places = [place for place, each in enumerate(text) if each.isdigit()]
    place = chance.choice(places)
    digit = chance.choice([each for each in "0123456789" if each != text[place]])
    changed = f"{text[:place]}{digit}{text[place + 1 :]}"
    value: Any = changed if field == "derivation" else int(changed) if field == "amount_cents" else Decimal(changed)
    return line._replace(**{field: value}), f"{field}: …{text[max(0, place - 30) : place + 30]}… {digit}"


class TestIndependence:
    def test_imports_nothing_of_curbstop(self):
        trees = [ast.parse(Path(each.__file__).read_text()) for each in (checking, checked_formulas)]
        names = {
            node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        } - {checked_formulas.__name__}

        assert names
        assert not [name for name in names if name.startswith(("curbstop", "numpy", "polars", "django"))]

    def test_is_exact_where_a_quotient_never_ends(self):
        """A sixth times three is a half, and a half rounds up."""
        with localcontext(checked_formulas.CARRIED):
            assert checked_formulas.formula_of("round(3*(1/6),0)")({}) == 1


class TestUnproven:
    def test_names_the_account_whose_line_does_not_recompute(self):
        bills = bills_of(some_rows(3, 5))
        lines = pl.DataFrame(
            [
                {
                    **line._asdict(), "account_id": bill.number, "agreement_id": 7, "usage_id": None,
                    "schedule_version_id": 1, "segment": "",
                }
                for bill in bills
                for line in bill.lines
            ]
        ).with_columns(pl.col("quantity", "unit_price").cast(pl.Decimal(38, 8)))  # fmt: skip
        beside = pl.DataFrame([{**bill._asdict(), "account_id": bill.number, "lines": 0} for bill in bills])
        one_cent_more = pl.col("amount_cents") + ((pl.col("account_id") == 1) & (pl.col("line_number") == 2))

        assert unproven(lines, beside, {1: ("town", "2026-01-01")}).is_empty()
        found = unproven(lines.with_columns(one_cent_more), beside, {1: ("town", "2026-01-01")})

        assert found["account_id"].to_list() == [1]
        assert "line 2: it charges" in found["faults"][0]
        assert unproven(lines, beside, {1: ("town", "2026-02-01")}).height == 3

    def test_names_every_account_that_says_the_same_wrong(self):
        (bill,) = bills_of(some_rows(1, 5))
        line = pl.DataFrame([line._asdict() for line in bill.lines]).with_columns(
            pl.col("quantity", "unit_price").cast(pl.Decimal(38, 8)), usage_id=pl.lit(None, pl.Int64),
            schedule_version_id=1, segment=pl.lit(""),
        )  # fmt: skip
        beside = pl.DataFrame([{**bill._asdict(), "lines": 0}])
        accounts = (101, 102, 103)
        lines = pl.concat(
            line.with_columns(account_id=pl.lit(each, pl.Int64), agreement_id=pl.lit(7 * each, pl.Int64))
            for each in accounts
        )
        bills = pl.concat(beside.with_columns(account_id=pl.lit(each, pl.Int64)) for each in accounts)
        of_two = (pl.col("account_id") != 102) & (pl.col("line_number") == 1)

        assert unproven(lines, bills, {1: ("town", "2026-01-01")}).is_empty()
        found = unproven(lines.with_columns(pl.col("amount_cents") + of_two), bills, {1: ("town", "2026-01-01")})

        assert found["account_id"].to_list() == [101, 103]
