"""A premises with a tap, and two people who may live there."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

# Rooms are imported inside the fixtures: pytest reads this file before Django is set up.

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OPENED = date(2026, 1, 5)


def gl(code, kind):
    from curbstop.ledger.models import GlAccount

    fund, department, account = code.split("-")
    return GlAccount.objects.create(code=code, fund=fund, department=department, account=account, name=code, kind=kind)


@pytest.fixture
def water(db):
    from curbstop.ledger.models import Service

    return Service.objects.create(
        code="water",
        name_en="Water",
        name_es="Agua",
        receivable=gl("500-00-1210", "asset"),
        revenue=gl("500-00-4100", "revenue"),
        rank=1,
    )


@pytest.fixture
def premises(db):
    from curbstop.customers.models import Premises
    from curbstop.customers.operations import add_premises
    from curbstop.foundation.database.transactions import transaction

    row = {
        "address_line": "12 North Elm Street",
        "unit": "",
        "city": "Cedar Bend",
        "state": "VA",
        "zip": "23300",
        "parcel": "0101",
        "inside_city": True,
    }
    with transaction():
        (premises_id,) = add_premises(pl.DataFrame([row]))
    return Premises.objects.get(pk=premises_id)


@pytest.fixture
def tap(premises, water):
    from curbstop.customers.models import ServicePoint
    from curbstop.customers.operations import add_service_points
    from curbstop.foundation.database.transactions import transaction

    row = {"premises_id": premises.pk, "service_id": water.pk, "number": "SP-1"}
    with transaction():
        (point_id,) = add_service_points(pl.DataFrame([row]))
    return ServicePoint.objects.get(pk=point_id)


@pytest.fixture
def rosa(db):
    from curbstop.customers.operations import Identity, register_customer

    identity = Identity(name="Rosa Nuñez Delgado", phone="(757) 555-0143", language="es")
    return register_customer(identity=identity, by=None, at=AT)


@pytest.fixture
def account(rosa, premises):
    from curbstop.customers.operations import open_account

    return open_account(customer=rosa, premises=premises, opened_on=OPENED, by=None, at=AT)
