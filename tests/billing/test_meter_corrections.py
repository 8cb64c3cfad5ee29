"""What a wrong meter was billed is asked for from its bills, within the city's window, with the arithmetic shown."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from curbstop.billing.domain.meter_corrections import MeteredPeriod, by_error, correct_periods
from curbstop.billing.models import AdjustmentRequest
from curbstop.billing.operations import AdjustmentRefused, post_adjustment
from curbstop.billing.operations.leaks import Support
from curbstop.billing.operations.meter_corrections import (
    MeterTest,
    StoppedMeter,
    request_back_bill,
    request_test_correction,
)
from curbstop.ledger.queries import balances_of
from curbstop.metering.domain.meter_tests import true_volume
from curbstop.metering.models import Installation, Meter
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import JULY, MAY, NOON, TODAY, Town

pytestmark = pytest.mark.django_db
SUPPORT = Support("The meter was tested on the bench.", "Report of the test", "DOC-18")
BEFORE_THE_RULES = date(2025, 12, 1)
RULES = {
    "metering.test_tolerance_percent": ("2", "percent"),
    "metering.test_fast_months_max": ("6", "months"),
    "metering.test_slow_months_max": ("1", "months"),
    "metering.stopped_back_bill_months_max": ("2", "months"),
}


@pytest.fixture
def account(town: Town) -> Any:
    """120 CCF billed in May and June: water 20 + 30 + 550, sewer 300. Before them 60 in sixty days."""
    RuleValue.objects.bulk_create(
        RuleValue(
            code=code, starts_on=date(2026, 1, 1), value=value, unit=unit,
            section=CodeSection.objects.get(citation="13.1"), proposed_by=town.people["lead"],
            adopted_by=town.people["manager"],
        )
        for code, (value, unit) in RULES.items()
    )  # fmt: skip
    opened = town.account(services=("water", "sewer"), starts_on=date(2026, 3, 2))
    point = opened.agreements.get(service_point__service__code="water").service_point
    meter = Meter.objects.create(serial="M-1", size_inches='5/8"', dials=6, unit="ccf")
    Installation.objects.create(meter=meter, service_point=point, starts_on=date(2026, 3, 2), first_register=Decimal(0))
    town.use(opened, "60", starts_on=date(2026, 3, 2), ends_on=MAY)
    return opened


def released(town: Town, account: Any, ccf: str) -> None:
    from curbstop.billing.operations import clear_bill, release_bills

    town.use(account, ccf)
    run = town.draft()
    for draft in run.draft_bills.filter(held=True):
        clear_bill(run=run, account_id=draft.account_id, reason="Planted here.", by=town.people["lead"], at=NOON)
    release_bills(run=town.approve(run), by=town.people["manager"], at=NOON)


def correction(town: Town, error: str) -> AdjustmentRequest:
    test = MeterTest("M-1", Fraction(error), TODAY)
    return request_test_correction(test=test, support=SUPPORT, by=town.people["lead"], at=NOON)


class TestCorrectPeriods:
    def test_counts_the_days_in_the_window(self) -> None:
        period = MeteredPeriod(1, date(2026, 5, 1), date(2026, 6, 30), Decimal(120))

        (found,) = correct_periods(
            [period], since=date(2026, 5, 31), until=TODAY, reckon=by_error(Fraction("4.2"), true_volume)
        )

        assert (found.inside, found.right, found.how) == (60, Decimal("57.5816"), "60 ÷ 1.042")


class TestRequestTestCorrection:
    def test_credits_what_a_fast_meter_counted_too_much(self, town: Town, account: Any) -> None:
        """WX-1.5f: 120 registered at +4.2 % were 115.1631; 4.8369 are given back, and not 5.04."""
        released(town, account, "120")

        asked = correction(town, "4.2")

        assert asked.worksheet is not None
        assert asked.worksheet["steps"] == [["Bill 1", "120 ÷ 1.042", "115.1631"]]
        # 4.8369 at 5.00 of water and 2.50 of sewer; nothing of the base charge.
        assert (asked.kind, asked.amount_cents) == ("credit", 2_418 + 1_209)
        owed = balances_of([account.debtor_id])[account.debtor_id]
        post_adjustment(request=asked, by=town.people["supervisor"], at=NOON)
        assert balances_of([account.debtor_id])[account.debtor_id] == owed - 3_627

    def test_charges_the_shortfall_of_a_slow_one_in_its_window(self, town: Town, account: Any) -> None:
        """At −6 % for the last month alone: 29 of 60 days, 58 registered, 61.7021 true."""
        released(town, account, "120")

        asked = correction(town, "-6")

        assert asked.worksheet is not None
        assert asked.worksheet["since"] == "2026-06-01"
        assert (asked.worksheet["registered"], asked.worksheet["right"]) == ("58.0000", "61.7021")
        assert (asked.kind, asked.amount_cents) == ("charge", 1_851 + 926)

    @pytest.mark.parametrize(
        ("error", "said"), [("2", "tolerated"), ("-100", "has stopped"), ("5", "No standing bill")]
    )
    def test_refuses_what_changes_no_bill(self, town: Town, account: Any, error: str, said: str) -> None:
        with pytest.raises(AdjustmentRefused, match=said):
            correction(town, error)
        assert not AdjustmentRequest.objects.exists()

    def test_refuses_where_the_city_has_no_rules_or_nobody_is_served(self, town: Town, account: Any) -> None:
        with pytest.raises(AdjustmentRefused, match="M-9 counted for nobody"):
            request_test_correction(
                test=MeterTest("M-9", Fraction(5), TODAY), support=SUPPORT, by=town.people["lead"], at=NOON
            )
        before = MeterTest("M-1", Fraction(5), BEFORE_THE_RULES)
        with pytest.raises(AdjustmentRefused, match="no rules of meter tests"):
            request_test_correction(test=before, support=SUPPORT, by=town.people["lead"], at=NOON)
        assert not AdjustmentRequest.objects.exists()


class TestRequestBackBill:
    def ask(self, town: Town, found_on: date = TODAY) -> AdjustmentRequest:
        stopped = StoppedMeter("M-1", MAY, found_on)
        return request_back_bill(stopped=stopped, support=SUPPORT, by=town.people["lead"], at=NOON)

    def test_charges_the_use_of_a_day_before_no_further_back_than_allowed(self, town: Town, account: Any) -> None:
        """One a day before; billed for 0 in the sixty days to June 30, of which two months back begin on May 1."""
        released(town, account, "0")

        asked = self.ask(town)

        assert asked.worksheet is not None
        assert asked.worksheet["since"] == "2026-05-01"
        assert asked.worksheet["steps"] == [["Bill 1", "1 a day × 60 days", "60.0000"]]
        # 10 at 3.00 and 50 at 5.00 of water, 60 at 2.50 of sewer.
        assert (asked.kind, asked.amount_cents) == ("charge", 28_000 + 15_000)

    def test_is_refused_without_a_rule_or_a_past(self, town: Town, account: Any) -> None:
        with pytest.raises(AdjustmentRefused, match="Nobody knows"):
            request_back_bill(
                stopped=StoppedMeter("M-1", date(2026, 3, 2), JULY), support=SUPPORT, by=town.people["lead"], at=NOON
            )
        with pytest.raises(AdjustmentRefused, match="back-bills no stopped meter"):
            self.ask(town, BEFORE_THE_RULES)
        assert not AdjustmentRequest.objects.exists()
