"""A rate that changes in the middle of a period, through a whole run: drafted, proven, approved and released."""

from datetime import date, timedelta
from typing import Any

import pytest

from curbstop.billing.models import Bill, BilledPeriod, Disposition, DraftBill

pytestmark = pytest.mark.django_db

JUNE = date(2026, 6, 1)
MAY, END = date(2026, 5, 1), date(2026, 6, 30)


def new_rate(town: Any, method: str, starts_on: date = JUNE) -> None:
    """Adopt a dearer rate of water from a day on, which says how its first period is billed."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ordinances.models import CodeSection
    from curbstop.rates.models import ScheduleVersion
    from curbstop.rates.operations import adopt_version

    old = ScheduleVersion.objects.get(schedule__code="water").document
    document = (
        old.replace("20.00", "24.00").replace("3.00", "4.00").replace("unit:", f"rate_change: {method}\nunit:", 1)
    )
    with transaction():
        adopt_version(
            schedule="water",
            service="water",
            document=document,
            format="tariff",
            section_id=CodeSection.objects.get(citation="13.1").pk,
            starts_on=starts_on,
            proposed_by=town.people["supervisor"],
            approved_by=town.people["manager"],
        )


def lines_of(run: Any, account: Any) -> list[tuple[str, date, date, str, int]]:
    from curbstop.billing.queries import draft_lines_of

    return [
        (each.component, each.starts_on, each.ends_on, f"{each.quantity.normalize():f}", each.amount_cents)
        for each in draft_lines_of(run, account.pk)
    ]


class TestDraftBills:
    def test_splits_the_period_as_the_new_rate_says(self, town):
        new_rate(town, "split")
        account = town.account(services=("water", "sewer"))
        town.use(account, "12")

        run = town.draft()

        # 31 days of 60 at the old rate: 6.2 of 12 CCF, a first tier of 5.1667; then 5.8 CCF and 4.8333.
        assert lines_of(run, account) == [
            ("water_service", MAY, JUNE, "31", 1033),
            ("water_use", MAY, JUNE, "5.1667", 1550),
            ("water_use", MAY, JUNE, "1.0333", 517),
            ("water_service", JUNE, END, "29", 1160),
            ("water_use", JUNE, END, "4.8333", 1933),
            ("water_use", JUNE, END, "0.9667", 483),
            ("sewer_use", MAY, END, "12", 3000),
        ]
        assert not DraftBill.objects.filter(run_id=run.pk, held=True).exists()

    @pytest.mark.parametrize(("method", "cents"), [("read_date", 7400), ("bill_date", 7400), ("half_period", 6000)])
    def test_bills_the_whole_period_by_one_rate(self, town, method, cents):
        new_rate(town, method)
        account = town.account(services=("water",))
        town.use(account, "12")

        run = town.draft()

        assert sum(cents for *_, cents in lines_of(run, account)) == cents

    def test_bills_by_the_rate_of_the_bill_that_began_after_the_read(self, town):
        new_rate(town, "bill_date", starts_on=date(2026, 7, 1))
        account = town.account(services=("water",))
        town.use(account, "10")

        assert sum(cents for *_, cents in lines_of(town.draft(), account)) == 2400 + 4000

    def test_holds_an_agreement_without_a_rate_for_some_days(self, town):
        from curbstop.rates.models import RateAssignment

        new_rate(town, "split")
        account = town.account(services=("water",))
        town.use(account, "12")
        RateAssignment.objects.update(starts_on=MAY + timedelta(days=5))

        run = town.draft()

        held = Disposition.objects.get(run=run)
        assert (held.kind, held.reason) == ("held", "RATE")
        assert held.detail == "No rate is in force from 2026-05-01 to 2026-05-06."


class TestReleaseBills:
    def test_bills_the_days_of_both_rates_once(self, town):
        new_rate(town, "split")
        account = town.account()
        town.use(account, "12")

        town.release()

        bill = Bill.objects.get()
        periods = BilledPeriod.objects.filter(bill=bill).order_by("agreement", "period")
        water, sewer = sorted({each.agreement_id for each in periods})[:2]
        days = {each: [(row.period.lower, row.period.upper) for row in periods if row.agreement_id == each] for each in
                (water, sewer)}  # fmt: skip
        assert days == {water: [(MAY, JUNE), (JUNE, END)], sewer: [(MAY, END)]}
        assert bill.days == 60

    def test_leaves_a_bill_that_proves_itself(self, town):
        from curbstop.billing.proofs import PROOFS

        new_rate(town, "split")
        for number in ("100001", "100002", "100003"):
            town.use(town.account(number), "12")
        town.release()

        outcomes = {proof.name: proof.check() for proof in PROOFS}
        assert {name: outcome.failures for name, outcome in outcomes.items() if outcome.failures} == {}
