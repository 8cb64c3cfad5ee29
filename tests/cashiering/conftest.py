"""A counter with one till, a customer who owes water and sewer, and the city's rules for it."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

# Rooms are imported inside the fixtures: pytest reads this file before Django is set up.

DAY = date(2026, 7, 1)
AT = datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
ACCOUNTS = {
    "bank": ("101-1500-1010", "asset"),
    "cash_drawer": ("101-1500-1020", "asset"),
    "deposit_in_transit": ("101-1500-1030", "asset"),
    "card_in_transit": ("101-1500-1040", "asset"),
    "unapplied_credit": ("101-1500-2310", "liability"),
    "over_short": ("101-1500-4910", "revenue"),
    "cash_rounding": ("101-1500-4920", "revenue"),
}
RULES = {
    "cash.float": ("dollars", "200.00"),
    "cash.nearest_cents": ("cents", 1),
    "cash.recounts_max": ("count", 1),
    "cash.over_short_note_over": ("dollars", "5.00"),
    "cash.over_short_supervisor_over": ("dollars", "20.00"),
    "cash.over_short_manager_over": ("dollars", "100.00"),
    "cash.denominations": ("faces", [10000, 5000, 2000, 1000, 500, 100, 25, 10, 5, 1]),
    "payment.tenders": ("choices", ["cash", "check", "card"]),
    "payment.void_reason_letters_min": ("count", 10),
    "payment.application_order": ("order", [{"services": ["sewer", "water"], "sort_by": ["oldest", "service"]}]),
}


def set_rule(code, unit, value, *, maker, checker):
    from curbstop.ordinances.models import CodeSection, RuleValue

    section, _ = CodeSection.objects.get_or_create(citation="2-101", defaults={"title": "Handling of money"})
    before = RuleValue.objects.filter(code=code, ends_on=None).update(ends_on=DAY)
    RuleValue.objects.create(
        code=code,
        starts_on=DAY if before else date(2020, 1, 1),
        value=value,
        unit=unit,
        section=section,
        proposed_by=maker,
        adopted_by=checker,
    )


@pytest.fixture
def city(db, person):
    """Put the accounts, the services, the rules, the till and an open business day in place."""
    from curbstop.cashiering.operations import declare_offices
    from curbstop.cashiering.operations.offices import TillRow
    from curbstop.foundation.access.roles import Role
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import (
        AccountRow,
        ServiceRow,
        declare_accounts,
        declare_services,
        open_business_day,
        open_period,
    )
    from curbstop.ordinances.models import CityProfile

    manager, supervisor = person("manager", Role.MANAGER), person("supervisor", Role.SUPERVISOR)
    rows = [
        AccountRow(code, *code.split("-"), name=role, kind=kind, role=role) for role, (code, kind) in ACCOUNTS.items()
    ]
    for number, service in enumerate(("water", "sewer"), start=1):
        rows.append(
            AccountRow(f"50{number}-4100-1150", f"50{number}", "4100", "1150", f"{service} receivable", "asset")
        )
        rows.append(AccountRow(f"50{number}-4100-4410", f"50{number}", "4100", "4410", f"{service} sales", "revenue"))
    services = [
        ServiceRow(service, service.title(), service.title(), f"50{n}-4100-1150", f"50{n}-4100-4410", n)
        for n, service in enumerate(("water", "sewer"), start=1)
    ]
    with transaction():
        declare_accounts(rows)
        declare_services(services)
        declare_offices(
            [TillRow("hall", "City Hall", "H1", "Window 1"), TillRow("hall", "City Hall", "H2", "Window 2")]
        )
    for code, (unit, value) in RULES.items():
        set_rule(code, unit, value, maker=manager, checker=supervisor)
    CityProfile.objects.create(
        name="City of Cedar Bend",
        state="ZZ",
        timezone="America/New_York",
        languages=["en", "es"],
        address_lines=["1 Main Street"],
        phone="555-0100",
        payee="City of Cedar Bend",
        remittance={"en": "", "es": ""},
        closed_weekdays=[5, 6],
    )
    open_period(starts_on=date(2026, 7, 1), ends_on=date(2026, 8, 1), by=manager, at=AT)
    open_business_day(day=DAY, by=manager, at=AT)
    return {"manager": manager, "supervisor": supervisor}


@pytest.fixture
def cashier(person):
    from curbstop.foundation.access.roles import Role

    return person("cashier", Role.CASHIER)


@pytest.fixture
def till(city):
    from curbstop.cashiering.models import Till

    return Till.objects.get(code="H1")


@pytest.fixture
def drawer(till, cashier):
    from curbstop.cashiering.operations import open_drawer

    return open_drawer(till=till, cashier=cashier, float_cents=20_000, at=AT)


@pytest.fixture
def debtor(city):
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import new_debtors

    with transaction():
        (debtor_id,) = new_debtors(["Rosa Nuñez"])
    return debtor_id


@pytest.fixture
def owe(city, debtor):
    """Return a function that bills cents for services: `owe(water=3000)` returns service → open item id."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import Line, NewItem, post_entry
    from curbstop.ledger.queries import open_items_of, service_of

    def bill(*, due_on=date(2026, 7, 20), to=None, **cents_by_service):
        owing = to or debtor
        services = {code: service_of(code) for code in cents_by_service}
        lines = []
        for code, cents in cents_by_service.items():
            lines.append(Line.debit(services[code].receivable_id, cents, debtor_id=owing))
            lines.append(Line.credit(services[code].revenue_id, cents))
        items = [
            NewItem(owing, services[code].pk, due_on, cents, source="billing.bill:1", label="Bill 1")
            for code, cents in cents_by_service.items()
        ]
        with transaction():
            post_entry(
                kind="bill",
                lines=lines,
                items=items,
                source="billing.bill:1",
                business_date=DAY,
                actor=city["manager"],
                posted_at=AT,
            )
        return {item.service_code: item.id for item in open_items_of(owing)}

    return bill


@pytest.fixture
def cart_of(cashier):
    """Return a function that opens a cart: `cart_of({item: cents})`."""
    from curbstop.cashiering.operations import open_cart

    def fill(amounts, *, by=None, key=None):
        return open_cart(key=key or uuid4(), cashier=by or cashier, amounts=amounts, at=AT)

    return fill


def open_account(number, debtor_id, *, name="Rosa Nuñez"):
    """Write an account of one debtor, as an intake would."""
    from curbstop.customers.domain.texts import search_key
    from curbstop.customers.models import Account, Customer, Premises

    key = search_key(name)
    customer = Customer.objects.create(number=f"C{number}", kind="person", name=name, sort_key=key, search_key=key)
    premises = Premises.objects.create(
        address_line=f"{number} Elm St", search_key=f"{number} elm st", city="Cedar Bend", state="ZZ", zip="00010"
    )
    return Account.objects.create(
        number=number, customer=customer, premises=premises, debtor_id=debtor_id, opened_on=DAY
    )


@pytest.fixture
def account(debtor):
    return open_account("100234", debtor)


@pytest.fixture
def neighbor(city):
    """Return another account, of Omar Webb, that owes nothing yet."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import new_debtors

    with transaction():
        (debtor_id,) = new_debtors(["Omar Webb"])
    return open_account("100777", debtor_id, name="Omar Webb")


@pytest.fixture
def signed_in(client):
    """Return a function that signs the test client in as a person: `signed_in(cashier)`."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def money_rows():
    """Return how many rows each table of money has: a refusal leaves every number as it was."""
    from curbstop.cashiering.models import (
        Cart,
        Drawer,
        DrawerCount,
        ImportedPayment,
        Receipt,
        Tender,
        Void,
        VoidRequest,
    )
    from curbstop.foundation.audit.models import AuditEvent
    from curbstop.ledger.models import Allocation, Entry, OpenItem, Posting
    from curbstop.treasury.models import Deposit, DepositVerification, JournalExport

    counter = (Cart, Drawer, DrawerCount, ImportedPayment, Receipt, Tender, Void, VoidRequest)
    tables = (*counter, Allocation, Entry, OpenItem, Posting)
    return {
        table.__name__: table.objects.count() for table in (*tables, Deposit, DepositVerification, JournalExport)
    } | {"events": AuditEvent.objects.count()}
