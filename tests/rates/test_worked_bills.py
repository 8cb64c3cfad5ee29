"""The rulebook's worked bills, in files that a billing clerk can check by hand."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from ruamel.yaml import YAML

from curbstop.rates.domain.charges import price
from curbstop.rates.domain.tariff.reader import compile_tariff

HERE = Path(__file__).parent
BILLS = list(csv.DictReader((HERE / "worked_bills.csv").read_text().splitlines()))


def tariff(name: str) -> str:
    """Return one tariff of the file as a document of its own."""
    lines = (HERE / "worked_tariffs.yaml").read_text().splitlines()
    start = lines.index(f"{name}:") + 1
    document = []
    for line in lines[start:]:
        if line and not line.startswith(" "):
            break
        document.append(line.removeprefix("  "))
    return "\n".join(document)


class TestPriceWorkedBill:
    @pytest.mark.parametrize("bill", BILLS, ids=[bill["example"] for bill in BILLS])
    def test_comes_to_the_cent(self, bill: dict[str, str]) -> None:
        inputs = dict(each.split("=") for each in bill["inputs"].split("; ") if each)
        row = {"usage": Decimal(bill["usage"]), "days": int(bill["days"]), **inputs}
        row |= {name: date.fromisoformat(inputs[name]) for name in ("starts_on", "ends_on") if name in inputs}
        charges = price(compile_tariff(tariff(bill["tariff"])), pl.DataFrame([row]))

        assert charges.refusals.height == 0
        cents = charges.lines["amount_cents"].to_list()
        assert [f"{each / 100:.2f}" for each in cents] == bill["lines"].split(" + ")
        assert f"{sum(cents) / 100:.2f}" == bill["total"]

    def test_every_tariff_of_the_file_is_used(self) -> None:
        documents = YAML(typ="safe").load((HERE / "worked_tariffs.yaml").read_text())
        assert set(documents) == {bill["tariff"] for bill in BILLS}
