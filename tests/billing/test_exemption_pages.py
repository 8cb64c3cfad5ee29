"""Exemptions by two people, and runs of chosen accounts and of several cycles, from pages and commands."""

from datetime import date

import pytest
from django.test import Client
from typer.testing import CliRunner

from curbstop.billing.models import BillingRun, Exemption
from curbstop.cli.bill import app
from tests.billing.test_runs_of_accounts import another_cycle, move

pytestmark = pytest.mark.django_db
ASKED = {"account": "100001", "service": "water", "starts_on": "2026-05-01", "reason": "The city fills its own pool."}


@pytest.fixture
def signed_in(town):
    def sign_in(who):
        client = Client()
        client.force_login(town.people[who])
        return client

    return sign_in


def run(*words):
    return CliRunner().invoke(app, list(words))


class TestExemptions:
    def test_are_asked_for_by_one_and_approved_by_another(self, town, signed_in):
        town.account()
        lead, manager = signed_in("lead"), signed_in("manager")

        assert lead.post("/billing/exemptions/requests/", ASKED).status_code == 302
        found = Exemption.objects.get()
        assert lead.post(f"/billing/exemptions/{found.pk}/approval/").status_code == 403
        assert "Approve" in manager.get("/billing/exemptions/").content.decode()
        manager.post(f"/billing/exemptions/{found.pk}/approval/")
        found.refresh_from_db()
        assert found.approved_by == town.people["manager"]

        lead.post(f"/billing/exemptions/{found.pk}/end/", {"ends_on": "2026-06-01"})
        found.refresh_from_db()
        assert found.ends_on == date(2026, 6, 1)
        assert "In force" in lead.get("/billing/exemptions/").content.decode()

    def test_are_not_approved_by_who_asked(self, town, signed_in):
        town.account()
        manager = signed_in("manager")
        manager.post("/billing/exemptions/requests/", ASKED)

        page = manager.post(f"/billing/exemptions/{Exemption.objects.get().pk}/approval/", follow=True)

        assert "ask a second person" in page.content.decode()
        assert Exemption.objects.get().approved_at is None

    def test_refuse_a_service_that_nobody_has(self, town, signed_in):
        page = signed_in("lead").post("/billing/exemptions/requests/", ASKED).content.decode()

        assert "No account of this number has the service on that day." in page
        assert not Exemption.objects.exists()

    def test_are_commands_too(self, town):
        town.account()
        ask = ("exemptions", "ask", "--account", "100001", "--service", "water", "--on", "2026-05-01", "--why")

        assert run(*ask, "The city fills its own pool.", "--as", "lead").exit_code == 0
        number = str(Exemption.objects.get().pk)
        assert run("exemptions", "approve", number, "--as", "lead").exit_code == 1
        assert run("exemptions", "approve", number, "--as", "manager").exit_code == 0
        assert "in force" in run("exemptions", "list", "--as", "auditor").stdout
        assert run("exemptions", "end", number, "--as", "lead", "--on", "2026-05-01").exit_code == 1
        assert run("exemptions", "end", number, "--as", "lead", "--on", "2026-06-01").exit_code == 0
        assert run(*ask, "short", "--as", "lead").exit_code == 1
        assert run("exemptions", "approve", "0", "--as", "manager").exit_code == 1
        assert Exemption.objects.count() == 1


class TestDraftChosen:
    def test_bills_chosen_accounts_off_their_cycle(self, town, signed_in):
        for number in ("100001", "100002"):
            town.use(town.account(number), "14")

        given = {"kind": "off_cycle", "accounts": "100002", "through": "2026-07-01"}
        signed_in("lead").post("/billing/runs/chosen/", given)

        drafted = BillingRun.objects.get()
        assert (drafted.title, drafted.draft_bills.get().account.number) == ("Off cycle of 1 account", "100002")

    def test_bills_what_ended(self, town, signed_in):
        town.use(town.account(ends_on=date(2026, 6, 30)), "14")

        signed_in("lead").post("/billing/runs/chosen/", {"kind": "final", "through": "2026-07-01"})

        assert BillingRun.objects.get().title == "Final bills of 1 account"

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"kind": "off_cycle"}, "at least one account"),
            ({"kind": "off_cycle", "accounts": "9"}, "There is no account 9."),
            ({"kind": "final"}, "There is no account to bill."),
            ({"kind": "final", "through": "2026-12-04"}, "the business day is July 1, 2026"),
        ],
    )
    def test_says_what_is_missing(self, town, signed_in, given, said):
        page = signed_in("lead").post("/billing/runs/chosen/", {"through": "2026-07-01"} | given).content.decode()

        assert said in page
        assert not BillingRun.objects.exists()


class TestDraftCycles:
    def test_are_one_run(self, town, signed_in):
        from procrastinate.contrib.django.models import ProcrastinateJob

        even = another_cycle(town)
        town.account()
        move(town.account("100002"), even)

        chosen = {"cycle": [town.cycle.pk, even.pk], "through": "2026-07-01"}
        assert signed_in("lead").post("/billing/runs/draft/", chosen).status_code == 302

        assert sorted(ProcrastinateJob.objects.get().args["cycle_ids"]) == sorted([town.cycle.pk, even.pk])
