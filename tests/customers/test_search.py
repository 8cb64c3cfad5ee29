from datetime import UTC, date, datetime

import pytest

from curbstop.customers.operations import Identity, open_account, register_customer
from curbstop.customers.permissions import SEE_ACCOUNTS
from curbstop.customers.queries import account_page, accounts_visible_to, search
from curbstop.foundation.access.roles import Role

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OPENED = date(2026, 1, 5)

pytestmark = pytest.mark.django_db


class TestSearch:
    @pytest.mark.parametrize(
        "typed",
        [
            "100001",
            "1000",
            "delgado",
            "DELG",
            "nuñez",
            "rosa delgado",
            "Delgdo",
            "12 N Elm",
            "elm street",
            "757-555-0143",
            "(757) 555-0143",
        ],
    )
    def test_finds_an_account_by_what_a_caller_says(self, account, person, typed):
        hits = search(typed, person("rep", Role.REPRESENTATIVE))

        assert [hit.account_number for hit in hits] == [account.number]
        assert hits[0].address == "12 North Elm Street"

    @pytest.mark.parametrize("typed", ["", "%", "zzz", "' or 1=1 --", "\x00"])
    def test_finds_nothing_where_nothing_is_meant(self, account, person, typed):
        assert search(typed, person("rep", Role.REPRESENTATIVE)) == []

    def test_shows_nobody_to_those_without_the_permission(self, account, person):
        assert search("delgado", person("clerk", Role.LICENSE_CLERK)) == []
        assert not accounts_visible_to(person("clerk")).exists()

    def test_lists_exact_beginnings_before_resemblances(self, rosa, premises, account, person):
        other = register_customer(identity=Identity(name="Ana Delgadillo"), by=None, at=AT)
        open_account(customer=other, premises=premises, opened_on=OPENED, by=None, at=AT)

        hits = search("delgado", person("rep", Role.REPRESENTATIVE))

        assert hits[0].customer_name == "Rosa Nuñez Delgado"

    def test_stops_at_the_limit(self, rosa, premises, account, person):
        for _ in range(3):
            open_account(customer=rosa, premises=premises, opened_on=OPENED, by=None, at=AT)

        assert len(search("delgado", person("rep", Role.REPRESENTATIVE), limit=2)) == 2

    @pytest.mark.parametrize("more", [0, 2])
    def test_asks_as_often_for_many_accounts_as_for_one(
        self, rosa, premises, account, person, more, django_assert_num_queries
    ):
        for _ in range(more):
            open_account(customer=rosa, premises=premises, opened_on=OPENED, by=None, at=AT)
        rep = person("rep", Role.REPRESENTATIVE)
        rep.may(SEE_ACCOUNTS)

        # Number, name, address, all words of the name, all words of the address.
        with django_assert_num_queries(5):
            hits = search("delgado", rep)

        assert len(hits) == 1 + more


class TestAccountPage:
    def test_mails_to_the_premises_without_a_mailing_address(self, account):
        page = account_page(account.number)

        assert page.mailing_lines == ("12 North Elm Street", "Cedar Bend, VA 23300")
        assert page.language == "es"
