"""`curbstop prove`: exit code 0 when all promises hold, 1 with the offending rows when not, 2 for an unknown name."""

import json

import pytest
from typer.testing import CliRunner

from curbstop.cli.prove import app
from curbstop.foundation import proofs
from curbstop.foundation.proofs import Outcome, Proof

pytestmark = pytest.mark.django_db

BROKEN = Proof("entries-balance", "Debits equal credits.", lambda: Outcome(3, ["entry 7: debits 100, credits 90"]))
WHOLE = Proof("no-gaps", "Numbers have no gaps.", lambda: Outcome(1200, []))


@pytest.fixture
def prove(monkeypatch):
    """Return a function that runs the command over the given proofs."""

    def run(*offered, words=()):
        monkeypatch.setattr(proofs, "discover", lambda: offered)
        return CliRunner().invoke(app, list(words))

    return run


class TestProve:
    def test_says_that_all_promises_hold(self, prove):
        other = Proof("seals-verify", "Seals verify.", lambda: Outcome(4, []))
        result = prove(WHOLE, other)
        assert result.exit_code == 0
        assert "1,200 checked" in result.output
        assert "All 2 promises hold." in result.output

    def test_prints_the_offending_rows_and_ends_with_one(self, prove):
        result = prove(BROKEN, WHOLE)
        assert result.exit_code == 1
        assert "entry 7: debits 100, credits 90" in result.output
        assert "1 of 2 promises do not hold." in result.output

    def test_speaks_json_to_programs(self, prove):
        result = prove(BROKEN, WHOLE, words=["--json"])
        assert result.exit_code == 1
        (broken, whole) = json.loads(result.output)["proofs"]
        assert (broken["name"], broken["holds"], broken["checked"]) == ("entries-balance", False, 3)
        assert broken["failures"] == ["entry 7: debits 100, credits 90"]
        assert whole["holds"]

    def test_runs_only_what_was_named(self, prove):
        result = prove(BROKEN, WHOLE, words=["no-gaps"])
        assert result.exit_code == 0
        assert "entries-balance" not in result.output

    def test_refuses_an_unknown_name(self, prove):
        result = prove(WHOLE, words=["no-gap"])
        assert result.exit_code == 2
        assert "No proof is called no-gap. There are: no-gaps." in result.output

    def test_shows_twenty_rows_and_counts_the_rest(self, prove):
        many = Proof("many", "Many.", lambda: Outcome(50, [f"row {number}" for number in range(50)]))
        result = prove(many)
        assert "row 19" in result.output
        assert "row 20" not in result.output
        assert "and 30 more; --json shows all" in result.output
