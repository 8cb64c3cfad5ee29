"""A leak on a released bill: priced anew by the bill's own rates, asked for, held and posted."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from curbstop.billing.models import AdjustmentRequest, Bill
from curbstop.billing.operations import AdjustmentRefused, cancel_bill, post_adjustment
from curbstop.billing.operations.leaks import Support, request_leak_credit
from curbstop.billing.queries.leaks import Shown, leak_sheet
from curbstop.ledger.queries import balances_of, held_on, open_items_of
from curbstop.metering.models import Usage
from curbstop.metering.operations import import_volumes
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import NOON, TODAY, Town

pytestmark = pytest.mark.django_db
CHESAPEAKE = {
    "label": "Half of the excess over the average",
    "baseline": "previous",
    "baseline_count": "3",
    "method": "volume",
    "shares": {"inside": {"water": "50", "sewer": "50"}, "underground": {"water": "50", "sewer": "100"}},
    "once_in_months": "12",
    "evidence": ["proof_of_repair"],
}
SHOWN = Shown(place="underground", evidence=frozenset({"proof_of_repair"}))
SUPPORT = Support("The service line broke under the lawn.", "Invoice of the plumber", "DOC-17")


def city_has(town: Town, policy: dict[str, Any]) -> None:
    RuleValue.objects.filter(code="adjustment.leak_policy").update(ends_on=date(2026, 1, 1))
    RuleValue.objects.create(
        code="adjustment.leak_policy", starts_on=date(2026, 1, 1), value=policy, unit="policy",
        section=CodeSection.objects.get(citation="13.1"), proposed_by=town.people["lead"],
        adopted_by=town.people["manager"],
    )  # fmt: skip


@pytest.fixture
def bill(town: Town) -> Bill:
    """A bill of 20 CCF after two of 6: water 20 + 30 + 50, sewer 50."""
    city_has(town, CHESAPEAKE)
    account = town.account(services=("water", "sewer"), starts_on=date(2026, 1, 1))
    town.use(account, "6", starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 1))
    town.use(account, "6", starts_on=date(2026, 3, 1), ends_on=date(2026, 5, 1))
    town.use(account, "20")
    town.release()
    return Bill.objects.select_related("account").get()


def request(town: Town, bill: Bill, shown: Shown = SHOWN) -> AdjustmentRequest:
    return request_leak_credit(bill=bill, shown=shown, support=SUPPORT, by=town.people["lead"], at=NOON)


def next_bill(town: Town, bill: Bill, ccf: str) -> Bill:
    """Release a bill of the days after another one."""
    from curbstop.billing.operations import draft_bills, release_bills
    from curbstop.ledger.models import BusinessDay

    later = date(2026, 9, 1)
    BusinessDay.objects.filter(closed_at=None).update(closed_at=NOON)
    BusinessDay.objects.create(day=later, opened_at=NOON, opened_by=town.people["supervisor"])
    town.use(bill.account, ccf, starts_on=bill.ends_on, ends_on=date(2026, 8, 29))
    run = draft_bills(cycles=[town.cycle], through=later, bill_on=later, by=town.people["lead"], at=NOON)
    release_bills(run=town.approve(run), by=town.people["manager"], at=NOON)
    return Bill.objects.select_related("account").get(starts_on=bill.ends_on)


class TestLeakSheet:
    def test_prices_the_bill_anew_with_its_own_rates(self, town: Town, bill: Bill) -> None:
        sheet = leak_sheet(bill, SHOWN, on=TODAY)

        assert sheet is not None
        assert (sheet.credit.baseline, sheet.credit.excess) == (6, 14)
        # Water at 13: 20 + 30 + 15; sewer at 6: 15.
        saved = [(each.name, each.billed_cents, each.anew_cents, each.saved_cents) for each in sheet.services]
        assert sorted(saved) == [("Sewer", 5_000, 1_500, 3_500), ("Water", 10_000, 6_500, 3_500)]
        assert sheet.refusals == ()

    def test_halves_the_sewer_of_a_leak_inside(self, town: Town, bill: Bill) -> None:
        inside = leak_sheet(bill, Shown(place="inside", evidence=SHOWN.evidence), on=TODAY)

        assert inside is not None
        assert inside.total_cents == 3_500 + 1_750

    def test_prices_the_top_one_tier_lower(self, town: Town, bill: Bill) -> None:
        city_has(
            town, CHESAPEAKE | {"method": "tier_lower", "baseline_factor": "2", "shares": {"any": {"water": "100"}}}
        )

        sheet = leak_sheet(bill, SHOWN, on=TODAY)

        assert sheet is not None
        # Above 12 are 8 units, all in the second tier: 8 × (5.00 − 3.00).
        assert sheet.total_cents == 1_600

    def test_halves_the_difference_of_the_bills(self, town: Town, bill: Bill) -> None:
        city_has(town, CHESAPEAKE | {"method": "dollars"})

        sheet = leak_sheet(bill, SHOWN, on=TODAY)

        assert sheet is not None
        # The earlier periods were not billed here: the whole bill is the difference.
        assert sheet.total_cents == 5_000 + 5_000

    def test_says_what_is_missing(self, town: Town, bill: Bill) -> None:
        sheet = leak_sheet(bill, Shown(place="underground"), on=TODAY)

        assert sheet is not None
        assert sheet.refusals == ("Not shown: proof of repair.",)

    def test_is_nothing_where_the_city_has_no_policy(self, town: Town, bill: Bill) -> None:
        RuleValue.objects.filter(code="adjustment.leak_policy").update(ends_on=date(2026, 1, 1))

        assert leak_sheet(bill, SHOWN, on=TODAY) is None


class TestRequestLeakCredit:
    def test_holds_the_disputed_excess_and_leaves_the_average_due(self, town: Town, bill: Bill) -> None:
        items = {item.service_code: item for item in open_items_of(bill.account.debtor_id)}

        request(town, bill)

        assert held_on(item.id for item in items.values()) == {items["water"].id: 3_500, items["sewer"].id: 3_500}

    def test_is_credited_without_touching_what_the_meter_registered(self, town: Town, bill: Bill) -> None:
        before = list(Usage.objects.order_by("pk").values())

        adjustment = post_adjustment(request=request(town, bill), by=town.people["supervisor"], at=NOON)

        assert balances_of([bill.account.debtor_id]) == {bill.account.debtor_id: 15_000 - 7_000}
        assert adjustment.request.billed_units == 7
        assert adjustment.request.worksheet["steps"][0] == ["Baseline", "(6 + 6) ÷ 2", "6.00000000"]
        assert list(Usage.objects.order_by("pk").values()) == before

    def test_is_given_once_in_the_months_of_the_policy(self, town: Town, bill: Bill) -> None:
        post_adjustment(request=request(town, bill), by=town.people["supervisor"], at=NOON)
        before = AdjustmentRequest.objects.count()

        with pytest.raises(AdjustmentRefused, match="once in 12 months"):
            request(town, bill)

        assert AdjustmentRequest.objects.count() == before

    def test_is_refused_without_what_the_policy_wants(self, town: Town, bill: Bill) -> None:
        with pytest.raises(AdjustmentRefused, match="proof of repair"):
            request(town, bill, Shown(place="underground"))
        with pytest.raises(AdjustmentRefused, match="inside, underground"):
            request(town, bill, Shown(place="roof", evidence=SHOWN.evidence))

        assert AdjustmentRequest.objects.count() == 0

    def test_leaves_no_more_than_the_average_bill_due_meanwhile(self, town: Town, bill: Bill) -> None:
        """Chesapeake: 6 units of water are 38.00 and of sewer 15.00; all above them waits, not the credit alone."""
        city_has(town, CHESAPEAKE | {"pay_meanwhile": "average"})
        items = {item.service_code: item for item in open_items_of(bill.account.debtor_id)}

        asked = request(town, bill)

        assert asked.amount_cents == 7_000
        held = held_on(item.id for item in items.values())
        assert held == {items["water"].id: 10_000 - 3_800, items["sewer"].id: 5_000 - 1_500}
        post_adjustment(request=asked, by=town.people["supervisor"], at=NOON)
        assert balances_of([bill.account.debtor_id]) == {bill.account.debtor_id: 15_000 - 7_000}

    def test_is_asked_for_once_a_bill(self, town: Town, bill: Bill) -> None:
        request(town, bill)

        with pytest.raises(AdjustmentRefused, match="asked for already"):
            request(town, bill)

        assert AdjustmentRequest.objects.count() == 1

    def test_covers_no_more_bills_of_one_leak_than_the_policy_says(self, town: Town, bill: Bill) -> None:
        following = next_bill(town, bill, "19")
        post_adjustment(request=request(town, bill), by=town.people["supervisor"], at=NOON)

        with pytest.raises(AdjustmentRefused, match="at most 1 bill; 1 beside this one is already"):
            request(town, following)
        assert AdjustmentRequest.objects.count() == 1

        city_has(town, CHESAPEAKE | {"bills_max": "2"})
        assert request(town, following).bill == following

    def test_is_for_the_largest_of_the_last_bills_alone(self, town: Town, bill: Bill) -> None:
        following = next_bill(town, bill, "19")
        city_has(town, CHESAPEAKE | {"largest_of": "3"})

        with pytest.raises(AdjustmentRefused, match="largest use is adjusted: 20 up to"):
            request(town, following)
        assert not AdjustmentRequest.objects.exists()
        assert request(town, bill).bill == bill

    def test_compares_with_use_in_another_unit_by_converting_it(self, town: Town) -> None:
        city_has(town, CHESAPEAKE)
        account = town.account(services=("water", "sewer"), starts_on=date(2026, 1, 1))
        past = {
            "agreement_id": account.agreements.get(service_point__service__code="water").pk,
            "starts_on": date(2026, 1, 1), "ends_on": date(2026, 5, 1), "volume": Decimal(4488),
            "unit": "gallons", "meter_size": '5/8"',
        }  # fmt: skip
        import_volumes(rows=pl.DataFrame([past]), source="former", by=None, at=NOON)
        town.use(account, "20")
        town.release()

        sheet = leak_sheet(Bill.objects.get(), SHOWN, on=TODAY)

        assert sheet is not None
        assert sheet.credit.baseline == 6

    def test_is_refused_on_a_cancelled_bill(self, town: Town, bill: Bill) -> None:
        lead, manager = town.people["lead"], town.people["manager"]
        cancel_bill(bill=bill, reason="Read of the neighbor", requested_by=lead, approved_by=manager, at=NOON)
        bill.refresh_from_db()

        with pytest.raises(AdjustmentRefused, match="cancelled"):
            request(town, bill)
