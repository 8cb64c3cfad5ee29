"""Master accounts: one customer's accounts on one sheet, which adds up and owes nothing of its own."""

import io
from datetime import date

import pypdf
import pytest
from django.db import IntegrityError
from django.test import Client

from curbstop.billing import operations, queries
from curbstop.billing.models import MasterAccount, MasterMember
from curbstop.customers.models import Account
from tests.billing.conftest import NOON, TODAY
from tests.foundation.documents.judging import barriers_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts(town):
    first, second = town.account("100001"), town.account("100002")
    Account.objects.filter(pk=second.pk).update(customer=first.customer)
    second.refresh_from_db()
    return first, second


@pytest.fixture
def master(town, accounts):
    master = operations.open_master(customer=accounts[0].customer, by=town.people["lead"], at=NOON)
    for account in accounts:
        join(town, master, account)
    return master


def join(town, master, account, on=TODAY):
    return operations.join_master(master=master, account=account, on=on, by=town.people["lead"], at=NOON)


class TestJoinMaster:
    def test_refuses_another_customer(self, town, master):
        stranger = town.account("100009")
        with pytest.raises(operations.MasterRefused, match="another customer"):
            join(town, master, stranger)
        assert MasterMember.objects.count() == 2

    def test_refuses_an_account_that_stands_on_another_summary(self, town, master, accounts):
        other = operations.open_master(customer=accounts[0].customer, by=town.people["lead"], at=NOON)
        with pytest.raises(operations.MasterRefused, match="on a summary already"):
            join(town, other, accounts[0])
        assert MasterAccount.objects.count() == 2

    def test_cannot_be_gone_round_by_a_new_owner(self, town, master):
        stranger = town.account("100009")
        with pytest.raises(IntegrityError, match="not of the customer"):
            MasterMember.objects.filter(master=master).update(account=stranger)


class TestSummaryOfMaster:
    def test_adds_up_the_latest_bills_and_what_is_owed(self, town, city, master, accounts):
        for account in accounts:
            town.use(account, "14")
        town.release()

        summary = queries.summary_of_master(master, TODAY)

        assert [row.account_number for row in summary.rows] == ["100001", "100002"]
        assert summary.current_cents == summary.owed_cents == 2 * (7000 + 3500 + 600)

    def test_knows_who_was_on_it_on_a_day(self, town, city, master, accounts):
        later = date(2026, 7, 5)
        operations.leave_master(master=master, account=accounts[0], on=later, by=town.people["lead"], at=NOON)

        assert len(queries.summary_of_master(master, TODAY).rows) == 2
        assert [row.account_number for row in queries.summary_of_master(master, later).rows] == ["100002"]


class TestSummaryPdf:
    def test_says_what_the_page_says_without_barriers(self, town, city, master, accounts, client: Client):
        town.use(accounts[0], "14")
        town.release()
        client.force_login(town.people["representative"])

        pdf = client.get(f"/billing/masters/{master.number}/summary.pdf").content

        words = " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
        assert "$111.00" in words
        assert "100002" in words
        assert barriers_in(pdf) == []


class TestMasterPages:
    def test_open_join_and_leave(self, town, city, accounts, client: Client):
        client.force_login(town.people["representative"])
        opened = client.post("/billing/masters/", {"account": "100001"})
        assert opened.url == "/billing/masters/M1/"
        client.post("/billing/masters/M1/accounts/", {"account": "100001"})
        assert "100001" in client.get("/billing/masters/M1/").content.decode()
        refused = client.post("/billing/masters/M1/accounts/", {"account": "100001"})
        assert "on a summary already" in refused.content.decode()
        assert MasterMember.objects.count() == 1
