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
