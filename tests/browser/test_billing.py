"""A run from its exceptions to the post, a tariff from a mistake to its adoption: by several people in a browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from curbstop.billing.models import Bill, BillingRun
from curbstop.rates.models import RateDraft, ScheduleVersion
from tests.billing.conftest import Town, people, town
from tests.browser.test_adjustments import without_barriers
from tests.browser.test_counter import follow
from tests.staff.test_browser import CHROMIUM

__all__ = ["people", "town"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make browser` installs it"),
]


@pytest.fixture
def billed(town: Town) -> Town:
    """Three accounts: one of ordinary use, one of 90 CCF, one of 900 that is held for its size."""
    for number, ccf in (("100001", "6"), ("100002", "90"), ("100003", "900")):
        town.use(town.account(number), ccf)
    return town


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def chosen(page: Any) -> str:
    return str(page.inner_text("[data-workbench] tr[aria-current] th a"))


def choose(page: Any, account: str) -> None:
    """Go down the list to an account, past it and back."""
    press(page, "j", "j", "k")
    while chosen(page) != account:
        press(page, "j")


def decide(page: Any, key: str, reason: str) -> None:
    """Decide on the chosen exception, from the keyboard alone."""
    press(page, key)
    page.keyboard.type(reason)
    with page.expect_navigation():
        press(page, "Enter")


class TestRun:
    def test_goes_from_its_exceptions_to_the_post(self, billed: Town, page_for: Any) -> None:
        run = billed.draft()
        clerk = page_for(billed.people["lead"])
        clerk.goto(reverse("billing:workbench", args=[run.pk]))
        without_barriers(clerk)

        # One is drafted again, one is held, and the one that was held is cleared: no hand leaves the keyboard.
        choose(clerk, "100001")
        with clerk.expect_navigation():
            press(clerk, "d")
        clerk.wait_for_selector("text=The account is drafted again")
        choose(clerk, "100002")
        decide(clerk, "h", "The owner asked us to look at the meter.")
        assert clerk.locator("tr:has-text('100002'):has-text('Held')").count() == 1
        choose(clerk, "100003")
        press(clerk, "b")
        without_barriers(clerk)
        press(clerk, "Escape")
        decide(clerk, "b", "The mill fills its pond in June.")

        boss = page_for(billed.people["manager"])
        assert boss.inner_text("a.card:has-text('Runs to approve') .card__number") == "1"
        follow(boss, "a.card:has-text('Runs to approve')")
        boss.goto(reverse("billing:run", args=[run.pk]))
        without_barriers(boss)
        boss.click("summary:has-text('Approve the run')")
        accepts = boss.query_selector("input[name=accepts_holds]")
        if accepts:
            accepts.check()
        follow(boss, "form button:has-text('Approve the run')")
        boss.click("summary:has-text('Release the bills')")
        follow(boss, "form button:has-text('Release the bills')")
        assert BillingRun.objects.get().state == "approved"
        _work("billing.release_bills")
        boss.goto(reverse("billing:run", args=[run.pk]))
        assert set(Bill.objects.values_list("account__number", flat=True)) == {"100001", "100003"}

        follow(boss, "text=Print and mail the statements")
        follow(boss, "text=Print the statements")
        without_barriers(boss)
        assert "0 of 1 file printed" in boss.inner_text("main")


def _work(task: str) -> None:
    """Do what a worker would: the job is in the table, and runs as the page asked for it."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    from curbstop.billing import jobs

    (job,) = ProcrastinateJob.objects.filter(task_name=task)
    getattr(jobs, task.removeprefix("billing."))(**job.args)


def mend(author: Any) -> None:
    """Type a tier that does not rise, go to its line, and put it right."""
    # A tier that ends below the one before it leaves units with two prices.
    author.fill("[name='tier-0-1-up_to']", "8")
    author.fill("[name='tier-0-2-price']", "6.00")
    follow(author, "text=Save and check the numbers")
    author.wait_for_selector("text=tiers must rise")
    without_barriers(author)
    author.click("a[data-line]")
    selected = author.evaluate("getSelection().toString()")
    assert "up_to: 8" in selected

    author.fill("[name='tier-0-1-up_to']", "20")
    author.fill("[name='tier-0-1-price']", "4.00")
    follow(author, "text=Save and check the numbers")
    author.wait_for_selector("text=The tariff is sound")
    without_barriers(author)


def preview(author: Any) -> None:
    """Look at two accounts under the draft."""
    follow(author, "text=Preview on accounts")
    author.fill("#id_numbers", "100001, 100002")
    follow(author, "text=Show their bills")
    assert author.locator("main table").count() == 2
    # 90 CCF: 20 + 30 + 80 × 5 = 450.00; draft 20 + 30 + 10 × 4 + 70 × 6 = 510.00.
    assert "$450.00" in author.inner_text("main")
    assert "$510.00" in author.inner_text("main")
    without_barriers(author)


class TestTariff:
    def test_is_refused_mended_shown_and_adopted_by_two_people(self, billed: Town, page_for: Any) -> None:
        billed.release()
        base = ScheduleVersion.objects.get(schedule__code="water")
        author = page_for(billed.people["supervisor"])
        author.click("nav[aria-label=Main] a:has-text('Tariffs')")
        author.wait_for_selector("h1:has-text('Tariffs')")
        without_barriers(author)
        follow(author, f"a[href='{reverse('rates:tariff', args=[base.pk])}']")
        without_barriers(author)
        follow(author, "text=Draft the next version")
        without_barriers(author)

        mend(author)
        preview(author)

        draft = RateDraft.objects.get()
        author.goto(reverse("rates:draft", args=[draft.pk]))
        starts_on = timezone.localdate() + timedelta(days=30)
        author.fill("#id_starts_on", starts_on.isoformat())
        follow(author, "text=Propose to a second person")
        author.wait_for_selector("text=It waits for a second person")
        assert author.query_selector("text=Adopt the version") is None

        boss = page_for(billed.people["manager"], 768)
        follow(boss, "a.card:has-text('Tariffs to adopt')")
        follow(boss, f"a:has-text('Draft {draft.pk}')")
        without_barriers(boss)
        follow(boss, "text=Adopt the version")
        boss.wait_for_selector("text=The version is adopted")
        without_barriers(boss)
        assert ScheduleVersion.objects.get(starts_on=starts_on).approved_by == billed.people["manager"]


class TestMenu:
    def test_opens_closes_and_says_where_one_is_from_the_keyboard(self, billed: Town, page_for: Any) -> None:
        page = page_for(billed.people["manager"], 768)
        page.goto(reverse("billing:adjustments"))
        assert page.inner_text(".office-menu__group.is-current summary").startswith("Billing")
        page.focus(".office-menu__group.is-current summary")
        press(page, "Enter")
        assert page.inner_text(".office-menu a[aria-current=page]") == "Adjustments"
        without_barriers(page)
        press(page, "Tab", "Escape")
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
        assert page.locator(".office-menu__group[open]").count() == 0


class TestPages:
    @pytest.mark.parametrize("width", [1440, 768])
    def test_have_no_serious_barrier(self, billed: Town, page_for: Any, width: int) -> None:
        billed.release()
        page = page_for(billed.people["manager"], width)
        for route in (
            "billing:runs", "billing:rebills", "billing:adjustments", "billing:refunds", "billing:cycles",
            "billing:this_year", "billing:masters", "billing:settlements", "metering:exceptions", "collections:runs",
            "collections:waivers", "collections:deposits", "ledger:periods", "reports:what_if", "rates:tariffs",
        ):  # fmt: skip
            page.goto(reverse(route))
            assert page.locator("h1").count() == 1, route
            without_barriers(page)
        for route in ("billing:run", "billing:workbench", "billing:prelist", "billing:unbilled", "billing:mailing"):
            page.goto(reverse(route, args=[BillingRun.objects.get().pk]))
            without_barriers(page)
