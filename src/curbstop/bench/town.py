"""The demo city's rules with any number of accounts, each with one unbilled period of use."""

from datetime import UTC, date, datetime

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TODAY = date(2026, 7, 1)
READ_ON = date(2026, 6, 30)
MONTHS = 12
DRAFTS, APPROVES = "lead", "manager"


def found_town(accounts: int) -> None:
    """Put the demo's pack in force, open a business day, and take over so many accounts."""
    from curbstop.demo.larkspur_bend import FIRST_PERIOD, PACKS, adopt_pack, open_periods
    from curbstop.demo.people import make_people
    from curbstop.demo.scale import make_accounts
    from curbstop.ledger.operations import open_business_day

    people = make_people(NOON)
    adopt_pack(PACKS / "larkspur-bend", people=people, at=NOON)
    open_periods(FIRST_PERIOD, months=MONTHS, by=people["manager"], at=NOON)
    open_business_day(day=TODAY, by=people["supervisor"], at=NOON)
    make_accounts(accounts, on=READ_ON, by=people["manager"], at=NOON)
