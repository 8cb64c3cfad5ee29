"""The pages of treasury: a deposit made up, printed and verified, and the journal that goes out."""

import io
import zipfile

import pytest
from django.urls import reverse

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.operations import close_drawer, count_drawer, open_drawer, take_payment
from curbstop.foundation.access.roles import Role
from curbstop.treasury.models import Deposit, JournalExport
from curbstop.treasury.operations import export_journal, make_deposit
from tests.cashiering.conftest import AT, DAY, money_rows

DEPOSITS_QUERIES, JOURNALS_QUERIES = 9, 10


@pytest.fixture
def lead(person):
    return person("lead", Role.LEAD)


@pytest.fixture
def closed(owe, cart_of, drawer, cashier):
    """Close a drawer with thirty dollars by check and cash."""
    items = owe(water=3_000)
    tenders = [TenderedAmount(TenderKind.CHECK, 1_000, "77"), TenderedAmount(TenderKind.CASH, 2_000)]
    take_payment(cart=cart_of({items["water"]: 3_000}), tenders=tenders, cashier=cashier, at=AT)
    count_drawer(drawer=drawer, pieces={100: 220}, check_cents=1_000, counted_by=cashier, at=AT)
    return close_drawer(drawer=drawer, by=cashier, at=AT)


@pytest.fixture
def deposit(closed, lead):
    return make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)


class TestMakeDeposit:
    def test_shows_what_each_drawer_gives(self, closed, lead, signed_in):
        page = signed_in(lead).get(reverse("treasury:make_deposit")).content.decode()

        assert "$220.00" in page
        assert "checked" in page

    def test_makes_it_up(self, closed, lead, signed_in):
        sent = {"drawers": [closed.pk], "bag_number": "B-1"}

        page = signed_in(lead).post(reverse("treasury:make_deposit"), sent, follow=True).content.decode()

        assert Deposit.objects.get().total_cents == 3_000
        assert "$30.00" in page

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"bag_number": "B-1"}, "Choose at least one drawer"),
            ({"drawers": ["999"], "bag_number": "B-1"}, "Select a valid choice"),
            ({"drawers": ["all of them"], "bag_number": "B-1"}, "is not a valid value"),
            ({"drawers": [0]}, "This field is required"),
            ({"drawers": [0], "bag_number": "x" * 41}, "at most 40"),
        ],
    )
    def test_refuses_what_is_incomplete(self, closed, lead, signed_in, sent, said):
        before = money_rows()
        if sent.get("drawers") == [0]:
            sent = {**sent, "drawers": [closed.pk]}

        answer = signed_in(lead).post(reverse("treasury:make_deposit"), sent)

        assert said in answer.content.decode()
        assert money_rows() == before

    def test_refuses_a_bag_that_was_used(self, deposit, cashier, till, lead, signed_in):
        again = open_drawer(till=till, cashier=cashier, float_cents=0, at=AT)
        count_drawer(drawer=again, pieces={100: 5}, check_cents=0, counted_by=cashier, at=AT)
        close_drawer(drawer=again, by=cashier, at=AT)
        before = money_rows()

        answer = signed_in(lead).post(reverse("treasury:make_deposit"), {"drawers": [again.pk], "bag_number": "B-1"})

        assert "Bag B-1 was already used" in answer.content.decode()
        assert money_rows() == before

    def test_refuses_ones_own_drawer(self, till, city, signed_in):
        boss = city["supervisor"]
        own = open_drawer(till=till, cashier=boss, float_cents=0, at=AT)
        count_drawer(drawer=own, pieces={100: 5}, check_cents=0, counted_by=boss, at=AT)
        close_drawer(drawer=own, by=boss, at=AT)
        before = money_rows()
        client = signed_in(boss)

        page = client.get(reverse("treasury:make_deposit")).content.decode()
        answer = client.post(reverse("treasury:make_deposit"), {"drawers": [own.pk], "bag_number": "B-1"})

        assert "somebody else deposits it" in page
        assert "Your own drawer is deposited by somebody else" in answer.content.decode()
        assert money_rows() == before

    def test_says_when_nothing_waits(self, city, lead, signed_in):
        assert "Nothing waits" in signed_in(lead).get(reverse("treasury:make_deposit")).content.decode()


class TestDeposit:
    def test_prints_its_slip(self, deposit, lead, signed_in):
        answer = signed_in(lead).get(reverse("treasury:deposit_slip", args=[deposit.number]))

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")

    @pytest.mark.parametrize("name", ["deposit", "deposit_slip"])
    def test_is_missing_for_an_unknown_number(self, city, lead, signed_in, name):
        assert signed_in(lead).get(reverse(f"treasury:{name}", args=[99])).status_code == 404


class TestVerifyDeposit:
    def test_is_done_by_a_second_person(self, deposit, city, signed_in):
        client = signed_in(city["supervisor"])
        assert "Verify deposit" in client.get(reverse("treasury:deposit", args=[1])).content.decode()

        page = client.post(reverse("treasury:verify_deposit", args=[1]), {"validated_on": "2026-07-01"}, follow=True)

        assert "Validated by the bank on July 1, 2026" in page.content.decode()

    @pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "99999-01-01"])
    def test_wants_a_day(self, deposit, city, signed_in, text):
        before = money_rows()

        answer = signed_in(city["supervisor"]).post(
            reverse("treasury:verify_deposit", args=[1]), {"validated_on": text}
        )

        assert "field__error" in answer.content.decode()
        assert money_rows() == before

    def test_refuses_the_preparer_and_a_second_time(self, closed, city, signed_in):
        boss, address = city["supervisor"], reverse("treasury:verify_deposit", args=[1])
        make_deposit(drawers=[closed], bag_number="B-1", prepared_by=boss, at=AT)
        before = money_rows()

        answer = signed_in(boss).post(address, {"validated_on": "2026-07-01"})
        assert "Somebody who did not make up the deposit" in answer.content.decode()
        assert money_rows() == before

        client = signed_in(city["manager"])
        client.post(address, {"validated_on": "2026-07-01"})
        after = money_rows()
        assert "verified already" in client.post(address, {"validated_on": "2026-07-01"}).content.decode()
        assert money_rows() == after


class TestExportJournal:
    def sent(self, **typed):
        return {"first_day": "2026-07-01", "last_day": "2026-07-01", "kind": "csv", **typed}

    def test_gives_a_file_under_the_next_number(self, deposit, city, signed_in):
        answer = signed_in(city["manager"]).post(reverse("treasury:export_journal"), self.sent())

        assert answer["Content-Disposition"] == 'attachment; filename="journal-1.csv"'
        assert answer.content.startswith(b"date,fund,department")

    def test_gives_a_workbook(self, deposit, city, signed_in):
        answer = signed_in(city["manager"]).post(reverse("treasury:export_journal"), self.sent(kind="xlsx"))

        assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        assert JournalExport.objects.count() == 1

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"first_day": "yesterday"}, "field__error"),
            ({"last_day": "2026-06-30"}, "must not be before the first"),
            ({"first_day": "2027-01-01", "last_day": "2027-01-02"}, "Nothing was posted"),
            ({"kind": "exe"}, "Select a valid choice"),
        ],
    )
    def test_says_why_there_is_no_file(self, deposit, city, signed_in, typed, said):
        before = money_rows()

        answer = signed_in(city["manager"]).post(reverse("treasury:export_journal"), self.sent(**typed))

        assert said in answer.content.decode()
        assert money_rows() == before

    def test_gives_the_auditor_a_marked_copy_but_no_number(self, deposit, city, person, signed_in):
        export_journal(from_on=DAY, to_on=DAY.replace(day=2), exported_by=city["manager"], at=AT)
        client, before = signed_in(person("auditor", Role.AUDITOR)), money_rows()

        assert client.post(reverse("treasury:export_journal"), self.sent()).status_code == 403
        assert "Copy of journal 1" in client.get(reverse("treasury:journals")).content.decode()
        copy = client.post(reverse("treasury:copy_journal", args=[1]))

        assert copy["Content-Disposition"] == 'attachment; filename="journal-1-COPY.csv"'
        assert b"COPY of 1" in copy.content
        assert JournalExport.objects.count() == 1
        assert {**money_rows(), "events": 0} == {**before, "events": 0}

    def test_says_which_journal_has_it(self, deposit, city, signed_in):
        client = signed_in(city["manager"])
        client.post(reverse("treasury:export_journal"), self.sent())

        assert "in journal 1 already" in client.post(reverse("treasury:export_journal"), self.sent()).content.decode()
        assert JournalExport.objects.count() == 1

    def test_offers_the_days_that_are_missing(self, deposit, city, signed_in):
        page = signed_in(city["manager"]).get(reverse("treasury:export_journal")).content.decode()

        assert page.count('value="2026-07-01"') == 2


class TestCloseDay:
    def test_says_what_is_left_and_closes_all_the_same(self, closed, city, signed_in):
        client = signed_in(city["manager"])

        page = client.get(reverse("treasury:close_day")).content.decode()
        assert "no deposit carries it" in page
        assert "entries from Wednesday, July 1, 2026 on" in page

        assert client.post(reverse("treasury:close_day")).status_code == 302
        assert client.get(reverse("treasury:close_day")).status_code == 409

    def test_says_that_a_drawer_is_open(self, drawer, city, signed_in):
        before = money_rows()

        refused = signed_in(city["manager"]).post(reverse("treasury:close_day"))

        assert "still open" in refused.content.decode()
        assert money_rows() == before


class TestLists:
    @pytest.mark.parametrize(("name", "said"), [("deposits", "No deposit yet"), ("journals", "No journal was")])
    def test_say_what_fills_them(self, city, lead, signed_in, name, said):
        assert said in signed_in(lead).get(reverse(f"treasury:{name}")).content.decode()

    @pytest.mark.parametrize("rows", [1, 3])
    def test_ask_as_often_for_three_rows_as_for_one(
        self, till, person, lead, city, signed_in, rows, django_assert_num_queries
    ):
        for number in range(rows):
            cashier = person(f"cashier{number}", Role.CASHIER)
            drawer = open_drawer(till=till, cashier=cashier, float_cents=0, at=AT)
            count_drawer(drawer=drawer, pieces={100: 5}, check_cents=0, counted_by=cashier, at=AT)
            closed = close_drawer(drawer=drawer, by=cashier, at=AT)
            make_deposit(drawers=[closed], bag_number=f"B-{number}", prepared_by=lead, at=AT)
            export_journal(from_on=DAY, to_on=DAY.replace(day=2), exported_by=city["manager"], at=AT)
        client = signed_in(lead)

        with django_assert_num_queries(DEPOSITS_QUERIES):
            assert client.get(reverse("treasury:deposits")).content.decode().count("In transit") == rows
        with django_assert_num_queries(JOURNALS_QUERIES):
            client.get(reverse("treasury:journals"))
