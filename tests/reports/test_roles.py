"""Every page of the counter, treasury and the reports opens to the roles that hold its permission, to no other."""

from uuid import uuid4

import pytest
from django.urls import reverse

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.operations import close_drawer, count_drawer, take_payment
from curbstop.cashiering.urls import urlpatterns as cashiering
from curbstop.foundation.access.roles import Role
from curbstop.reports.urls import urlpatterns as reports
from curbstop.treasury.operations import make_deposit
from curbstop.treasury.urls import urlpatterns as treasury
from tests.cashiering.conftest import AT

ROOMS = {"cashiering": cashiering, "treasury": treasury, "reports": reports}
PAGES = [(f"{room}:{page.name}", page) for room, pages in ROOMS.items() for page in pages]
ONLY_POST = 405


@pytest.fixture
def arguments(owe, cart_of, drawer, cashier, account, person):
    """Return the arguments of every page that needs some, for a day that went all the way to the bank."""
    items = owe(water=3_000)
    cart = cart_of({items["water"]: 3_000})
    receipt = take_payment(cart=cart, tenders=[TenderedAmount(TenderKind.CASH, 3_000)], cashier=cashier, at=AT)
    count_drawer(drawer=drawer, pieces={100: 230}, check_cents=0, counted_by=cashier, at=AT)
    close_drawer(drawer=drawer, by=cashier, at=AT)
    deposit = make_deposit(drawers=[drawer], bag_number="B-1", prepared_by=person("preparer", Role.LEAD), at=AT)
    return {"cart": cart.key, "receipt": receipt.pk, "drawer": drawer.pk, "number": deposit.number, "key": uuid4()}


def answer_of(client, name, page, arguments):
    values = {
        "pk": arguments["drawer"] if "drawer" in name else arguments["receipt"],
        "key": arguments["cart"],
        "number": arguments["number"],
        "code": "daily-cash",
    }
    address = reverse(name, kwargs={each: values[each] for each in page.pattern.converters})
    answer = client.get(address)
    return client.post(address) if answer.status_code == ONLY_POST else answer


class TestEveryPage:
    @pytest.mark.parametrize("role", list(Role))
    def test_opens_to_whom_it_is_for(self, arguments, users, client, role):
        client.force_login(users[role])
        wrong = []
        for name, page in PAGES:
            status = answer_of(client, name, page, arguments).status_code
            is_allowed = role in page.callback.required_permission.roles
            if status not in ({200, 302, 404, 409} if is_allowed else {403}):
                wrong.append((name, role.value, status))

        assert wrong == []

    def test_sends_strangers_to_sign_in(self, arguments, client):
        for name, page in PAGES:
            answer = answer_of(client, name, page, arguments)

            assert (answer.status_code, answer.url.split("?")[0]) == (302, "/sign-in/"), name
