"""What a person meets in a browser: pages without barriers, on a wide screen and a narrow one, by keyboard."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from curbstop.foundation.access.roles import Role
from tests.staff.conftest import PASSWORD, build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SERIOUS = {"serious", "critical"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make browser` installs it"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def rosa(person):
    user = person("rep", Role.REPRESENTATIVE, Role.CASHIER, Role.MANAGER)
    user.set_password(PASSWORD)
    user.save()
    return build(person)


@pytest.fixture(params=[1440, 768])
def page(request, browser, live_server, rosa):
    """Return a signed-in page at one width; a message on its console is a failure."""
    opened = browser.new_page(viewport={"width": request.param, "height": 900})
    said = []
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(f"{live_server.url}/sign-in/")
    opened.fill("#id_login", "rep")
    opened.fill("#id_password", PASSWORD)
    opened.press("#id_password", "Enter")
    opened.wait_for_selector("text=What waits for you")
    yield opened
    opened.close()
    assert said == []


def barriers(page):
    found = Axe().run(page).response["violations"]
    return [
        (each["id"], each["help"], [node["html"] for node in each["nodes"]][:3])
        for each in found
        if each["impact"] in SERIOUS
    ]


class TestPages:
    def test_have_no_serious_barrier(self, page, live_server, rosa):
        addresses = (
            "/",
            "/search/?q=",
            f"/accounts/{rosa.number}/",
            "/counter/receipts/",
            "/counter/drawers/",
            "/treasury/deposits/",
            "/billing/runs/",
            "/billing/bills/1/",
            "/reports/",
        )

        for address in addresses:
            page.goto(live_server.url + address)
            assert barriers(page) == [], address

    def test_stay_inside_the_screen(self, page, live_server, rosa):
        page.goto(f"{live_server.url}/accounts/{rosa.number}/")

        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def test_find_with_the_slash_key(self, page, rosa):
        page.keyboard.press("/")
        page.keyboard.type("delgado")
        page.keyboard.press("Enter")

        page.wait_for_url(f"**/accounts/{rosa.number}/")


class TestPagesForStrangers:
    @pytest.mark.parametrize("address", ["/sign-in/", "/no-such-page/"])
    def test_have_no_serious_barrier(self, browser, live_server, address):
        page = browser.new_page()
        page.goto(live_server.url + address)

        assert barriers(page) == []
        page.close()
