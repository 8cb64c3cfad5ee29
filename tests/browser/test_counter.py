"""A day at the counter in a browser: found, paid with change, counted blind, made void and banked."""

import pytest
from django.urls import reverse

from curbstop.cashiering.models import Drawer, Receipt
from curbstop.foundation.access.roles import Role
from curbstop.treasury.models import Deposit
from tests.staff.test_browser import CHROMIUM, barriers

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make browser` installs it"),
]


@pytest.fixture
def owing(account, owe):
    """Let Rosa owe 30 dollars of water and 15 of sewer."""
    owe(water=3_000, sewer=1_500)
    return account


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def follow(page, selector):
    """Click what leads to another page, and wait until it is there: the words waited for may stand on this one too."""
    with page.expect_navigation():
        page.click(selector)


def open_payment(page, account):
    """Go from the account to its payment, which is one click away."""
    page.goto(f"/accounts/{account.number}/")
    page.click("main button:has-text('Take a payment')")
    page.wait_for_selector("text=What the customer hands over")


class TestPayment:
    @pytest.mark.parametrize("width", [1440, 768])
    def test_goes_from_the_search_to_the_change(self, page_for, owing, drawer, cashier, width):
        page = page_for(cashier, width)
        page.fill("#office-search", "nunez")
        page.press("#office-search", "Enter")
        page.wait_for_url(f"**/accounts/{owing.number}/")
        page.click("main button:has-text('Take a payment')")
        page.wait_for_selector("text=What the customer hands over")
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

        page.fill("#id_cash", "40")
        assert page.inner_text("[data-reckoning]").split("\n")[-1].strip().endswith("$5.00")
        assert page.inner_text(".pay-button") == "Take part payment"
        page.fill("#id_cash", "50")
        assert "Change" in page.inner_text("[data-reckoning]")
        page.click(".pay-button")

        page.wait_for_selector("text=Give change")
        assert page.inner_text(".change strong") == "$5.00"
        assert focused(page) == "Next customer"
        assert barriers(page) == []

    def test_needs_no_mouse(self, page_for, owing, drawer, cashier):
        page = page_for(cashier)
        page.goto(reverse("cashiering:counter"))
        assert focused(page) == "id_number"
        page.keyboard.type("100234")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Rosa")
        assert focused(page) == "Take payment"
        page.keyboard.press("Enter")
        page.wait_for_selector("text=What the customer hands over")

        assert focused(page) == "id_cash"
        page.keyboard.type("20")
        page.keyboard.press("Enter")
        assert focused(page) == "id_check"  # Not enough yet, so nothing is taken.
        page.keyboard.type("25.00")
        page.keyboard.press("Enter")
        assert focused(page) == "id_check_number"
        page.keyboard.type("1001")
        page.keyboard.press("Enter")
        assert focused(page) == "Take payment"
        assert not Receipt.objects.exists()
        page.keyboard.press("Enter")

        page.wait_for_selector("text=No change")
        assert {tender.kind for tender in Receipt.objects.get().tenders.all()} == {"cash", "check"}

    def test_fills_the_rest_in_cash(self, page_for, owing, drawer, cashier):
        page = page_for(cashier)
        open_payment(page, owing)
        page.fill("#id_check", "20.00")
        page.click("text=All in cash")
        assert (page.input_value("#id_check"), page.input_value("#id_cash")) == ("20.00", "25.00")
        assert focused(page) == "id_check_number"

        page.fill("#id_check", "")
        page.click("text=All in cash")
        assert page.input_value("#id_cash") == "45.00"
        page.click("text=All by check")
        assert (page.input_value("#id_check"), page.input_value("#id_cash")) == ("45.00", "")

    def test_asks_before_a_check_leaves_a_credit(self, page_for, owing, drawer, cashier):
        page = page_for(cashier)
        open_payment(page, owing)
        assert not page.is_visible("#id_credit_stays")
        page.fill("#id_check", "450.00")
        page.press("#id_check", "Enter")
        page.keyboard.type("1001")
        page.keyboard.press("Enter")
        assert focused(page) == "id_credit_stays"
        assert barriers(page) == []
        page.click(".pay-button")
        page.wait_for_selector("text=$405.00 more than is due")
        assert not Receipt.objects.exists()

        page.check("#id_credit_stays")
        page.click(".pay-button")
        page.wait_for_selector("text=No change")
        assert Receipt.objects.get().credit_cents == 40_500

    def test_gives_one_receipt_for_a_double_click(self, page_for, owing, drawer, cashier):
        page = page_for(cashier)
        open_payment(page, owing)
        page.click("text=All in cash")

        page.dblclick(".pay-button")

        page.wait_for_selector("text=No change")
        assert Receipt.objects.count() == 1

    def test_works_where_no_script_runs(self, browser, live_server, page_for, owing, drawer, cashier):
        signed_in = page_for(cashier)
        open_payment(signed_in, owing)
        context = browser.new_context(
            java_script_enabled=False, base_url=live_server.url, storage_state=signed_in.context.storage_state()
        )
        page = context.new_page()
        page.goto(signed_in.url)
        page.fill("#id_cash", "50")
        page.press("#id_cash", "Enter")  # The first button adds up; it takes nothing.
        page.wait_for_load_state()
        assert "$5.00" in page.inner_text("[data-reckoning]")
        assert not Receipt.objects.exists()

        page.click(".pay-button")
        page.wait_for_load_state()
        assert Receipt.objects.count() == 1
        context.close()


class TestDrawer:
    def test_is_counted_blind_and_closed(self, page_for, drawer, cashier):
        page = page_for(cashier)
        page.goto(reverse("cashiering:count_drawer", args=[drawer.pk]))
        assert barriers(page) == []
        assert "Expected" not in page.inner_text("main")
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        page.keyboard.type("2+")
        assert page.inner_text("[data-cash]") == "$200.00"
        assert not drawer.counts.exists()

        page.click("text=Save count")
        page.wait_for_selector("text=Balanced")
        assert barriers(page) == []
        page.click("summary:has-text('Close drawer')")
        page.click("button:has-text('Close drawer')")

        page.wait_for_selector("main p:has-text('Closed')")
        assert not Drawer.objects.get().is_open


class TestSecondPeople:
    def test_void_a_receipt_and_bank_the_drawer(self, page_for, owing, drawer, cashier, city, person):
        page = page_for(cashier)
        open_payment(page, owing)
        page.click("text=All in cash")
        page.click(".pay-button")
        page.wait_for_selector("text=No change")
        page.click("text=Ask for void")
        page.fill("#id_reason", "Paid for the wrong account")
        assert barriers(page) == []
        page.click("button:has-text('Ask for void')")
        page.wait_for_selector("text=It waits for a second person")

        boss = page_for(city["supervisor"])
        boss.goto(reverse("cashiering:void_requests"))
        assert barriers(boss) == []
        follow(boss, "main tbody a")
        assert barriers(boss) == []
        follow(boss, "text=Approve void")
        boss.wait_for_selector("main >> text=VOID")

        page.goto(reverse("cashiering:count_drawer", args=[drawer.pk]))
        page.fill("#id_face_10000", "3")
        page.click("text=Save count")
        page.wait_for_selector("text=A supervisor closes this drawer: it is $100.00 over")
        assert barriers(page) == []
        boss.goto(reverse("cashiering:drawer", args=[drawer.pk]))
        boss.click("summary:has-text('Close drawer')")
        boss.fill("#id_note", "The money of the voided receipt was not given back")
        assert barriers(boss) == []
        boss.click("button:has-text('Close drawer')")
        boss.wait_for_selector("main p:has-text('Closed')")

        lead = page_for(person("lead", Role.LEAD))
        lead.goto(reverse("treasury:make_deposit"))
        assert barriers(lead) == []
        lead.fill("#id_bag_number", "B-1")
        lead.click("button:has-text('Make up deposit')")
        lead.wait_for_selector("text=Total for the bank")
        assert barriers(lead) == []
        assert Deposit.objects.get().total_cents == 10_000


class TestPages:
    def test_have_no_serious_barrier(self, page_for, drawer, owing, neighbor, city):
        page = page_for(city["supervisor"])
        for address in (
            reverse("reports:registers"),
            *(reverse("reports:register", args=[code]) for code in ("aged-receivables", "daily-cash", "deposits")),
            reverse("treasury:deposits"),
            reverse("treasury:journals"),
            reverse("cashiering:open_drawer"),
            reverse("cashiering:drawer", args=[drawer.pk]),
        ):
            page.goto(address)
            assert barriers(page) == [], address
