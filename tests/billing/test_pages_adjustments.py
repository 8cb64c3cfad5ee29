"""The pages of adjustments, leaks, refunds and budget plans: who sees what, and what a click does."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from curbstop.billing.models import Adjustment, AdjustmentRequest, Bill, BudgetPlan, Refund, RefundRequest
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import Town

pytestmark = pytest.mark.django_db
LEAK = {
    "label": "Half of the excess",
    "baseline": "previous",
    "baseline_count": "3",
    "method": "volume",
    "shares": {"inside": {"water": "50", "sewer": "50"}, "underground": {"water": "50", "sewer": "100"}},
    "conditions": ["repaired"],
    "evidence": ["proof_of_repair"],
}
RULES = {
    "adjustment.leak_policy": (LEAK, "policy"),
    "budget.policies": ([{"code": "fixed", "label": {"en": "Fixed amount"}, "cushion_percent": "5"}], "policy"),
    "refund.second_approval_over": ("250.00", "dollars"),
}
CREDIT = {"kind": "credit", "amount": "20.00", "reason": "courtesy", "note": "The notice came late."}


@pytest.fixture
def account(town: Town) -> Any:
    """An account with one bill of 20 CCF after two periods of 6."""
    for code, (value, unit) in RULES.items():
        RuleValue.objects.create(
            code=code, starts_on=date(2026, 1, 1), value=value, unit=unit,
            section=CodeSection.objects.get(citation="13.1"), proposed_by=town.people["lead"],
            adopted_by=town.people["manager"],
        )  # fmt: skip
    shown = town.account(services=("water", "sewer"), starts_on=date(2026, 1, 1))
    town.use(shown, "6", starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 1))
    town.use(shown, "6", starts_on=date(2026, 3, 1), ends_on=date(2026, 5, 1))
    town.use(shown, "20")
    town.release()
    return shown


@pytest.fixture
def office(town: Town, client: Client) -> Any:
    """Return a function that signs a person in and gives their client."""

    def sign_in(role: str) -> Client:
        client.force_login(town.people[role])
        return client

    return sign_in


def text(response: Any) -> str:
    return str(response.content.decode())


class TestRequestAdjustment:
    ADDRESS = "/billing/accounts/100001/adjustments/"

    def test_shows_what_is_left_of_the_own_limit(self, town: Town, account: Any, office: Any) -> None:
        page = text(office("representative").get(self.ADDRESS))

        assert "Left for you today" in page
        assert "$25.00" in page
        assert "Leak (needs a document)" in page

    def test_posts_within_the_limit_at_once(self, town: Town, account: Any, office: Any) -> None:
        answer = office("representative").post(self.ADDRESS, CREDIT | {"service": town.services["water"]}, follow=True)

        assert "The adjustment is posted." in text(answer)
        assert Adjustment.objects.get().authorized_by == town.people["representative"]

    def test_waits_for_a_second_person_over_the_limit(self, town: Town, account: Any, office: Any) -> None:
        typed = CREDIT | {"service": town.services["water"], "amount": "60.00"}

        answer = office("representative").post(self.ADDRESS, typed, follow=True)

        assert "waits for a second person" in text(answer)
        assert Adjustment.objects.count() == 0
        assert "Customer 100001" in text(office("supervisor").get("/billing/adjustments/"))
        asked = AdjustmentRequest.objects.get()
        office("supervisor").post(f"/billing/adjustments/{asked.pk}/posting/")
        assert Adjustment.objects.get().authorized_by == town.people["supervisor"]

    def test_says_what_is_wrong_and_saves_nothing(self, town: Town, account: Any, office: Any) -> None:
        typed = CREDIT | {"service": town.services["water"], "amount": "twenty", "reason": "leak"}

        page = text(office("representative").post(self.ADDRESS, typed))

        assert "Expected an amount such as 12.34" in page
        assert AdjustmentRequest.objects.count() == 0
        page = text(office("representative").post(self.ADDRESS, typed | {"amount": "20.00"}))
        assert "needs evidence" in page
        assert AdjustmentRequest.objects.count() == 0

    def test_is_closed_to_a_cashier(self, account: Any, client: Client, person: Any) -> None:
        from curbstop.foundation.access.roles import Role

        client.force_login(person("cashier", Role.CASHIER))

        assert client.get(self.ADDRESS).status_code == 403


class TestAdjustment:
    def ask(self, town: Town, office: Any, cents: str = "60.00") -> AdjustmentRequest:
        typed = CREDIT | {"service": town.services["water"], "amount": cents}
        office("representative").post(TestRequestAdjustment.ADDRESS, typed)
        return AdjustmentRequest.objects.latest("pk")

    def test_is_not_decided_by_a_lead_for_another(self, town: Town, account: Any, office: Any) -> None:
        asked = self.ask(town, office)

        for what in ("posting", "refusal"):
            office("lead").post(f"/billing/adjustments/{asked.pk}/{what}/")

        asked.refresh_from_db()
        assert (Adjustment.objects.count(), asked.turned_down_at) == (0, None)

    def test_is_turned_down(self, town: Town, account: Any, office: Any) -> None:
        asked = self.ask(town, office)

        page = text(office("supervisor").post(f"/billing/adjustments/{asked.pk}/refusal/", follow=True))

        assert "Turned down" in page

    def test_is_taken_back_by_two_others(self, town: Town, account: Any, office: Any) -> None:
        asked = self.ask(town, office, "20.00")
        reason = {"reason": "Credited to the wrong account."}

        office("lead").post(f"/billing/adjustments/{asked.pk}/reversal/", reason)
        reversal = AdjustmentRequest.objects.latest("pk")
        page = text(office("supervisor").post(f"/billing/adjustments/{reversal.pk}/posting/", follow=True))

        assert reversal.reverses is not None
        assert "The adjustment is posted." in page
        assert "Ask to take it back" not in page


class TestLeak:
    SHOWN = {"place": "underground", "entered_sewer": "on", "met": ["repaired"], "shown": ["proof_of_repair"]}

    def test_shows_the_arithmetic_before_and_after(self, town: Town, account: Any, office: Any) -> None:
        bill = Bill.objects.get()

        page = text(office("lead").get(f"/billing/bills/{bill.number}/leak/", self.SHOWN))

        assert "(6 + 6) ÷ 2" in page
        assert "Ask for $70.00" in page
        assert "Not met" not in page

    def test_says_what_stands_against_it(self, town: Town, account: Any, office: Any) -> None:
        page = text(office("lead").get(f"/billing/bills/{Bill.objects.get().number}/leak/"))

        assert "Not met: repaired." in page
        assert "Not shown: proof of repair." in page

    def test_asks_for_the_credit(self, town: Town, account: Any, office: Any) -> None:
        support = {"note": "The line broke under the lawn.", "evidence": "Plumber's bill", "reference": "DOC-1"}

        page = office("lead").post(
            f"/billing/bills/{Bill.objects.get().number}/leak/", self.SHOWN | support, follow=True
        )

        assert AdjustmentRequest.objects.get().amount_cents == 7_000
        assert "How it was worked out" in text(page)

    def test_asks_for_nothing_that_the_policy_refuses(self, town: Town, account: Any, office: Any) -> None:
        support = {"note": "The line broke under the lawn.", "evidence": "Plumber's bill", "reference": "DOC-1"}
        shown = self.SHOWN | {"met": []}

        page = text(office("lead").post(f"/billing/bills/{Bill.objects.get().number}/leak/", shown | support))

        assert "Not met: repaired." in page
        assert AdjustmentRequest.objects.count() == 0


class TestRefund:
    def test_takes_three_people(self, town: Town, account: Any, office: Any) -> None:
        town.pay(account, 20_000)
        typed = {"amount": "50.00", "payee": "Ann Lee", "reason": "The customer moved away."}

        office("representative").post("/billing/accounts/100001/refunds/", typed)
        asked = RefundRequest.objects.get()
        at = f"/billing/refunds/{asked.pk}/"
        assert "1 approval missing" in text(office("supervisor").get(at))
        office("supervisor").post(f"{at}approval/")
        assert "Release" in text(office("manager").get(at))
        page = text(office("manager").post(f"{at}release/", follow=True))

        assert "The refund is released." in page
        assert Refund.objects.get().released_by == town.people["manager"]
        assert "Ann Lee" in text(office("auditor").get("/billing/refunds/"))

    def test_offers_nothing_to_who_took_part(self, town: Town, account: Any, office: Any) -> None:
        town.pay(account, 20_000)
        typed = {"amount": "50.00", "payee": "Ann Lee", "reason": "The customer moved away."}
        office("supervisor").post("/billing/accounts/100001/refunds/", typed)
        at = f"/billing/refunds/{RefundRequest.objects.get().pk}/"

        assert 'autofocus">Approve' not in text(office("supervisor").get(at)).replace(" ", "")
        page = text(office("supervisor").post(f"{at}approval/", follow=True))
        assert "does not approve" in page

    def test_says_how_much_there_is(self, town: Town, account: Any, office: Any) -> None:
        typed = {"amount": "50.00", "payee": "Ann Lee", "reason": "The customer moved away."}

        page = text(office("representative").post("/billing/accounts/100001/refunds/", typed))

        assert "has $0.00 that may be asked for" in page
        assert RefundRequest.objects.count() == 0


class TestBudget:
    ADDRESS = "/billing/accounts/100001/budget/"

    def test_joins_and_shows_what_is_due_beside_the_true_balance(self, town: Town, account: Any, office: Any) -> None:
        assert "came to $150.00" in text(office("representative").get(self.ADDRESS))

        page = text(office("representative").post(f"{self.ADDRESS}enrollment/", {"policy": "fixed"}, follow=True))

        assert "$78.75" in page
        assert "True balance" in page
        account_page = text(office("representative").get("/accounts/100001/"))
        assert "Budget amount due" in account_page

    def test_ends_with_a_reason(self, town: Town, account: Any, office: Any) -> None:
        office("lead").post(f"{self.ADDRESS}enrollment/", {"policy": "fixed"})
        plan = BudgetPlan.objects.get()

        page = text(office("lead").post(f"/billing/budget/{plan.pk}/end/", {"reason": "short"}))
        assert "at least 10" in page
        page = text(
            office("lead").post(f"/billing/budget/{plan.pk}/end/", {"reason": "The customer asked."}, follow=True)
        )

        assert "Plans that ended" in page

    def test_refuses_in_words(self, town: Town, account: Any, office: Any) -> None:
        office("lead").post(f"{self.ADDRESS}enrollment/", {"policy": "fixed"})
        plan = BudgetPlan.objects.get()

        for what, said in (("review", "not looked at"), ("renewal", "not over")):
            assert said in text(office("lead").post(f"/billing/budget/{plan.pk}/{what}/", follow=True))
