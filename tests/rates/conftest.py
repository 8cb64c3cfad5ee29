"""Real rate files, data beside the project and never part of it; and a small city with one tap."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

# Rooms are imported inside the fixtures: pytest reads this file before Django is set up.

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OPENED = date(2026, 1, 5)

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def real_rates() -> Path:
    """Return the folder of published rate files and the bills computed from them."""
    return _folder("owrs")


@pytest.fixture(scope="session")
def real_reads() -> Path:
    """Return the folder of Santa Monica's readings."""
    return _folder("water_reads_santamonica")


def _folder(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the real data is not here: {DATA.name}/{name} beside the project's parent")
    return folder


@pytest.fixture
def city(db: None) -> Any:
    """A city with water and sewer, and one section of its code."""
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.operations import AccountRow, ServiceRow, declare_accounts, declare_services
    from curbstop.ordinances.models import CodeSection

    with transaction():
        declare_accounts(
            [
                AccountRow("501-000-1150", "501", "000", "1150", "Water receivable", "asset"),
                AccountRow("502-000-1150", "502", "000", "1150", "Sewer receivable", "asset"),
                AccountRow("501-400-4010", "501", "400", "4010", "Water sales", "revenue"),
                AccountRow("502-400-4010", "502", "400", "4010", "Sewer service", "revenue"),
            ]
        )
        declare_services(
            [
                ServiceRow("water", "Water", "Agua", "501-000-1150", "501-400-4010", 2),
                ServiceRow("sewer", "Sewer", "Alcantarillado", "502-000-1150", "502-400-4010", 1),
            ]
        )
    return CodeSection.objects.create(citation="13.04", title="Water rates")


@pytest.fixture
def agreement(city: Any) -> Any:
    """One customer's agreement for water at one tap, from January 2026."""
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
    from curbstop.ledger.queries import service_of

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
        water = service_of("water").pk
        points = pl.DataFrame([{"premises_id": premises_id, "service_id": water, "number": "SP-1"}])
        (point_id,) = add_service_points(points)
    customer = register_customer(identity=Identity(name="Rosa Delgado"), by=None, at=AT)
    premises = Premises.objects.get(pk=premises_id)
    account = open_account(customer=customer, premises=premises, opened_on=OPENED, by=None, at=AT)
    point = ServicePoint.objects.get(pk=point_id)
    return start_agreement(account=account, service_point=point, starts_on=OPENED, by=None, at=AT)
