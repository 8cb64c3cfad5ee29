"""The pages of a drawer's day and of its receipts: opened, counted blind, closed, and a receipt made void."""

import pytest
from django.urls import reverse

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Drawer, DrawerCount
from curbstop.cashiering.operations import close_drawer, count_drawer, open_drawer, take_payment
from curbstop.foundation.access.roles import Role
from tests.cashiering.conftest import AT, DAY, money_rows

ALL = {"face_10000": "2", "face_100": "30"}
RECEIPTS_QUERIES, DRAWER_QUERIES, DRAWERS_QUERIES = 9, 14, 8


@pytest.fixture
def receipt(owe, cart_of, drawer, cashier, account):
    items = owe(water=3_000)
    cash = [TenderedAmount(TenderKind.CASH, 5_000)]
    return take_payment(cart=cart_of({items["water"]: 3_000}), tenders=cash, cashier=cashier, at=AT)


def counting(drawer):
    return reverse("cashiering:count_drawer", args=[drawer.pk])


class TestOpenDrawer:
    def test_opens_with_the_float_that_was_counted(self, till, signed_in, cashier):
        answer = signed_in(cashier).post(reverse("cashiering:open_drawer"), {"till": till.pk, "float_dollars": "$200"})

        drawer = Drawer.objects.get()
        assert answer.url == reverse("cashiering:drawer", args=[drawer.pk])
        assert drawer.float_cents == 20_000

    def test_asks_to_count_a_float_again_that_the_city_did_not_adopt(self, till, signed_in, cashier):
        client, before = signed_in(cashier), money_rows()
        sent = {"till": till.pk, "float_dollars": "20.00"}

        page = client.post(reverse("cashiering:open_drawer"), sent).content.decode()
        assert "opens with $200.00 and this is $20.00" in page
        assert 'name="counted_twice"' in page
        assert money_rows() == before

        client.post(reverse("cashiering:open_drawer"), {**sent, "counted_twice": "on"})
        assert Drawer.objects.get().float_cents == 2_000

    @pytest.mark.parametrize("text", ["", "two hundred", "-1", "1e3", "NaN", "٢٠٠", "1" * 25])
    def test_refuses_a_float_that_is_no_amount(self, till, signed_in, cashier, text):
        before = money_rows()

        answer = signed_in(cashier).post(reverse("cashiering:open_drawer"), {"till": till.pk, "float_dollars": text})

        assert "field__error" in answer.content.decode()
        assert money_rows() == before

    def test_refuses_a_till_that_somebody_has_open(self, drawer, signed_in, person):
        before = money_rows()
        sent = {"till": drawer.till_id, "float_dollars": "200"}

        answer = signed_in(person("other", Role.CASHIER)).post(reverse("cashiering:open_drawer"), sent)

        assert "field__error" in answer.content.decode()
        assert money_rows() == before

    def test_says_so_where_every_till_is_taken(self, drawer, signed_in, person):
        from curbstop.cashiering.models import Till

        second = person("second", Role.CASHIER)
        open_drawer(till=Till.objects.get(code="H2"), cashier=second, float_cents=0, at=AT)

        page = signed_in(person("third", Role.CASHIER)).get(reverse("cashiering:open_drawer"))

        assert "Every till is taken" in page.content.decode()

    def test_leads_to_the_drawer_that_is_open(self, drawer, signed_in, cashier):
        assert signed_in(cashier).get(reverse("cashiering:open_drawer")).url.endswith(f"/{drawer.pk}/")

    def test_refuses_a_closed_office(self, till, city, signed_in, cashier):
        from curbstop.ledger.operations import close_business_day

        close_business_day(day=DAY, by=city["manager"], at=AT)
        before = money_rows()

        answer = signed_in(cashier).post(reverse("cashiering:open_drawer"), {"till": till.pk, "float_dollars": "200"})

        assert "notice--error" in answer.content.decode()
        assert money_rows() == before


class TestCountDrawer:
    def test_is_blind_until_it_is_saved(self, receipt, drawer, signed_in, cashier):
        client = signed_in(cashier)

        assert "$230.00" not in client.get(counting(drawer)).content.decode()
        assert "Expected" not in client.get(reverse("cashiering:drawer", args=[drawer.pk])).content.decode()

        page = client.post(counting(drawer), ALL, follow=True).content.decode()
        assert "Expected" in page
        assert "Balanced" in page

    @pytest.mark.parametrize("text", ["abc", "-1", "1.5", "NaN", "1e3", "٣", "1" * 25, "=1"])
    def test_refuses_what_is_no_number_of_pieces(self, drawer, signed_in, cashier, text):
        before = money_rows()

        answer = signed_in(cashier).post(counting(drawer), {"face_10000": text})

        assert "Expected a whole number of pieces" in answer.content.decode()
        assert money_rows() == before

    def test_refuses_checks_in_letters(self, drawer, signed_in, cashier):
        before = money_rows()

        answer = signed_in(cashier).post(counting(drawer), {**ALL, "checks": "some"})

        assert "field__error" in answer.content.decode()
        assert money_rows() == before

    def test_adds_up_without_saving(self, drawer, signed_in, cashier):
        page = signed_in(cashier).post(counting(drawer), {**ALL, "checks": "12.50", "reckon": "1"}).content.decode()

        assert "$242.50" in page
        assert not DrawerCount.objects.exists()

    def test_allows_one_recount(self, drawer, signed_in, cashier):
        client = signed_in(cashier)
        answers = [client.post(counting(drawer), ALL) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [302, 302, 200]
        assert "recounted as often as the city allows" in answers[2].content.decode()
        assert DrawerCount.objects.count() == 2

    def test_hides_another_cashiers_drawer(self, drawer, signed_in, person):
        client = signed_in(person("other", Role.CASHIER))

        assert client.get(counting(drawer)).status_code == 404
        assert client.post(counting(drawer), ALL).status_code == 404
        assert not DrawerCount.objects.exists()


class TestCloseDrawer:
    def test_posts_what_is_short(self, receipt, drawer, signed_in, cashier):
        client = signed_in(cashier)
        client.post(counting(drawer), {"face_10000": "2", "face_100": "25"})

        page = client.post(reverse("cashiering:close_drawer", args=[drawer.pk]), follow=True).content.decode()

        assert "$5.00" in page
        assert "short" in page
        assert Drawer.objects.get().short_cents == 500

    def test_refuses_before_the_count_and_twice(self, drawer, signed_in, cashier):
        client, address = signed_in(cashier), reverse("cashiering:close_drawer", args=[drawer.pk])
        before = money_rows()

        early = client.post(address)
        assert early.status_code == 409
        assert "Count the drawer before closing it" in early.content.decode()
        assert money_rows() == before

        client.post(counting(drawer), {"face_10000": "2"})
        assert client.post(address).status_code == 302
        after = money_rows()
        assert client.post(address).status_code == 409
        assert money_rows() == after

    def test_lets_a_supervisor_end_what_was_left_open(self, drawer, city, signed_in):
        client = signed_in(city["supervisor"])
        page = client.get(reverse("cashiering:drawer", args=[drawer.pk])).content.decode()
        client.post(counting(drawer), {"face_10000": "2"})
        client.post(reverse("cashiering:close_drawer", args=[drawer.pk]))

        assert "Count drawer" in page
        assert "Take payment" not in page
        assert DrawerCount.objects.get().counted_by == city["supervisor"]
        assert not Drawer.objects.get().is_open

    def test_leaves_a_larger_difference_to_a_second_person_and_their_note(self, drawer, city, signed_in, cashier):
        address = reverse("cashiering:drawer", args=[drawer.pk])
        client = signed_in(cashier)
        page = client.post(counting(drawer), {"face_5000": "3"}, follow=True).content.decode()
        assert "A supervisor closes this drawer: it is $50.00 short, which is above $20.00" in page
        assert "Close drawer" not in page
        before = money_rows()
        assert client.post(f"{address}close/").status_code == 409
        boss = signed_in(city["supervisor"])
        assert "a note says why" in boss.get(address).content.decode()
        assert "above $20.00" in boss.post(f"{address}close/").content.decode()
        for note in ("4111 1111 1111 1111", "n" * 501):
            assert boss.post(f"{address}close/", {"note": note}).status_code == 400
        assert money_rows() == before

        page = boss.post(f"{address}close/", {"note": "A fifty is missing"}, follow=True).content.decode()

        assert "A fifty is missing" in page
        assert Drawer.objects.get().closed_by == city["supervisor"]

    def test_waits_for_a_new_count_once_money_moved(self, drawer, owe, cart_of, signed_in, cashier):
        client, address = signed_in(cashier), reverse("cashiering:drawer", args=[drawer.pk])
        for _ in range(2):
            client.post(counting(drawer), {"face_10000": "2"})
        assert "Count again" not in client.get(address).content.decode()
        cash = [TenderedAmount(TenderKind.CASH, 3_000)]
        take_payment(cart=cart_of({owe(water=3_000)["water"]: 3_000}), tenders=cash, cashier=cashier, at=AT)

        page = client.get(address).content.decode()

        assert "Money moved after the count: count again." in page
        assert "Count again" in page
        assert "Close drawer" not in page
        assert page.count("$200.00") == 4  # What was counted, twice, and what was expected then.

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.REPRESENTATIVE])
    def test_offers_it_to_nobody_else(self, drawer, person, signed_in, role):
        answer = signed_in(person("looker", role)).get(reverse("cashiering:drawer", args=[drawer.pk]))

        assert "Count drawer" not in answer.content.decode()

    def test_is_never_a_link(self, drawer, signed_in, cashier):
        assert signed_in(cashier).get(reverse("cashiering:close_drawer", args=[drawer.pk])).status_code == 405


class TestReceiptPages:
    def test_print_the_receipt(self, receipt, signed_in, cashier):
        answer = signed_in(cashier).get(reverse("cashiering:receipt_pdf", args=[receipt.pk]))

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")

    def test_tell_change_only_at_the_window(self, receipt, drawer, signed_in, cashier, person):
        address = reverse("cashiering:receipt", args=[receipt.pk])

        assert "Give change" in signed_in(cashier).get(address).content.decode()
        assert "Give change" not in signed_in(person("rep", Role.REPRESENTATIVE)).get(address).content.decode()

    @pytest.mark.parametrize("name", ["receipt", "receipt_pdf", "void_receipt", "request_void"])
    def test_are_missing_for_an_unknown_number(self, city, signed_in, name):
        assert signed_in(city["supervisor"]).get(reverse(f"cashiering:{name}", args=[999])).status_code == 404


class TestLists:
    @pytest.mark.parametrize("name", ["receipts", "drawers"])
    def test_say_what_fills_them(self, city, signed_in, name):
        page = signed_in(city["supervisor"]).get(reverse(f"cashiering:{name}")).content.decode()

        assert 'class="empty"' in page

    @pytest.mark.parametrize("rows", [1, 3])
    def test_ask_as_often_for_three_receipts_as_for_one(
        self, owe, cart_of, drawer, cashier, city, signed_in, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            items = owe(water=1_000)
            cash = [TenderedAmount(TenderKind.CASH, 1_000)]
            take_payment(cart=cart_of({items["water"]: 1_000}), tenders=cash, cashier=cashier, at=AT)
        client = signed_in(city["supervisor"])

        with django_assert_num_queries(RECEIPTS_QUERIES):
            page = client.get(reverse("cashiering:receipts")).content.decode()
        with django_assert_num_queries(DRAWER_QUERIES):
            client.get(reverse("cashiering:drawer", args=[drawer.pk]))

        assert page.count("H1-00000") == rows

    @pytest.mark.parametrize("rows", [1, 3])
    def test_ask_as_often_for_three_drawers_as_for_one(
        self, till, person, city, signed_in, rows, django_assert_num_queries
    ):
        for number in range(rows):
            cashier = person(f"cashier{number}", Role.CASHIER)
            drawer = open_drawer(till=till, cashier=cashier, float_cents=0, at=AT)
            count_drawer(drawer=drawer, pieces={}, check_cents=0, counted_by=cashier, at=AT)
            close_drawer(drawer=drawer, by=cashier, at=AT)
        client = signed_in(city["supervisor"])

        with django_assert_num_queries(DRAWERS_QUERIES):
            page = client.get(reverse("cashiering:drawers")).content.decode()

        assert page.count("Closed</span>") == rows
