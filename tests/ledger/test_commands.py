"""`curbstop ledger`: what an operator types, and the exit code that a script reads."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from curbstop.cli.ledger import app
from curbstop.foundation.access.roles import Role
from curbstop.ledger import queries
from curbstop.ledger.models import BusinessDay, FiscalPeriod
from tests.ledger.conftest import DAY, Books

pytestmark = pytest.mark.django_db


def curbstop(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


class TestOpenDay:
    def test_opens_and_closes_the_office(self, books: Books, person: Callable[..., Any]) -> None:
        person("boss", Role.SUPERVISOR)

        assert curbstop("open-day", "2026-07-01", "--as", "boss").exit_code == 0
        assert queries.current_business_day() == DAY
        assert curbstop("close-day", "2026-07-01", "--as", "boss").exit_code == 0

    def test_refuses_who_may_not(self, books: Books) -> None:
        assert curbstop("open-day", "2026-07-01", "--as", "clerk").exit_code == 1
        assert curbstop("open-day", "2026-07-01", "--as", "stranger").exit_code == 1
        assert not BusinessDay.objects.exists()

    def test_asks_for_confirmation_of_a_closed_day(self, books: Books, person: Callable[..., Any]) -> None:
        person("boss", Role.SUPERVISOR)

        refused = curbstop("open-day", "2026-07-05", "--as", "boss")
        assert (refused.exit_code, "Monday, July 6" in refused.output) == (1, True)
        assert not BusinessDay.objects.exists()

        assert curbstop("open-day", "2026-07-05", "--as", "boss", "--confirm").exit_code == 0

    def test_calls_a_word_no_day(self, books: Books) -> None:
        assert curbstop("open-day", "today", "--as", "clerk").exit_code == 2


class TestPeriods:
    def test_are_opened_and_closed_for_good(self, books: Books, person: Callable[..., Any]) -> None:
        person("boss", Role.MANAGER)

        assert curbstop("open-period", "2026-08-01", "2026-09-01", "--as", "boss").exit_code == 0
        assert curbstop("open-period", "2026-08-31", "2026-10-01", "--as", "boss").exit_code == 1
        assert curbstop("close-period", "2026-07-01", "--as", "boss").exit_code == 0
        assert curbstop("close-period", "2026-07-01", "--as", "boss").exit_code == 1
        assert FiscalPeriod.objects.filter(closed_at=None).count() == 1


class TestVerify:
    def test_answers_a_program(self, books: Books) -> None:
        answer = curbstop("verify", "--json")

        assert answer.exit_code == 0
        assert json.loads(answer.stdout) == {"holds": True, "head_hash": "", "problems": []}
