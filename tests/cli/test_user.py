"""`curbstop user`: the first administrator is made once, and everybody else by a person."""

import pytest
from typer.testing import CliRunner

from curbstop.cli.user import app
from curbstop.foundation.access.models import RoleGrant, User
from curbstop.foundation.access.roles import Role

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("CURBSTOP_PASSWORD", PASSWORD)
    return lambda *words: CliRunner().invoke(app, list(words))


class TestInstall:
    def test_makes_the_first_administrator_who_adds_the_others(self, run):
        assert run("install", "admin", "--name", "Ada Admin").exit_code == 0
        assert run("add", "ana", "--name", "Ana Díaz", "--as", "admin").exit_code == 0
        assert run("grant", "ana", "cashier", "--as", "admin").exit_code == 0
        assert User.objects.get(username="ana").roles == {Role.CASHIER}
        assert User.objects.get(username="ana").check_password(PASSWORD)
        assert run("revoke", "ana", "cashier", "--as", "admin").exit_code == 0
        assert not User.objects.get(username="ana").roles


class TestRefuse:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["add", "ana", "--name", "Ana", "--as", "nobody"], "There is nobody called nobody here."),
            (["add", "admin", "--name", "Ana", "--as", "admin"], "There is already somebody called admin."),
            (["grant", "admin", "cashier", "--as", "admin"], "Nobody can give a role to oneself."),
            (["grant", "cashier", "king", "--as", "admin"], "'king' is not a valid Role"),
            (["revoke", "cashier", "lead", "--as", "admin"], "cashier does not hold the role Lead."),
        ],
    )
    def test_says_why_and_changes_nothing(self, run, person, words, message):
        person("admin", Role.ADMIN)
        person("cashier", Role.CASHIER)
        before = (User.objects.count(), list(RoleGrant.objects.values()))
        result = run(*words)
        assert result.exit_code == 1
        assert message in result.stderr
        assert (User.objects.count(), list(RoleGrant.objects.values())) == before


class TestRoles:
    def test_reads_as_one_table(self, run):
        assert '"cashier": {' in run("roles", "--json").output
        assert "tax_clerk" in run("roles").output
