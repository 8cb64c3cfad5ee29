import json

import pytest
from typer.testing import CliRunner

from curbstop.billing.models import Bill, BillingRun
from curbstop.cli.bill import app

pytestmark = pytest.mark.django_db


def bill(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(words))
    return answer.exit_code, answer.output


class TestCurbstopBill:
    def test_takes_a_cycle_from_draft_to_release(self, town):
        town.use(town.account(), "14")

        code, said = bill(
            "draft", "--cycle", "ODD", "--as", "lead", "--through", "2026-07-01", "--workers", "1", "--json"
        )
        assert (code, json.loads(said)["total_cents"]) == (0, 11100)
        assert bill("approve", "--cycle", "ODD", "--as", "manager")[0] == 0
        assert bill("release", "--cycle", "ODD", "--as", "manager", "--workers", "1")[0] == 0
        code, said = bill("status", "--cycle", "ODD", "--as", "auditor", "--json")

        assert (code, json.loads(said)["state"]) == (0, "released")
        assert Bill.objects.count() == 1

    def test_refuses_an_approval_by_who_drafted_it(self, town):
        town.use(town.account(), "14")
        bill("draft", "--cycle", "ODD", "--as", "supervisor", "--workers", "1")

        code, said = bill("approve", "--cycle", "ODD", "--as", "supervisor")

        assert code == 1
        assert "second person" in said
        assert BillingRun.objects.get().state == "drafted"

    def test_refuses_days_that_are_still_to_come(self, town):
        town.use(town.account(), "14")

        code, said = bill("draft", "--cycle", "ODD", "--as", "lead", "--through", "2026-12-04", "--workers", "1")

        assert code == 1
        assert "December 4, 2026" in said
        assert not BillingRun.objects.exists()

    def test_refuses_a_person_without_the_permission(self, town):
        code, said = bill("draft", "--cycle", "ODD", "--as", "auditor", "--workers", "1")

        assert code == 1
        assert "may not" in said
        assert not BillingRun.objects.exists()

    def test_ends_with_2_for_an_unknown_cycle(self, town):
        code, said = bill("status", "--cycle", "NOWHERE")

        assert code == 2
        assert "ODD" in said


class TestRunsOfAccounts:
    def test_lists_before_it_goes_out_and_takes_chosen_accounts_to_their_release(self, town):
        account = town.account()
        town.use(account, "14")

        code, said = bill("off-cycle", "--account", "100001", "--as", "lead", "--through", "2026-07-01", "--json")
        run = str(json.loads(said)["run"])
        assert (code, json.loads(said)["cycle"]) == (0, "Off cycle of 1 account")
        code, listed = bill("prelist", "--run", run, "--as", "lead", "--exceptions")
        assert (code, listed.splitlines()[1]) == (0, "100001,Customer 100001,60,11100,False,FIRST")
        assert bill("redraft", "--run", run, "--account", "100001", "--as", "lead")[0] == 0
        assert bill("approve", "--run", run, "--as", "manager")[0] == 0
        assert bill("release", "--run", run, "--as", "manager", "--workers", "1")[0] == 0

        assert Bill.objects.get().account_id == account.pk

    def test_says_that_nobody_waits_for_a_last_bill(self, town):
        code, said = bill("final", "--as", "lead")

        assert (code, "no account" in said) == (1, True)

    def test_names_what_is_stranded(self, town):
        from curbstop.billing.models import CycleAssignment

        town.account()
        assert bill("stranded", "--as", "auditor")[0] == 0
        CycleAssignment.objects.all().delete()

        code, said = bill("stranded", "--as", "auditor", "--json")

        assert code == 1
        assert len(json.loads(said)["stranded"]) == 3

    def test_asks_which_run(self, town):
        code, said = bill("approve", "--as", "manager")

        assert code == 2
        assert "--run" in said
