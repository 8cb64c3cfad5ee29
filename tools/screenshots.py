"""Take the README's pictures from a running demo: `python tools/screenshots.py http://127.0.0.1:8000 var`.

Needs what `make setup` installs and a Chromium (`make browser`). For the picture of a payment the supervisor opens a
drawer, if none is open, and a cart that stays unpaid; for those of a tariff a draft is begun, and the city studied
under it. Nothing else in the demo changes.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typst
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs/images"
SCREEN = {"width": 1440, "height": 900}
BYTES_MAX = 300_000
# An account with a year of use, a paid bill and a bill that is due.
ACCOUNT = "100140"
BILL_PPI = 110
# A worker studies the demo's accounts; the page renews itself meanwhile.
STUDY_MS = 120_000
# The document that puts the first page of a printed bill on a page of its own.
BILL_PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("bill.pdf", width: 8.5in)\n'


def main(address: str, data: Path) -> None:
    """Take all pictures and refuse one that is too large for a README."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("There is no Chromium on this machine: `make browser` installs it.")
    password = (data / "demo-password").read_text(encoding="utf-8").strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with signed_in(browser, address, "manager", password) as page:
            take_run(page)
            take_workbench(page)
            take_tariff(page)
        with signed_in(browser, address, "supervisor", password) as page:
            open_drawer(page)
            take_account(page)
            take_bill(page)
            take_payment(page)
            take_adjustment(page)
        browser.close()
    for picture in sorted(IMAGES.glob("*.png")):
        size = picture.stat().st_size
        print(f"{picture.name}: {size:,} bytes")
        if size > BYTES_MAX:
            sys.exit(f"{picture.name} is larger than {BYTES_MAX:,} bytes.")


@contextmanager
def signed_in(browser: Browser, address: str, name: str, password: str) -> Iterator[Page]:
    """Give a page on which one of the demo's people is signed in."""
    context = browser.new_context(viewport=SCREEN, base_url=address)
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("#id_login", name)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_selector("text=What waits for you")
    yield page
    context.close()


def open_drawer(page: Page) -> None:
    """Open a drawer with its float, unless one is open."""
    page.goto("/counter/drawers/open/")
    counted = page.get_by_label("Float counted")
    if counted.count():
        counted.fill("200.00")
        page.click("main button:has-text('Open drawer')")
        page.wait_for_load_state()


def take_account(page: Page) -> None:
    """Take the page of one account: balance, bills, use and payments."""
    page.goto(f"/accounts/{ACCOUNT}/")
    page.screenshot(path=IMAGES / "account.png")


def take_bill(page: Page) -> None:
    """Print the account's latest bill and draw its page."""
    page.goto(f"/accounts/{ACCOUNT}/")
    address = page.locator("a[href*='/billing/bills/']").first.get_attribute("href")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "bill.pdf").write_bytes(page.request.get(f"{address}statement.pdf").body())
        (root / "page.typ").write_text(BILL_PAGE, encoding="utf-8")
        typst.compile(
            str(root / "page.typ"), output=str(IMAGES / "bill.png"), root=folder, format="png", ppi=float(BILL_PPI)
        )


def take_payment(page: Page) -> None:
    """Take the cart of the account, all of it in cash."""
    page.goto(f"/accounts/{ACCOUNT}/")
    page.click("main button:has-text('Take a payment')")
    page.wait_for_selector("text=What the customer hands over")
    page.click("text=All in cash")
    page.screenshot(path=IMAGES / "payment.png")


def take_run(page: Page) -> None:
    """Take the run that waits for a second person."""
    page.goto("/billing/runs/")
    page.locator("tr:has-text('Drafted') th a").first.click()
    page.wait_for_selector("text=Exceptions")
    page.screenshot(path=IMAGES / "run.png")


def take_workbench(page: Page) -> None:
    """Take the exceptions of that run, one of them about to be decided."""
    page.click("main a:has-text('Workbench')")
    page.wait_for_selector("[data-workbench]")
    page.keyboard.press("j")
    page.screenshot(path=IMAGES / "workbench.png")


def take_tariff(page: Page) -> None:
    """Draft a tariff with dearer water, take it, its bills beside those of today, and the study of the city."""
    page.goto("/tariffs/")
    page.locator("tr:has-text('In force'):has-text('Tariff') th a").last.click()
    page.click("text=Draft the next version")
    prices = page.locator("tbody[data-tiers] input[name$='price']")
    if prices.count() > 1:
        price = prices.nth(0)
        price.fill(f"{float(price.input_value()) + 0.25:.2f}")
        page.click("text=Save and check the numbers")
        page.wait_for_load_state()
    page.screenshot(path=IMAGES / "tariff.png")
    page.click("text=Preview on accounts")
    page.wait_for_selector("text=The bill")
    page.screenshot(path=IMAGES / "preview.png")
    page.click("text=Study the whole city")
    page.wait_for_selector("text=How bills change", timeout=STUDY_MS)
    page.screenshot(path=IMAGES / "what-if.png")


def take_adjustment(page: Page) -> None:
    """Take the page on which a credit is asked for, with the city's rules beside it."""
    page.goto(f"/billing/accounts/{ACCOUNT}/adjustments/")
    page.screenshot(path=IMAGES / "adjustment.png")


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004  # an address and a folder
        sys.exit(__doc__)
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
