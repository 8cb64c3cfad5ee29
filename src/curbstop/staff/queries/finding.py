"""One box finds everything: a scanned stub, an account number, a name, an address, a phone, a meter."""

from contextlib import suppress

from curbstop.customers.queries import SearchHit, accounts_at, search
from curbstop.foundation.access.models import User
from curbstop.foundation.documents import ScanLineRefused, read_scan_line
from curbstop.metering.queries import service_points_by_serial

SERIAL_LENGTH_MIN = 3


def find(text: str, user: User, limit: int = 50) -> list[SearchHit]:
    """Return the accounts that the text finds, best first."""
    wanted = text.strip()
    with suppress(ScanLineRefused):  # Not a stub: what was typed is what is meant.
        wanted = read_scan_line(wanted).account_digits
    hits = search(wanted, user, limit=limit)
    if hits or len(wanted) < SERIAL_LENGTH_MIN:
        return hits
    return accounts_at(service_points_by_serial(wanted.upper()), user)
