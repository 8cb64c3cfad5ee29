"""The rulebook's worked bills, recomputed by the checker that shares no code with the engine that reckoned them."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from curbstop.billing.domain.checking import Bill, Fault, Line, faults_of
from curbstop.rates.domain.charges import price
from curbstop.rates.domain.tariff.reader import compile_tariff
from tests.rates.test_worked_bills import BILLS, tariff

OPENED = date(2026, 3, 1)
SOURCE = {"schedule": "worked", "version": "2026-01-01"}


def faults(lines: pl.DataFrame, days: int) -> list[Fault]:
    ends_on = OPENED + timedelta(days=days)
    checked = [
        Line(
            line_number=row["line"],
            segment=0,
            starts_on=OPENED,
            ends_on=ends_on,
            component=row["key"],
            quantity=row["quantity"],
            unit=row["unit"],
            unit_price=row["unit_price"],
            amount_cents=row["amount_cents"],
            section=row["section"],
            schedule=SOURCE["schedule"],
            version=SOURCE["version"],
            derivation=row["derivation"],
        )
        for row in lines.iter_rows(named=True)
    ]
    return faults_of(Bill(1, OPENED, ends_on, days, lines["amount_cents"].sum(), checked))


class TestCheckWorkedBill:
    @pytest.mark.parametrize("bill", BILLS, ids=[bill["example"] for bill in BILLS])
    def test_follows_from_its_derivations_and_from_no_other(self, bill: dict[str, str]) -> None:
        inputs = dict(each.split("=") for each in bill["inputs"].split("; ") if each)
        days = int(bill["days"])
        row = {"usage": Decimal(bill["usage"]), "days": days, **inputs}
        row |= {name: date.fromisoformat(inputs[name]) for name in ("starts_on", "ends_on") if name in inputs}
        lines = price(compile_tariff(tariff(bill["tariff"])), pl.DataFrame([row]), SOURCE).lines

        assert faults(lines, days) == []
        assert faults(lines.with_columns(amount_cents=pl.col("amount_cents") + 1), days) != []
        assert faults(lines.with_columns(quantity=pl.col("quantity") + 1), days) != []
