"""The account page shows one account whole, and to each person what is theirs to see."""

import pytest

from curbstop.foundation.access.roles import Role

pytestmark = pytest.mark.django_db


def page_of(client, account):
    answer = client.get(f"/accounts/{account.number}/")
    assert answer.status_code == 200
    return answer.content.decode()


class TestAccountPage:
    def test_shows_the_balance_by_service(self, signed_in, account):
        page = page_of(signed_in("rep", Role.REPRESENTATIVE), account)

        assert "$42.34" in page
        assert "$30.00" in page
        assert "$12.34" in page
        assert "Part of the balance is past its due date." in page

    def test_shows_how_each_line_of_a_bill_was_made(self, signed_in, account):
        page = page_of(signed_in("rep", Role.REPRESENTATIVE), account)

        assert "How bill 1 was made" in page
        assert "10 CCF × $3.00" in page
        assert "10 CCF × $1.234" in page
        assert "§ 78-42" in page
        assert "Above 4 and up to 14" in page

    def test_shows_use_as_a_chart_and_as_a_table(self, signed_in, account):
        page = page_of(signed_in("rep", Role.REPRESENTATIVE), account)

        assert "Water use, CCF" in page
        assert "12.125" in page
        assert "<svg" in page

    def test_keeps_use_from_those_who_may_not_see_it(self, signed_in, account):
        assert "<svg" not in page_of(signed_in("cashier", Role.CASHIER), account)

    def test_offers_a_payment_to_cashiers_alone(self, signed_in, account):
        assert "Take a payment</button>" in page_of(signed_in("cashier", Role.CASHIER), account)
        assert "Take a payment</button>" not in page_of(signed_in("auditor", Role.AUDITOR), account)

    def test_prints_what_people_wrote_as_text(self, signed_in, account):
        page = page_of(signed_in("rep", Role.REPRESENTATIVE), account)

        assert "&lt;b&gt;bill&lt;/b&gt;" in page

    def test_tells_times_on_the_citys_clock(self, signed_in, account):
        # The contact was written down at 14:00 UTC; New York was four hours behind that day.
        assert "Jul 1, 2026, 10:00 AM" in page_of(signed_in("rep", Role.REPRESENTATIVE), account)

    def test_is_missing_for_an_unknown_number(self, signed_in, account):
        assert signed_in("rep", Role.REPRESENTATIVE).get("/accounts/999/").status_code == 404

    def test_sends_a_stranger_to_sign_in(self, client, account):
        answer = client.get(f"/accounts/{account.number}/")

        assert answer.status_code == 302
        assert answer.url.startswith("/sign-in/")

    def test_asks_as_often_for_many_rows_as_for_few(self, signed_in, account, django_assert_max_num_queries):
        client = signed_in("rep", Role.REPRESENTATIVE)
        with django_assert_max_num_queries(31):
            page_of(client, account)


class TestSearch:
    def test_opens_a_single_hit_at_once(self, signed_in, account):
        answer = signed_in("rep", Role.REPRESENTATIVE).get("/search/", {"q": "nunez delgado"})

        assert answer.status_code == 302
        assert answer.url == f"/accounts/{account.number}/"

    def test_finds_the_account_of_a_scanned_stub(self, signed_in, account):
        from curbstop.foundation.documents import scan_line

        line = scan_line(bill_number=1, account_number=account.number, amount_cents=4234)

        answer = signed_in("rep", Role.REPRESENTATIVE).get("/search/", {"q": line})

        assert answer.url == f"/accounts/{account.number}/"

    def test_says_so_when_nothing_matches(self, signed_in, account):
        page = signed_in("rep", Role.REPRESENTATIVE).get("/search/", {"q": "<zzz>"}).content.decode()

        assert "Nothing matches “&lt;zzz&gt;”" in page


class TestHomePage:
    def test_shows_each_role_what_waits_for_it(self, signed_in, account):
        assert "Your drawer" in signed_in("cashier", Role.CASHIER).get("/").content.decode()

        page = signed_in("manager", Role.MANAGER).get("/").content.decode()
        assert "Runs to approve" in page
        assert "Voids to approve" in page
        assert "Your drawer" not in page

    def test_shows_a_menu_of_what_the_role_opens(self, signed_in, account):
        page = signed_in("cashier", Role.CASHIER).get("/").content.decode()

        assert "Receipts</a>" in page
        assert "Deposits</a>" not in page

    def test_names_the_city_and_the_business_day(self, signed_in, account):
        page = signed_in("cashier", Role.CASHIER).get("/").content.decode()

        assert "City of Cedar Bend" in page
        assert "Wednesday, July 1, 2026" in page

    def test_refuses_who_holds_no_role(self, signed_in, account):
        answer = signed_in("nobody").get("/")

        assert answer.status_code == 403
        assert "Sign in and see the own home page" in answer.content.decode()


class TestSigningIn:
    def test_lets_a_person_in_and_out(self, client, person, account):
        user = person("cashier", Role.CASHIER)
        user.set_password("a long word for tests")
        user.save()

        answer = client.post("/sign-in/", {"login": "cashier", "password": "a long word for tests"})
        assert answer.status_code == 302
        assert client.get("/").status_code == 200

        client.post("/sign-out/")
        assert client.get("/").status_code == 302

    def test_says_so_when_the_password_is_wrong(self, client, person):
        person("cashier", Role.CASHIER)

        answer = client.post("/sign-in/", {"login": "cashier", "password": "wrong"})

        assert answer.status_code == 200
        assert "not correct" in answer.content.decode()
