"""Tariffs spoiled at random: refused with their places, or billed so that the checker agrees; never anything else."""

import random
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from curbstop.rates.domain.charges import price
from curbstop.rates.domain.schedule import ScheduleRefused
from curbstop.rates.domain.tariff.reader import compile_tariff
from tests.billing.test_worked_bills import OPENED, SOURCE, faults
from tests.rates.test_worked_bills import BILLS, tariff

ROUNDS = 12
SPOILS = (
    "0", "-1", "10%", "1e9", "1/0", "usage", "days", "(", '"', "{", "[", ":", "by", "null", "~", "&a", "*a", "NaN",
    "1_000", "|", "otherwise: 3", "formula: usage*2", "split", "percent: 5", "of: [use]", "when: {a: b}",
    "prorate: none", "prorate: started", "0.123456789", "9" * 14, "min(1,2)", "round(usage,0.5)", "if(usage>3,1,2)",
    "rate_change: split",
)  # fmt: skip
FORMS = ("usage", "days", "base", "price", "per_day", "discount", "maximum", "eru")
# Everything that any of the worked tariffs asks for.
INPUTS = {
    "meter_size": '5/8"', "eru": "2", "city_limits": "outside", "cart_gallons": "64", "extra_carts": "1",
    "season": "summer", "winter_average": "5", "persons": "3", "et_inches": "5", "landscape_sq_ft": "2000",
    "impervious_sq_ft": "47300", "lot_sq_ft": "6000", "dwellings": "2", "income_a_year": "9000", "income_band": "a",
    "line_size": '4"', "contract_kgal": "10", "electricity_cost": "3", "settles_the_year": "yes",
    "year_contract_kgal": "100", "year_paid_kgal": "90", "low_income": "yes",
}  # fmt: skip


def spoiled(text: str, dice: random.Random) -> str:
    """Return a tariff with one to three places changed."""
    lines = text.split("\n")
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        line, spoil = lines[at], dice.choice(SPOILS)
        cut = dice.randint(0, len(line))
        changes = (
            [""],
            [dice.choice(lines), line],
            [line[:cut] + spoil + line[cut:]],
            [line[:cut] + line[cut + 1 :]],
            [re.sub(r"\d+(\.\d+)?", dice.choice(("7.25", "0.5", "3")), line, count=1)],
            [re.sub("|".join(FORMS), dice.choice(FORMS), line, count=1)],
        )
        lines[at : at + 1] = dice.choice(changes)
    return "\n".join(lines)


def row(dice: random.Random, days: int, *, is_part: bool) -> dict[str, Any]:
    ends_on = OPENED + timedelta(days=days)
    usage = Decimal(dice.choice(("0", "5.5", "14", "1200")))
    whole = {"usage": usage, "days": days, "starts_on": OPENED, "ends_on": ends_on, **INPUTS}
    period = {"period_starts_on": OPENED, "period_ends_on": ends_on + timedelta(days=20), "period_days": days + 20}
    return {**whole, **period, "days_before": dice.choice((0, 20))} if is_part else whole


class TestBillSpoiledTariff:
    @pytest.mark.parametrize("name", sorted({bill["tariff"] for bill in BILLS}))
    def test_is_refused_or_proven(self, name: str) -> None:
        dice = random.Random(name)
        for _ in range(ROUNDS):
            try:
                schedule = compile_tariff(spoiled(tariff(name), dice))
            except ScheduleRefused as refusal:
                assert all(each.message for each in refusal.problems)  # noqa: PT017 - most are refused, and some are not
                continue
            for is_part in (False, True):
                days = dice.choice((1, 30, 60, 69, 91))
                charges = price(schedule, pl.DataFrame([row(dice, days, is_part=is_part)]), SOURCE)
                assert charges.lines.height or charges.refusals["reason"].to_list()
                if charges.lines.height:
                    assert faults(charges.lines, days) == []
