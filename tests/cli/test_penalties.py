"""`curbstop penalties`: proposed, approved by somebody else, posted."""

import json
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from curbstop.cli import app
from curbstop.collections.models import LateCharge
from tests.collections.conftest import DUE, Office, account, office, people, town

__all__ = ["account", "office", "people", "town"]
pytestmark = pytest.mark.django_db


def run(monkeypatch: Any, *words: str) -> Any:
    monkeypatch.setattr("sys.argv", ["curbstop", "penalties", *words])
    return CliRunner().invoke(app, ["penalties", *words])


class TestPenalties:
    def test_goes_from_a_list_to_open_items(self, office: Office, account: Any, monkeypatch: Any) -> None:
        office.bill(account, water=20_000)
        _, (held,) = office.bill(account, water=20_000)
        office.hold(held)
        office.go_to(DUE + timedelta(days=1))
        proposed = json.loads(run(monkeypatch, "propose", "--as", "lead", "--json").stdout)
        assert (proposed["state"], proposed["bills"], proposed["total_cents"]) == ("proposed", 1, 2_000)
        assert proposed["excluded"] == {"in dispute": 1}
        assert "approved" in run(monkeypatch, "approve", "--as", "manager").stdout
        assert "1 posted, $20.00" in run(monkeypatch, "post", "--as", "manager").stdout
        assert LateCharge.objects.count() == 1

    def test_refuses_who_proposed_it(self, office: Office, account: Any, monkeypatch: Any) -> None:
        office.bill(account, water=20_000)
        office.go_to(DUE + timedelta(days=1))
        run(monkeypatch, "propose", "--as", "supervisor")
        answer = run(monkeypatch, "approve", "--as", "supervisor")
        assert (answer.exit_code, "second person" in answer.output) == (1, True)

    def test_says_what_is_missing(self, office: Office, monkeypatch: Any) -> None:
        assert run(monkeypatch, "post", "--as", "manager").exit_code == 1
        assert run(monkeypatch, "propose", "--as", "auditor").exit_code == 1
        assert run(monkeypatch, "propose", "--as", "nobody").exit_code == 1
