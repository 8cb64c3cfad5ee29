"""One customer with two services, a bill, a read meter, a late balance and a contact, in an open office."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

# Rooms are imported inside the functions: pytest reads this file before Django is set up.

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop runs beside the tests.

AT = datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
DAY = date(2026, 7, 1)
PASSWORD = "a long word for tests"


def chart_of_accounts():
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import AccountRow, ServiceRow, declare_accounts, declare_services

    rows = [AccountRow("101-15-2310", "101", "15", "2310", name="Credit", kind="liability", role="unapplied_credit")]
    services = []
    for rank, (code, spanish) in enumerate((("water", "Agua"), ("sewer", "Alcantarillado")), start=1):
        fund = f"50{rank}"
        rows.append(AccountRow(f"{fund}-41-1150", fund, "41", "1150", name=f"{code} receivable", kind="asset"))
        rows.append(AccountRow(f"{fund}-41-4410", fund, "41", "4410", name=f"{code} sales", kind="revenue"))
        services.append(ServiceRow(code, code.title(), spanish, f"{fund}-41-1150", f"{fund}-41-4410", rank))
    with transaction():
        declare_accounts(rows)
        declare_services(services)


def open_office(manager):
    from curbstop.ledger.operations import open_business_day, open_period
    from curbstop.ordinances.models import CityProfile

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


def move_in(by):
    """Return Rosa's account with an agreement for water and one for sewer."""
    from curbstop.customers.models import Premises, ServicePoint
    from curbstop.customers.operations import (
        Identity,
        add_premises,
        add_service_points,
        open_account,
        register_customer,
        start_agreement,
    )
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.models import Service

    place = {
        "address_line": "12 North Elm Street",
        "unit": "",
        "city": "Cedar Bend",
        "state": "ZZ",
        "zip": "23300",
        "parcel": "0101",
        "inside_city": True,
    }
    services = list(Service.objects.order_by("rank"))
    with transaction():
        (premises_id,) = add_premises(pl.DataFrame([place]))
        points = [
            {"premises_id": premises_id, "service_id": service.pk, "number": f"SP-{service.code}"}
            for service in services
        ]
        add_service_points(pl.DataFrame(points))
    rosa = register_customer(
        identity=Identity(name="Rosa Nuñez Delgado", phone="(757) 555-0143", language="es"), by=by, at=AT
    )
    premises = Premises.objects.get(pk=premises_id)
    account = open_account(customer=rosa, premises=premises, opened_on=date(2026, 1, 5), by=by, at=AT)
    for point in ServicePoint.objects.order_by("pk"):
        start_agreement(account=account, service_point=point, starts_on=date(2026, 1, 5), by=by, at=AT)
    return account


def use_water(account):
    """Settle three months of water without reads, as an imported history has it."""
    from curbstop.customers.models import ServiceAgreement
    from curbstop.foundation.database.transactions import transaction
    from curbstop.metering.models import Usage

    agreement = ServiceAgreement.objects.filter(account=account).order_by("pk").first()
    with transaction():
        Usage.objects.bulk_create(
            Usage(
                agreement=agreement,
                starts_on=date(2026, month, 5),
                ends_on=date(2026, month + 1, 5),
                registered=Decimal(use),
                billed=Decimal(use),
                unit="ccf",
                kind="volume",
            )
            for month, use in ((3, "9.5"), (4, "12.125"), (5, "10"))
        )
    return agreement


def owe(account, manager):
    """Bill 30 dollars of water, due before the business day, and 12.34 of sewer, due after it."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import Line, NewItem, post_entry
    from curbstop.ledger.queries import service_of

    lines, items = [], []
    for code, cents, due_on in (("water", 3000, date(2026, 6, 20)), ("sewer", 1234, date(2026, 7, 20))):
        service = service_of(code)
        lines.append(Line.debit(service.receivable_id, cents, debtor_id=account.debtor_id))
        lines.append(Line.credit(service.revenue_id, cents))
        items.append(NewItem(account.debtor_id, service.pk, due_on, cents, source="billing.bill:1", label="Bill 1"))
    with transaction():
        return post_entry(
            kind="bill",
            lines=lines,
            items=items,
            source="billing.bill:1",
            business_date=DAY,
            actor=manager,
            posted_at=AT,
        )


def water_rate(people):
    """Return a version of a schedule, for bill lines to point at."""
    from curbstop.ledger.queries import service_of
    from curbstop.ordinances.models import CodeSection
    from curbstop.rates.models import Schedule, ScheduleVersion

    maker, checker = people
    section = CodeSection.objects.create(citation="78-42", title="Water rates")
    schedule = Schedule.objects.create(code="residential-water", service=service_of("water"))
    return ScheduleVersion.objects.create(
        schedule=schedule,
        starts_on=date(2020, 1, 1),
        document="",
        format="tariff",
        section=section,
        proposed_by=maker,
        approved_by=checker,
    )


def print_bill(account, entry, agreement, people):
    """Write the bill of that entry as a release would, with its lines."""
    from curbstop.billing.models import Bill, BillingRun, DraftLine
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.queries import service_of

    maker, checker = people
    with transaction():
        run = BillingRun.objects.create(
            title="C1",
            through_on=date(2026, 6, 5),
            bill_on=date(2026, 6, 8),
            due_on=date(2026, 6, 20),
            drafted_by=maker,
            drafted_at=AT,
            approved_by=checker,
            approved_at=AT,
            released_by=checker,
            released_at=AT,
            first_bill_number=1,
            bills=1,
            total_cents=4234,
        )
        version = water_rate(people)
        period = {"starts_on": date(2026, 5, 5), "ends_on": date(2026, 6, 5)}
        rows = (("water", "Water by volume", "3", 3000), ("sewer", "Sewer by volume", "1.234", 1234))
        DraftLine.objects.bulk_create(
            DraftLine(
                run=run,
                account=account,
                line_number=number,
                agreement=agreement,
                service=service_of(code),
                schedule_version=version,
                customer_class="residential",
                component=code,
                label=label,
                quantity=Decimal(10),
                unit="ccf",
                unit_price=Decimal(price),
                amount_cents=cents,
                section="§ 78-42",
                derivation={"tier": 2, "above": "4", "up_to": "14", "rounding": "half_up_cent"},
                **period,
            )
            for number, (code, label, price, cents) in enumerate(rows, start=1)
        )
        run.state = "approved"
        run.save()
        Bill.objects.create(
            number=1,
            run=run,
            account=account,
            entry=entry,
            bill_on=run.bill_on,
            due_on=run.due_on,
            days=31,
            total_cents=4234,
            prior_balance_cents=0,
            payments_cents=0,
            **period,
        )
        run.state = "released"
        run.save()


def build(person):
    """Return the account in a whole small office."""
    from curbstop.customers.models import Contact
    from curbstop.customers.operations import Conversation, log_contact
    from curbstop.foundation.access.roles import Role

    manager, supervisor = person("manager", Role.MANAGER), person("supervisor", Role.SUPERVISOR)
    chart_of_accounts()
    open_office(manager)
    account = move_in(manager)
    agreement = use_water(account)
    print_bill(account, owe(account, manager), agreement, (supervisor, manager))
    log_contact(
        customer=account.customer,
        account=account,
        conversation=Conversation(
            channel=Contact.Channel.PHONE, direction=Contact.Direction.INBOUND, note="Asked about the <b>bill</b>."
        ),
        by=manager,
        at=AT,
    )
    return account


@pytest.fixture
def account(person):
    return build(person)


@pytest.fixture
def signed_in(client, person):
    """Return a function that signs the test client in: `signed_in("rep", Role.REPRESENTATIVE)`."""

    def sign_in(name, *roles):
        client.force_login(person(name, *roles))
        return client

    return sign_in
