"""Whose payment is it? An account by its number, by its bill's scanned stub, or by name, address or telephone."""

from contextlib import suppress

from curbstop.customers.models import Account
from curbstop.customers.queries import SearchHit, accounts_visible_to, search
from curbstop.foundation.access.models import User
from curbstop.foundation.documents import ScanLineRefused, read_scan_line

HITS_SHOWN = 20


def account_named(text: str, user: User) -> Account | None:
    """Return the account that the text names beyond doubt: its number, or the scan line of its stub."""
    wanted = text.strip()
    with suppress(ScanLineRefused):  # Not a stub: what was typed is what is meant.
        wanted = read_scan_line(wanted).account_digits
    return accounts_visible_to(user).filter(number=wanted).first()


def accounts_like(text: str, user: User) -> list[SearchHit]:
    """Return the accounts that the text may mean, best first, for the clerk to choose from."""
    return search(text.strip(), user, limit=HITS_SHOWN)
