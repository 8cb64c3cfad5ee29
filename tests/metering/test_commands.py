"""`curbstop reads` lists, decides and estimates; a refusal is exit code 1 and changes nothing."""

import json

import pytest
from typer.testing import CliRunner

from curbstop.cli.reads import app
from curbstop.foundation.access.roles import Role
from curbstop.metering.models import Read, ReadException
from tests.metering.test_pages import held

__all__ = ["held"]
pytestmark = pytest.mark.django_db


def run(*words):
    return CliRunner().invoke(app, list(words))


class TestReads:
    def test_lists_what_waits(self, held):
        answer = json.loads(run("exceptions", "--code", "HIGH", "--json").stdout)

        assert [each["meter"] for each in answer["exceptions"]] == ["M-1", "M-2"]
        assert "wait for a decision" in run("exceptions").stdout

    def test_decides_one_at_a_time(self, held, users):
        done = run("accept", str(held[0].pk), "--as", "lead", "--why", "Filled a pool")

        assert done.exit_code == 0
        assert ReadException.objects.get(pk=held[0].pk).disposition == "accept"
        assert run("accept", str(held[0].pk), "--as", "lead", "--why", "Filled a pool").exit_code == 1

    @pytest.mark.parametrize(
        "words",
        [
            ("correct", "--register", "115"),
            ("reread", "--register", "116", "--on", "2026-02-06"),
            ("estimate-held",),
        ],
    )
    def test_puts_another_read_in_its_place(self, held, users, words):
        verb, *facts = words

        assert run(verb, str(held[0].pk), "--as", "lead", "--why", "The photo says so", *facts).exit_code == 0

        assert Read.objects.exclude(superseded_at=None).count() == 1

    def test_estimates_what_nobody_read(self, held, users):
        answer = json.loads(run("estimate", "--as", "lead", "--on", "2026-03-06", "--json").stdout)

        assert answer == {"estimated": 3, "without_basis": []}

    def test_refuses_who_may_not(self, held, users):
        assert run("estimate", "--as", Role.CASHIER.value, "--on", "2026-03-06").exit_code == 1
        assert run("estimate", "--as", "nobody", "--on", "2026-03-06").exit_code == 1
        assert run("true-up", str(held[0].pk), "--as", "lead", "--why", "Too high").exit_code == 1
        assert run("correct", "0", "--as", "lead", "--why", "Wrong", "--register", "1").exit_code == 1
        assert run("correct", str(held[0].pk), "--as", "lead", "--why", "Wrong", "--register", "x").exit_code == 2

        assert not Read.objects.filter(kind="estimated").exists()
