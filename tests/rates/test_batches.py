"""Many rows cut into pieces on threads have the bills that the engine gives to the same rows at once."""

import json
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curbstop.rates.domain import batches
from curbstop.rates.domain.batches import bills_of
from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.domain.pricing import price_class
from tests.rates.test_real_rates import oracle, rate_file

TARIFF = """
tariff: two_classes
service: water
effective: 2026-01-01
name: {en: Water, es: Agua}
unit: ccf
section: § 13.04.010
components:
  - key: base
    service: water
    label: {en: Base, es: Base}
    classes: [HOME]
    base: 12.34
  - key: use
    service: water
    label: {en: Use, es: Consumo}
    classes: [HOME]
    tiers:
      - {up_to: 4, price: 1.111}
      - {up_to: 12.5, price: 2.345}
      - {price: 3.999}
  - key: bulk
    service: water
    label: {en: Bulk, es: A granel}
    classes: [SHOP]
    quantity: usage
    price: 2.345
"""
ENDS = (Fraction(4), Fraction("12.5"))
PRICES = (Fraction("1.111"), Fraction("2.345"), Fraction("3.999"))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut after so few rows that a test has several pieces."""
    monkeypatch.setattr(batches, "PIECE_ROWS", 7)


def cents(amount: Fraction) -> int:
    return int(amount * 100 + Fraction(1, 2))


def by_hand(usage: Fraction) -> int:
    """Return a home's bill, one tier after the other."""
    edges = (Fraction(0), *ENDS, max(usage, ENDS[-1]))
    tiers = [max(min(usage, end) - begin, Fraction(0)) for begin, end in pairwise(edges)]
    return 1234 + sum(cents(quantity * price) for quantity, price in zip(tiers, PRICES, strict=True))


class TestBillManyRows:
    @settings(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["HOME", "SHOP", "BOAT", None]), st.integers(0, 10**6)), max_size=60))
    def test_bills_each_row_by_its_class_wherever_it_stands(self, rows: list[tuple[str | None, int]]) -> None:
        schedule = compile_document(TARIFF, "tariff", "two_classes")
        usage = [f"{hundredths / 100:.2f}" for _, hundredths in rows]
        frame = pl.DataFrame(
            {"customer_class": [name for name, _ in rows], "usage": usage},
            schema={"customer_class": pl.String, "usage": pl.String},
        )

        bills = bills_of(schedule, frame, workers=2, with_components=True)

        for row, (name, hundredths) in enumerate(rows):
            ccf = Fraction(hundredths, 100)
            expected = {"HOME": by_hand(ccf), "SHOP": cents(ccf * Fraction("2.345"))}.get(name or "", 0)
            assert bills.cents[row] == expected
            assert sum(int(each[row]) for each in bills.components.values()) == expected
            assert (row in bills.refusals) == (name not in {"HOME", "SHOP"})

    def test_names_the_row_that_is_refused(self) -> None:
        schedule = compile_document(TARIFF, "tariff", "two_classes")
        usage = [*map(str, range(20)), "-3"]

        bills = bills_of(schedule, pl.DataFrame({"customer_class": "HOME", "usage": usage}))

        assert list(bills.refusals) == [20]
        assert bills.refusals[20].endswith("the input usage is negative")
        assert bills.cents[20] == 0

    def test_agrees_with_the_engine_on_every_published_rate(
        self, real_rates: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "PIECE_ROWS", 50)
        cases: dict[tuple[str, str, tuple[str, ...]], list[dict[str, str]]] = defaultdict(list)
        for row in oracle(real_rates):
            inputs = {key: str(value) for key, value in json.loads(row["inputs"]).items()}
            named = {**inputs, "usage": row["usage"], "customer_class": row["cust_class"]}
            cases[row["file"], row["cust_class"], tuple(sorted(inputs))].append(named)
        compared = 0
        for (file, name, _), rows in cases.items():
            schedule = rate_file(real_rates, file)
            frame = pl.DataFrame(rows)
            chosen = schedule.class_named(name)
            assert chosen is not None
            at_once = price_class(chosen, frame)

            bills = bills_of(schedule, frame, workers=2)

            assert (bills.cents == np.where(at_once.is_refused, 0, at_once.cents())).all(), f"{file}: {name}"
            assert sorted(bills.refusals) == np.flatnonzero(at_once.is_refused).tolist()
            compared += len(rows)
        assert compared > 50_000
