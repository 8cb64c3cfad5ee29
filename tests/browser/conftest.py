"""A counter in a real browser: the people of an office, an account that owes, and a signed-in page for each of them."""

import pytest
from django.urls import reverse

from tests.cashiering.conftest import account, cart_of, cashier, city, debtor, drawer, neighbor, owe, till
from tests.staff.conftest import PASSWORD
from tests.staff.test_browser import browser

__all__ = ["account", "browser", "cart_of", "cashier", "city", "debtor", "drawer", "neighbor", "owe", "till"]

TIMEOUT_MS = 8_000


@pytest.fixture
def page_for(browser, live_server):
    """Return a function that signs somebody in and gives their page; a message on its console is a failure."""
    said, opened = [], []

    def sign_in(person, width=1440):
        person.set_password(PASSWORD)
        person.save()
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=live_server.url)
        context.set_default_timeout(TIMEOUT_MS)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(reverse("account_login"))
        page.fill("#id_login", person.username)
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_selector("text=What waits for you")
        return page

    yield sign_in
    for context in opened:
        context.close()
    assert said == []
