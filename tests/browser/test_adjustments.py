"""Adjustments, a leak sheet, a refund and a budget plan in a real browser: by keyboard and without barriers."""

from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from curbstop.billing.models import Adjustment, Bill, Refund, RefundRequest
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import Town, people, town
from tests.staff.test_browser import CHROMIUM, SERIOUS

__all__ = ["people", "town"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make browser` installs it"),
]
LEAK = {
    "label": "Half of the excess over the average of three periods",
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


@pytest.fixture
def account(town: Town) -> Any:
    """An account with one bill of 20 CCF after two periods of 6, and $50.00 too much paid."""
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


def without_barriers(page: Any) -> None:
    """Assert that axe finds nothing serious, and that the page is not wider than the screen."""
    found = [each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in SERIOUS]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


class TestAdjustments:
    def test_are_asked_for_and_posted_by_keyboard(self, town: Town, account: Any, page_for: Any) -> None:
        page = page_for(town.people["representative"])
        page.goto("/billing/accounts/100001/adjustments/")
        assert "Left for you today" in page.text_content("main")
        without_barriers(page)

        page.focus("#id_kind")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("20.00")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("The notice came late.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")

        page.wait_for_selector("text=The adjustment is posted.")
        assert Adjustment.objects.get().amount_cents == 2_000
        without_barriers(page)
        page.goto("/billing/adjustments/")
        without_barriers(page)

    def test_above_the_limit_wait_for_a_second_person(self, town: Town, account: Any, page_for: Any) -> None:
        page = page_for(town.people["representative"])
        page.goto("/billing/accounts/100001/adjustments/")
        assert "$25.00" in page.text_content("main")  # Her limit, shown before she asks for more.
        page.fill("#id_amount", "40.00")
        page.fill("#id_note", "The pump failed and we knew of it.")
        page.click("button:has-text('Ask for the adjustment')")
        page.wait_for_selector("text=This is over your limit")
        assert not Adjustment.objects.exists()

        boss = page_for(town.people["supervisor"], 768)
        assert boss.inner_text("a.card:has-text('Adjustments to approve') .card__number") == "1"
        boss.click("a.card:has-text('Adjustments to approve')")
        boss.wait_for_selector("h1:has-text('Adjustments')")
        without_barriers(boss)
        boss.click("main tbody a")
        boss.wait_for_selector("button:has-text('Approve')")
        without_barriers(boss)
        boss.press("button:has-text('Approve')", "Enter")
        boss.wait_for_selector("text=The adjustment is posted")
        assert Adjustment.objects.get().amount_cents == 4_000

    def test_show_a_leak_with_its_arithmetic(self, town: Town, account: Any, page_for: Any) -> None:
        page = page_for(town.people["lead"])
        page.goto(f"/billing/bills/{Bill.objects.get().number}/")
        page.click("text=Leak")
        page.wait_for_selector("text=Not met: repaired.")
        page.select_option("#id_place", "underground")
        page.check("text=Repaired")
        page.check("text=Proof of repair")
        page.press("text=Work it out", "Enter")
        page.wait_for_selector("text=Ask for $70.00")
        without_barriers(page)

        page.fill("#id_note", "The line broke under the lawn.")
        page.fill("#id_evidence", "Plumber's bill")
        page.fill("#id_reference", "DOC-1")
        page.press("#id_reference", "Enter")

        page.wait_for_selector("text=How it was worked out")
        without_barriers(page)


class TestRefund:
    def test_goes_through_three_hands(self, town: Town, account: Any, page_for: Any) -> None:
        town.pay(account, 20_000)
        page = page_for(town.people["representative"])
        page.goto("/billing/accounts/100001/refunds/")
        without_barriers(page)
        page.fill("#id_amount", "50.00")
        page.fill("#id_reason", "The customer moved away.")
        page.press("#id_reason", "Enter")
        page.wait_for_selector("text=Who did what")
        at = f"/billing/refunds/{RefundRequest.objects.get().pk}/"

        for role, button, told in (("supervisor", "Approve", "is approved"), ("manager", "Release", "is released")):
            page = page_for(town.people[role])
            page.goto(at)
            without_barriers(page)
            page.press(f"button:has-text('{button}')", "Enter")
            page.wait_for_selector(f"text={told}")

        assert Refund.objects.get().released_by == town.people["manager"]


class TestBudgetPlan:
    def test_shows_what_is_due_beside_the_true_balance(self, town: Town, account: Any, page_for: Any) -> None:
        page = page_for(town.people["representative"])
        page.goto("/billing/accounts/100001/budget/")
        without_barriers(page)

        page.press("text=Put on a budget plan", "Enter")

        page.wait_for_selector("text=True balance")
        without_barriers(page)
        page.goto("/accounts/100001/")
        assert "Budget amount due" in page.text_content("main")
