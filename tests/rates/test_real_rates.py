"""Published rates of real utilities, against the bills that the format's reference engine computed."""

import csv
import gzip
import json
from collections import defaultdict
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

import polars as pl

from curbstop.rates.domain import nodes
from curbstop.rates.domain.cases import Answer, Case, by_file, price_cases
from curbstop.rates.domain.pricing import price_class
from curbstop.rates.domain.schedule import ClassSchedule, Priced, PricedByTier, Schedule
from curbstop.rates.imports import rate_file_in

SANTA_MONICA = "California/Santa Monica City of - 2581"
OLDER = f"{SANTA_MONICA}/Older/smc-2016-03-01.owrs"
NEWER = f"{SANTA_MONICA}/smc-2018-01-03.owrs"
# Sums of the unrounded bills of two and a half years, in whole dollars (issue 2).
SUMS = {
    "COMMERCIAL": 18_008_068,
    "INSTITUTIONAL": 2_616_800,
    "IRRIGATION": 2_638_521,
    "RESIDENTIAL_MULTI": 43_009_490,
    "RESIDENTIAL_SINGLE": 10_325_629,
}
# Classes that the reference engine cannot bill and we can, each by a rule of docs/rates.md.
EXTENSIONS = {
    "one tier is a price for every unit": {
        ("California Water Service Company Dominguez - 192", "RECYCLED"),
        ("San Jose Water Company - 2541", "RESIDENTIAL_SINGLE"),
        ("San Jose Water Company - 2541", "RESIDENTIAL_MULTI"),
        ("San Jose Water Company - 2541", "COMMERCIAL"),
        ("San Jose Water Company - 2541", "TEMPORARY_CONSTRUCTION"),
        ("Walnut Valley Water District - 3126", "RESIDENTIAL_MULTI"),
        ("Walnut Valley Water District - 3126", "COMMERCIAL"),
        ("Walnut Valley Water District - 3126", "INDUSTRIAL"),
        ("Walnut Valley Water District - 3126", "RECLAIMED"),
    },
    "a table may hold formulas": {
        ("Los Angeles Department of Water and Power - 1665", "RESIDENTIAL_MULTI"),
        ("Santa Margarita Water District - 2578", "COMMERCIAL"),
    },
}


def oracle(folder: Path) -> list[dict[str, str]]:
    with gzip.open(folder / "oracle_bills.csv.gz", "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def rate_file(folder: Path, name: str) -> Schedule:
    return rate_file_in(folder / "rates", name)


def equals(answer: Answer, expected: dict[str, str]) -> bool:
    """Compare the bill and the components that the reference engine names too."""
    if answer.reason:
        return False
    components = json.loads(answer.components, parse_float=Fraction)
    return all(
        abs(amount - Fraction(expected[name])) <= Fraction(1, 10**6)
        for name, amount in (("bill", Fraction(answer.bill)), *components.items())
        if expected.get(name)
    )


class TestBillSantaMonica:
    def test_sums_to_the_dollar_for_each_class(self, real_rates: Path, real_reads: Path) -> None:
        schedule = rate_file(real_rates, OLDER)
        reads = pl.read_csv(real_reads / "water_reads_santamonica.csv.gz", infer_schema=False)
        rows = reads.select(
            "cust_class",
            usage="usage_ccf",
            meter_size=pl.lit('5/8"'),
            water_type=pl.lit("POTABLE"),
        )
        priced = {name: price_class(schedule.classes[name], rows.filter(cust_class=name)) for name in SUMS}
        sums = {name: round(sum(each.unrounded().fractions())) for name, each in priced.items()}
        assert sums == SUMS
        assert sum(each.size for each in priced.values()) == 217_256
        assert not any(each.is_refused.any() for each in priced.values())
        assert schedule.class_named("OTHER") is None

    def test_refuses_the_newer_file_by_its_field(self, real_rates: Path) -> None:
        schedule = rate_file(real_rates, NEWER)
        assert schedule.classes == {}
        (problem,) = schedule.problems
        assert (problem.class_name, problem.field, problem.line) == ("RESIDENTIAL_SINGLE", "tier_starts", 10)


class TestBillRealFiles:
    def test_equals_the_reference_engine_in_every_bill(self, real_rates: Path) -> None:
        rows = oracle(real_rates)
        cases = [
            Case(place, row["file"], row["cust_class"], row["inputs"], row["usage"]) for place, row in enumerate(rows)
        ]
        answers = [
            answer for file, group in by_file(cases) for answer in price_cases(rate_file(real_rates, file), group)
        ]
        wrong = [answer for answer in answers if not equals(answer, rows[answer.place])]
        assert len(answers) == len(rows)
        assert len(rows) == 50_503
        assert wrong == []

    def test_equals_the_published_bills(self, real_rates: Path) -> None:
        """The survey does not say the meter size or zone, so one of the file's own must give the bill."""
        with (real_rates / "published_bills.csv").open(encoding="utf-8") as lines:
            rows = [
                row
                for row in csv.DictReader(lines)
                if (row["status"], row["freq"].lower(), row["unit"]) == ("ok", "monthly", "ccf")
            ]
        missed = [row["utility"] for row in rows if not is_one_of_its_bills(rate_file(real_rates, row["file"]), row)]
        assert len(rows) == 171
        assert missed == []

    def test_refuses_or_extends_what_the_reference_engine_cannot_bill(self, real_rates: Path) -> None:
        with (real_rates / "refused.csv").open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        extended = set().union(*EXTENSIONS.values())
        for row in rows:
            schedule = rate_file(real_rates, row["file"])
            named = [
                each for each in schedule.problems if each.class_name == row["cust_class"] or not row["cust_class"]
            ]
            if (Path(row["file"]).parts[1], row["cust_class"]) in extended:
                assert row["cust_class"] in schedule.classes
            else:
                assert row["cust_class"] not in schedule.classes
                assert named
                assert all(each.file and each.class_name and each.field and each.message for each in named)

    def test_refuses_nothing_else(self, real_rates: Path) -> None:
        with (real_rates / "refused.csv").open(encoding="utf-8") as lines:
            known = defaultdict(set)
            for row in csv.DictReader(lines):
                known[row["file"]].add(row["cust_class"])
        root = real_rates / "rates"
        for path in sorted(root.rglob("*.owrs")):
            name = str(path.relative_to(root))
            for problem in rate_file(real_rates, name).problems:
                assert "" in known[name] or problem.class_name in known[name], str(problem)


def is_one_of_its_bills(schedule: Schedule, row: dict[str, str]) -> bool:
    chosen = schedule.classes["RESIDENTIAL_SINGLE"]
    given = {"hhsize": row["hhsize"], "et_amount": row["et"], "usage": row["usage_ccf"]}
    columns = {
        "days_in_period": ["30.4"],
        "irr_area": ["2000"],
        **spelled(chosen),
        **{name: [value] for name, value in given.items()},
    }
    rows = [dict(zip(columns, values, strict=True)) for values in product(*columns.values())]
    priced = price_class(chosen, pl.DataFrame(rows))
    published = Fraction(row["pub"])
    return any(
        abs(bill - published) <= Fraction("0.0051") and not is_refused
        for bill, is_refused in zip(priced.unrounded().fractions(), priced.is_refused, strict=True)
    )


def spelled(schedule: ClassSchedule) -> dict[str, list[str]]:
    """Return the values that a class's tables give to each key, one at a time."""
    found: dict[str, set[str]] = defaultdict(set)
    for charge in schedule.charges:
        assert isinstance(charge, (Priced, PricedByTier))
        roots = [charge.tiered] if isinstance(charge, PricedByTier) else [charge.quantity, charge.price]
        for names, keys in (each for root in roots for each in nodes.tables_of(root)):
            for key in keys if names else ():
                parts = [key] if len(names) == 1 else key.rsplit("|", len(names) - 1)
                for name, part in zip(names, parts, strict=True):
                    found[name].add(part)
    return {name: sorted(values) for name, values in found.items()}
