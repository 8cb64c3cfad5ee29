"""Two hundred absurd bills of more than twenty kinds are planted in one cycle: not one goes out (trust.md P11).

What went wrong in real cities: a digit too many, gallons billed as hundreds of cubic feet, the neighbor's
meter, a factory's rate on a cottage, forty times the usual, $3,900 drawn instead of $325.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from curbstop.billing import operations
from curbstop.billing.models import DraftBill, Finding
from curbstop.foundation.database.transactions import transaction
from tests.billing.conftest import JULY, MAY, NOON, Town

pytestmark = pytest.mark.django_db
JUNE = date(2026, 5, 31)
OF_EACH_KIND = 9
ORDINARY = 20

# What the meter is said to have counted, by what an ordinary month is.
USE = {
    "a digit too many": lambda usual: usual * 10,
    "the decimal point was missed": lambda usual: usual * 1000,
    "gallons billed as hundred cubic feet": lambda usual: usual * Decimal("748.052"),
    "cubic feet billed as hundreds of them": lambda usual: usual * 100,
    "a multiplier of ten that is not there": lambda usual: usual * 10 + 1,
    "forty times the usual": lambda usual: usual * 40,
    "the neighbor's factory meter": lambda usual: usual + 400,
    "the hundreds digit misread": lambda usual: usual + 100,
    "the thousands digit misread": lambda usual: usual + 1_000,
    "digits transposed, 19 read as 91": lambda usual: usual + 72,
    "a lower read taken for a rollover": lambda usual: 10_000 - usual,
    "the register billed instead of the difference": lambda usual: usual + 4_321,
    "two years' use in one month": lambda usual: usual * 24,
    "a year's estimates trued up at once": lambda usual: usual * 12,
    "$3,900 instead of $325": lambda usual: usual * 12 + 60,
    "more than the meter lets through": lambda usual: usual + 1_200,
    "the meter stands still": lambda usual: usual * 0,
    "hundred cubic feet billed as ten thousands": lambda usual: usual / 100,
    "the digit in front was left out": lambda usual: Decimal("0.4"),
}
# What is wrong about the rate, by the assignment that is changed and how.
RATE = {
    "a factory's rate on a cottage": ("water", {"schedule": "factory"}),
    "a price typed without its decimal point": ("sewer", {"schedule": "typo"}),
    "the rate of a wholesale customer": ("water", {"schedule": "wholesale"}),
    "a thousand units of roof": ("stormwater", {"inputs": {"eru": "1000"}}),
}
TARIFFS = {
    "factory": ("water", "    price: 60.00"),
    "wholesale": ("water", "    price: 45.00"),
    "typo": ("sewer", "    price: 250"),
}
FIRST = "a first bill far beyond its class"
KINDS = (*USE, *RATE, FIRST)


class TestFuse:
    def test_holds_two_hundred_absurd_bills_and_none_of_the_ordinary(self, town):
        planted = self.plant(town)
        run = town.draft()

        out = set(DraftBill.objects.filter(run_id=run.pk, held=False).values_list("account_id", flat=True))
        escaped = {kind: len(out & accounts) for kind, accounts in planted.items() if kind and out & accounts}

        assert sum(len(accounts) for kind, accounts in planted.items() if kind) >= 200
        assert len(KINDS) >= 20
        assert escaped == {}
        assert out == planted[""]
        baselines = dict(
            Finding.objects.filter(run=run, code__in=["HIGH", "FUSE"], blocking=True).values_list("code", "baseline")
        )
        assert baselines == {"HIGH": "class", "FUSE": "mean"}
        approved = operations.approve_run(run=run, by=town.people["manager"], at=NOON, accepts_holds=True)
        assert approved.bills == ORDINARY

    def plant(self, town: Town) -> dict[str, set[int]]:
        """Bill an ordinary month for everybody, then plant; return the accounts of each kind, '' the ordinary."""
        self.write_rules(town)
        accounts: dict[str, list] = {}
        number = 100_000
        for kind in ("", *KINDS):
            for _ in range(OF_EACH_KIND if kind else ORDINARY):
                number += 1
                accounts.setdefault(kind, []).append(town.account(str(number)))
        usual = {account.pk: Decimal(5 + account.pk % 9) for each in accounts.values() for account in each}
        self.use({pk: use for pk, use in usual.items() if pk not in {each.pk for each in accounts[FIRST]}}, MAY, JUNE)
        run = town.draft(date(2026, 6, 1))
        operations.release_bills(run=town.approve(run), by=town.people["manager"], at=NOON)
        for account in accounts[FIRST]:
            usual[account.pk] *= 12
        absurd = {account.pk: USE[kind](usual[account.pk]) for kind in USE for account in accounts[kind]}
        self.use({pk: absurd.get(pk, use) for pk, use in usual.items()}, JUNE, JULY)
        for kind in RATE:
            self.change_rate(kind, accounts[kind])
        return {kind: {account.pk for account in each} for kind, each in accounts.items()}

    def use(self, quantities: dict[int, Decimal], starts_on: date, ends_on: date) -> None:
        from curbstop.customers.models import ServiceAgreement
        from curbstop.metering.operations import import_volumes

        water = ServiceAgreement.objects.filter(service_point__service__code="water")
        agreements = dict(water.values_list("account_id", "pk"))
        rows = [
            {
                "agreement_id": agreements[account_id],
                "starts_on": starts_on,
                "ends_on": ends_on,
                "volume": round(quantity, 4),
                "unit": "ccf",
                "meter_size": '5/8"',
            }
            for account_id, quantity in quantities.items()
        ]
        frame = pl.DataFrame(rows, schema_overrides={"volume": pl.Decimal(18, 4)})
        import_volumes(rows=frame, source=f"test {starts_on}", by=None, at=NOON)

    def change_rate(self, kind: str, accounts: list) -> None:
        from curbstop.rates.models import RateAssignment, Schedule

        code, change = RATE[kind]
        assigned = RateAssignment.objects.filter(schedule__code=code, agreement__account__in=accounts)
        if "schedule" in change:
            assigned.update(schedule=Schedule.objects.get(code=change["schedule"]))
        else:
            assigned.update(inputs=change["inputs"])

    def write_rules(self, town: Town) -> None:
        from curbstop.ordinances.models import CodeSection, RuleValue
        from curbstop.rates.operations import adopt_version

        section = CodeSection.objects.get(citation="13.1")
        people = {"proposed_by": town.people["supervisor"], "adopted_by": town.people["manager"]}
        for code, value, unit in (
            ("billing.hold_low_factor", "0.1", "factor"),
            ("billing.usage_of_class", {"": "0.30"}, "policy"),
        ):
            RuleValue.objects.create(
                code=code, starts_on=date(2026, 1, 1), value=value, unit=unit, section=section, **people
            )
        for code, (service, charge) in TARIFFS.items():
            document = (
                f'tariff: {code}\nunit: ccf\nsection: "13.1"\ncomponents:\n'
                f"  - key: {code}\n    service: {service}\n    label: {{en: Charge, es: Cargo}}\n{charge}\n"
            )
            with transaction():
                adopt_version(
                    schedule=code,
                    service=service,
                    document=document,
                    format="tariff",
                    section_id=section.pk,
                    starts_on=date(2026, 1, 1),
                    proposed_by=town.people["supervisor"],
                    approved_by=town.people["manager"],
                )
