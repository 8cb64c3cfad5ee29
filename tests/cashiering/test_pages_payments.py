"""The pages of a payment, as a browser without scripts sends them: finding, cart, tenders, receipt."""

import threading
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Cart, CartItem, Receipt
from curbstop.cashiering.operations import close_drawer, count_drawer, take_payment
from curbstop.foundation.access.roles import Role
from curbstop.foundation.documents import scan_line
from curbstop.ledger.models import FiscalPeriod
from curbstop.ledger.queries import balances_of, balances_of_items
from tests.cashiering.conftest import AT, money_rows, set_rule

NOT_MONEY = [
    "abc",
    "1,00",
    "NaN",
    "\u0663\u066b\u0665",
    "1e9",
    "-5.00",
    "1" * 25,
    "5.5",
    "12.345",
    "0x10",
    "=1+1",
    "\uff11\uff12",
]

KEY = "7a0a5c0e-2f5c-4a43-9d0b-6a9a4f6f3c11"


@pytest.fixture
def till_open(drawer, account, owe, signed_in, cashier):
    """Return a signed-in client at an open drawer, Rosa owing 30 dollars of water and 15 of sewer."""
    owe(water=3_000, sewer=1_500)
    return signed_in(cashier)


@pytest.fixture
def cart(till_open, account):
    till_open.post(reverse("cashiering:open_cart"), {"number": account.number, "key": str(uuid4())})
    return Cart.objects.get()


def page_of(cart):
    return reverse("cashiering:cart", args=[cart.key])


def filled(cart, **typed):
    """Return what the payment page sends: every item as it was shown, and what the clerk typed."""
    items = {f"item_{item.open_item_id}": f"{item.amount_cents / 100:.2f}" for item in cart.items.all()}
    return {**items, **typed}


class TestCounter:
    def test_asks_for_the_drawer_first_and_comes_back_to_the_account(self, city, account, signed_in, cashier, till):
        client = signed_in(cashier)

        asked = client.get(reverse("cashiering:counter"), {"number": "100234"})
        opened = client.post(asked.url, {"till": till.pk, "float_dollars": "200.00"})

        assert asked.url == "/counter/drawers/open/?number=100234"
        assert opened.url == "/counter/?number=100234"

    @pytest.mark.parametrize("text", ["100234", " 100234 ", "stub"])
    def test_shows_what_the_named_account_owes(self, till_open, account, text):
        sought = scan_line(bill_number=1, account_number="100234", amount_cents=4_500) if text == "stub" else text

        page = till_open.get(reverse("cashiering:counter"), {"number": sought}).content.decode()

        assert "Rosa Nuñez" in page
        assert "$45.00" in page

    def test_lists_the_accounts_that_a_name_may_mean(self, till_open, account, neighbor):
        page = till_open.get(reverse("cashiering:counter"), {"number": "nunez"}).content.decode()

        assert "?number=100234" in page
        assert "Omar Webb" not in page

    @pytest.mark.parametrize(
        ("text", "said"),
        [("", "Type an account number, a name or an address"), ("zzzz", "No account matches"), ("x" * 201, "at most")],
    )
    def test_says_what_to_do_when_nobody_is_found(self, till_open, text, said):
        assert said in till_open.get(reverse("cashiering:counter"), {"number": text}).content.decode()

    def test_says_that_nothing_is_owed(self, till_open, neighbor):
        page = till_open.get(reverse("cashiering:counter"), {"number": neighbor.number}).content.decode()

        assert "Nothing is owed on this account" in page


class TestOpenCart:
    def test_takes_one_click_from_the_account(self, cart, till_open):
        page = till_open.get(page_of(cart)).content.decode()

        assert "To pay" in page
        assert "$45.00" in page

    def test_opens_one_cart_for_a_double_click(self, till_open, account):
        sent = {"number": account.number, "key": str(uuid4())}
        first, second = (till_open.post(reverse("cashiering:open_cart"), sent) for _ in range(2))

        assert first.url == second.url
        assert CartItem.objects.count() == 2

    @pytest.mark.parametrize(
        ("number", "key", "status"),
        [("100234", "", 400), ("100234", "not-a-key", 400), ("999", KEY, 404), ("", KEY, 404)],
    )
    def test_refuses_what_no_page_sends(self, till_open, number, key, status):
        before = money_rows()

        answer = till_open.post(reverse("cashiering:open_cart"), {"number": number, "key": key})

        assert answer.status_code == status
        assert money_rows() == before

    def test_opens_none_where_nothing_is_owed(self, till_open, neighbor):
        answer = till_open.post(reverse("cashiering:open_cart"), {"number": neighbor.number, "key": str(uuid4())})

        assert answer.url == "/counter/?number=100777"
        assert not Cart.objects.exists()

    def test_starts_anew_after_the_payment(self, cart, till_open, account):
        till_open.post(page_of(cart), filled(cart, cash="45"))

        again = till_open.post(reverse("cashiering:open_cart"), {"number": account.number, "key": str(cart.key)})

        assert again.url == "/counter/?number=100234"


class TestAddAccount:
    def test_adds_what_the_number_owes(self, cart, till_open, neighbor, owe):
        owe(to=neighbor.debtor_id, water=700)

        answer = till_open.post(reverse("cashiering:add_account", args=[cart.key]), {"number": "100777"})
        page = till_open.get(answer.url).content.decode()

        assert "Omar Webb" in page
        assert "$52.00" in page

    def test_lets_the_clerk_choose_by_name(self, cart, till_open, neighbor, owe):
        owe(to=neighbor.debtor_id, water=700)

        page = till_open.post(reverse("cashiering:add_account", args=[cart.key]), {"number": "webb"})

        assert 'value="100777"' in page.content.decode()
        assert cart.items.count() == 2

    @pytest.mark.parametrize(
        ("text", "said"), [("zzzz", "No account matches"), ("100777", "owes nothing"), ("", "Type")]
    )
    def test_says_why_nothing_was_added(self, cart, till_open, neighbor, text, said):
        page = till_open.post(reverse("cashiering:add_account", args=[cart.key]), {"number": text})

        assert said in page.content.decode()
        assert cart.items.count() == 2


class TestTakePayment:
    def test_gives_change_and_says_so(self, cart, till_open, debtor):
        answer = till_open.post(page_of(cart), filled(cart, cash="50"), follow=True)

        page = answer.content.decode()
        assert "Give change" in page
        assert "$5.00" in page
        assert "Next customer" in page
        assert balances_of([debtor])[debtor] == 0

    def test_splits_a_payment_over_tenders(self, cart, till_open):
        till_open.post(
            page_of(cart),
            filled(cart, cash="20.00", check="15.00", check_number="77", card="10.00", card_authorization="A1"),
        )

        kept = {tender.kind: tender.amount_cents for tender in Receipt.objects.get().tenders.all()}
        assert kept == {"check": 1_500, "card": 1_000, "cash": 2_000}

    def test_pays_part_of_an_item(self, cart, till_open):
        item = cart.items.order_by("pk").first()

        till_open.post(page_of(cart), {f"item_{item.open_item_id}": "10.00", "cash": "10"})

        assert balances_of_items([item.open_item_id]) == {item.open_item_id: item.amount_cents - 1_000}

    @pytest.mark.parametrize("text", NOT_MONEY)
    @pytest.mark.parametrize("field", ["cash", "check", "card", "item"])
    def test_refuses_what_is_no_amount(self, cart, till_open, field, text):
        before, items = money_rows(), list(cart.items.values())
        name = f"item_{cart.items.first().open_item_id}" if field == "item" else field

        answer = till_open.post(page_of(cart), filled(cart, cash="45.00") | {name: text})

        assert answer.status_code == 200
        assert "field__error" in answer.content.decode()
        assert money_rows() == before
        assert list(cart.items.values()) == items

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({}, "Enter what the customer hands over"),
            ({"cash": "0"}, "Enter what the customer hands over"),
            ({"check": "45.00"}, "Enter the check number"),
            ({"card": "45.00", "card_authorization": "4111111111111111"}, "looks like a card number"),
            ({"cash": "5", "check": "45", "check_number": "7"}, "hand the cash back"),
            ({"item_0": "1.00"}, "Enter what the customer hands over"),
        ],
    )
    def test_refuses_tenders_that_cannot_pay(self, cart, till_open, typed, said):
        before = money_rows()

        answer = till_open.post(page_of(cart), filled(cart, **typed))

        assert said in answer.content.decode()
        assert money_rows() == before

    @pytest.mark.parametrize(
        ("typed", "said", "tick"),
        [
            ({"check": "450.00", "check_number": "7"}, "$405.00 more than is due", "credit_stays"),
            ({"card": "45.01", "card_authorization": "A1"}, "$0.01 more than is due", "credit_stays"),
            ({"cash": "4,500.00"}, "$4,455.00 is more than all cash in this drawer", "change_at_hand"),
        ],
    )
    def test_asks_to_confirm_what_is_hardly_meant(self, cart, till_open, typed, said, tick):
        before = money_rows()

        page = till_open.post(page_of(cart), filled(cart, **typed)).content.decode()
        assert said in page
        assert f'name="{tick}"' in page
        assert money_rows() == before

        till_open.post(page_of(cart), filled(cart, **typed, **{tick: "on"}))
        assert Receipt.objects.count() == 1

    def test_refuses_more_than_is_owed_on_an_item(self, cart, till_open):
        before = money_rows()
        name = f"item_{cart.items.first().open_item_id}"

        answer = till_open.post(page_of(cart), filled(cart, cash="100") | {name: "99.00"})

        assert "More than is owed" in answer.content.decode()
        assert money_rows() == before

    @pytest.mark.parametrize("is_part", [False, True])
    def test_answers_a_double_click_with_the_same_receipt(self, cart, till_open, is_part):
        item = cart.items.first().open_item_id
        sent = {f"item_{item}": "10.00", "cash": "20"} if is_part else filled(cart, cash="50")
        first = till_open.post(page_of(cart), sent)
        after = money_rows()

        second = till_open.post(page_of(cart), sent)

        assert first.url == second.url == reverse("cashiering:receipt", args=[Receipt.objects.get().pk])
        assert money_rows() == after

    def test_refuses_to_pay_a_paid_cart_otherwise(self, cart, till_open):
        till_open.post(page_of(cart), filled(cart, cash="50"))
        after = money_rows()

        answer = till_open.post(page_of(cart), filled(cart, cash="60"))

        assert "already taken with other amounts" in answer.content.decode()
        assert money_rows() == after

    def test_shows_the_receipt_of_a_paid_cart(self, cart, till_open):
        paid = till_open.post(page_of(cart), filled(cart, cash="50"))

        assert till_open.get(page_of(cart)).url == paid.url

    def test_takes_nothing_when_asked_to_add_up(self, cart, till_open):
        before = money_rows()

        page = till_open.post(page_of(cart), filled(cart, cash="50", reckon="1")).content.decode()

        assert "Change" in page
        assert "$5.00" in page
        assert money_rows() == before

    def test_reckons_the_coin_that_the_city_gives(self, city, cart, till_open):
        set_rule("cash.nearest_cents", "cents", 5, maker=city["manager"], checker=city["supervisor"])

        assert 'data-nearest-cents="5"' in till_open.get(page_of(cart)).content.decode()

    def test_refuses_a_closed_drawer(self, cart, till_open, drawer, cashier):
        count_drawer(drawer=drawer, pieces={10_000: 2}, check_cents=0, counted_by=cashier, at=AT)
        close_drawer(drawer=drawer, by=cashier, at=AT)
        before = money_rows()

        page = till_open.get(page_of(cart)).content.decode()
        answer = till_open.post(page_of(cart), filled(cart, cash="50"))

        assert "Your drawer is closed" in page
        assert "Open your drawer before taking a payment" in answer.content.decode()
        assert money_rows() == before

    def test_refuses_a_closed_period(self, cart, till_open, city):
        FiscalPeriod.objects.update(closed_at=AT, closed_by=city["manager"])
        before = money_rows()

        answer = till_open.post(page_of(cart), filled(cart, cash="50"))

        assert answer.status_code == 200
        assert "notice--error" in answer.content.decode()
        assert money_rows() == before

    def test_hides_another_cashiers_cart(self, cart, person, client):
        client.force_login(person("other", Role.CASHIER))
        before = money_rows()
        addresses = [page_of(cart), reverse("cashiering:add_account", args=[cart.key])]

        assert [client.get(address).status_code for address in addresses] == [404, 404]
        assert client.post(page_of(cart), filled(cart, cash="50")).status_code == 404
        assert money_rows() == before

    def test_tells_an_item_that_was_paid_meanwhile(self, cart, till_open, cart_of, cashier):
        wanted = dict(cart.items.values_list("open_item_id", "amount_cents"))
        take_payment(cart=cart_of(wanted), tenders=[TenderedAmount(TenderKind.CASH, 4_500)], cashier=cashier, at=AT)
        before = money_rows()

        answer = till_open.post(page_of(cart), filled(cart, cash="50"))

        assert "was paid or changed meanwhile" in answer.content.decode()
        assert money_rows() == before


@pytest.mark.django_db(transaction=True)
class TestTwoClicksAtOnce:
    def test_give_one_receipt(self, cart, cashier):
        barrier, answers = threading.Barrier(2), []

        def click():
            client = Client()
            client.force_login(cashier)
            barrier.wait()
            answers.append(client.post(page_of(cart), filled(cart, cash="50")))
            connections.close_all()

        clicks = [threading.Thread(target=click) for _ in range(2)]
        for each in clicks:
            each.start()
        for each in clicks:
            each.join()

        assert {answer.url for answer in answers} == {reverse("cashiering:receipt", args=[Receipt.objects.get().pk])}
