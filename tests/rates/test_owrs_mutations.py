"""Rate files spoiled at random: each ends as bills or as refusals that say where, never as an error of ours.

The files are two invented ones that use the whole language, and a few published ones where they are.
"""

import json
import random
import re
from pathlib import Path

import pytest

from curbstop.rates.domain.cases import Case, price_cases
from curbstop.rates.domain.owrs.reader import read_owrs

HILLTOP = """\
metadata:
  utility_name: Hilltop
  bill_unit: ccf
rate_structure:
  HOME:
    service_charge:
      depends_on: [meter_size, city_limits]
      values:
        5/8"|inside_city: 12.40
        5/8"|outside_city: 18.60
        1|1/2"|inside_city: 40
    tier_starts:
      depends_on: season
      values:
        Summer: [0, 11, 31]
        Winter: [0, 6, 16]
    tier_prices: [1.25, 2.5, 0.5+3.75]
    commodity_charge: Tiered
    drought_surcharge: 15%*commodity_charge
    bill: service_charge+commodity_charge+drought_surcharge
  FLATS:
    service_charge: 30+8*number_dwelling_units
    flat_rate_commodity: 3.17
    commodity_charge: flat_rate_commodity*usage_ccf
    wastewater_charge: 1.25*service_charge
    bill: service_charge+commodity_charge+wastewater_charge
"""
BUDGETS = """\
metadata: {bill_unit: kgal}
rate_structure:
  HOME:
    service_charge: {depends_on: meter_size, values: {5/8": 9.5, 1": 21}}
    indoor: hhsize*55*days_in_period/748
    outdoor: et_amount*irr_area*0.7/1200
    budget: indoor+outdoor
    tier_starts_commodity: [0, indoor, 100%, 150%]
    tier_prices_commodity: [1, 2, 3, 4.5]
    commodity_charge: Budget
    bill: service_charge+commodity_charge
"""
SPOILS = (
    "Tiered", "Budget", "0", "-1", "%", "10%", "1e9", "1/0", "usage_ccf", "(", ")", '"', "{", "[", ":", "- ",
    "depends_on", "values", "null", "~", "!!python/object:os.system", "&a", "*a", "é", "\t", "NaN", "inf", "0x1F",
    "1_000", "1,000", "<<", '1|1/2"', "|", ">", "#", "1e-5", "..", "-", "flat_rate", "commodity_charge", "bill", "'",
    "9" * 30, "0." + "1" * 40,
)  # fmt: skip
GIVEN = ("1", '5/8"', "inside_city", "Summer", "", None, "3", "0", "-2", "1e3", "x")
USES = ("0", "5.5", "17", "123456.789", "1e14", "", "-1", "nan")
ROUNDS = 150


def spoiled(text: str, dice: random.Random) -> str:
    """Return a file with one to four places changed: lines moved, characters lost, values replaced."""
    lines = text.split("\n")
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        line, spoil = lines[at], dice.choice(SPOILS)
        cut = dice.randint(0, len(line))
        other = dice.randrange(len(lines))
        changes = (
            [""],
            [lines[other], line],
            [line[:cut] + spoil + line[cut:]],
            [line[:cut] + line[cut + 1 :]],
            [re.sub(r":\s.*", f": {spoil}".replace("\\", ""), line)],
            ["  " * dice.randint(0, 3) + line],
            [line.lstrip()],
        )
        lines[at : at + 1] = dice.choice(changes)
    return "\n".join(lines)


def judge(text: str, dice: random.Random) -> None:
    """Read a spoiled file and price its classes: everything has an answer or a reason."""
    schedule = read_owrs(text, "town.owrs")
    assert schedule.classes or schedule.problems
    assert all(each.message and (each.field or each.class_name or each.line) for each in schedule.problems)
    for name, found in schedule.classes.items():
        inputs = json.dumps({each: dice.choice(GIVEN) for each in found.inputs})
        answers = price_cases(schedule, [Case(place, "town.owrs", name, inputs, use) for place, use in enumerate(USES)])
        assert len(answers) == len(USES)
        assert all(bool(each.reason) != bool(each.bill) for each in answers)


class TestReadSpoiledFile:
    @pytest.mark.parametrize("text", [HILLTOP, BUDGETS])
    @pytest.mark.parametrize("seed", range(4))
    def test_bills_or_refuses_an_invented_file(self, text: str, seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            judge(spoiled(text, dice), dice)

    def test_bills_or_refuses_a_published_file(self, real_rates: Path) -> None:
        dice = random.Random(7)
        files = sorted((real_rates / "rates").rglob("*.owrs"))
        for path in dice.sample(files, ROUNDS):
            judge(spoiled(path.read_bytes().decode("cp1252", errors="replace"), dice), dice)
