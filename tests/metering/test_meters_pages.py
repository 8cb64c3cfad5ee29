"""The page and the commands of a service point's meters: exchanged and linked, or refused with nothing changed."""

import pytest
from django.test import Client
from typer.testing import CliRunner

from curbstop.cli.meters import app
from curbstop.foundation.access.roles import Role
from curbstop.metering.models import Installation, SubmeterLink

pytestmark = pytest.mark.django_db
NEW = {
    "on": "2026-01-20", "side": "", "out_register": "118", "serial": "N-1", "size_inches": "1", "dials": "6",
    "unit": "gallons", "multiplier": "10", "register": "0",
}  # fmt: skip


@pytest.fixture
def numbers(street):
    return [Installation.objects.get(pk=pk).service_point.number for pk in street["installation_id"]]


@pytest.fixture
def lead(users):
    client = Client()
    client.force_login(users[Role.LEAD])
    return client


def run(*words):
    return CliRunner().invoke(app, list(words))


def hanging():
    return sorted(Installation.objects.filter(ends_on=None).values_list("meter__serial", flat=True))


class TestPage:
    def test_exchanges_links_and_unlinks(self, numbers, lead):
        place = f"/reads/points/{numbers[0]}"

        assert lead.post(f"{place}/meters/exchange/", NEW).status_code == 302
        link = {"submeter": numbers[1], "purpose": "billed", "starts_on": "2026-01-20"}
        assert lead.post(f"{place}/submeters/", link).status_code == 302
        assert hanging() == ["M-2", "M-3", "N-1"]
        page = lead.get(f"{place}/meters/").content.decode()
        assert "N-1" in page
        assert "is behind this one" in page

        behind = f"/reads/points/{numbers[1]}/submeters/end/"
        assert lead.post(behind, {"on": "2026-03-01"}).status_code == 302
        assert str(SubmeterLink.objects.get().ends_on) == "2026-03-01"

    def test_says_what_stands_against_it(self, numbers, lead):
        place = f"/reads/points/{numbers[0]}"

        refused = lead.post(f"{place}/meters/exchange/", NEW | {"side": "high"}).content.decode()
        unknown = lead.post(
            f"{place}/submeters/", {"submeter": "X", "purpose": "billed", "starts_on": "2026-01-20"}
        ).content.decode()
        alone = lead.post(f"{place}/submeters/end/", {"on": "2026-03-01"}).content.decode()

        assert "No high meter hangs there" in refused
        assert "No service point has this number" in unknown
        assert "behind no other" in alone
        assert hanging() == ["M-1", "M-2", "M-3"]

    def test_is_for_who_may(self, numbers, users):
        client = Client()
        client.force_login(users[Role.AUDITOR])

        assert client.post(f"/reads/points/{numbers[0]}/meters/exchange/", NEW).status_code == 403
        assert "Exchange a meter" not in client.get(f"/reads/points/{numbers[0]}/meters/").content.decode()
        assert hanging() == ["M-1", "M-2", "M-3"]


class TestCommands:
    def test_exchange_and_link(self, numbers, users):
        facts = ("--as", "lead", "--on", "2026-01-20")
        high, low = "N-1,2,6,ccf,1,0,high", "N-2,2,6,ccf,1,0,low"

        done = run("exchange", numbers[0], *facts, "--out", "118", "--in", high, "--in", low)
        linked = run("link", numbers[0], numbers[1], *facts)
        unlinked = run("unlink", numbers[1], "--as", "lead", "--on", "2026-03-01")

        assert (done.exit_code, linked.exit_code, unlinked.exit_code) == (0, 0, 0)
        assert hanging() == ["M-2", "M-3", "N-1", "N-2"]

    def test_refuse_by_name(self, numbers, users):
        facts = ("--as", "lead", "--on", "2026-01-20")

        assert run("exchange", numbers[0], *facts, "--out", "high=1").exit_code == 1
        assert run("exchange", numbers[0], *facts, "--out", "x").exit_code == 2
        assert run("exchange", numbers[0], *facts, "--in", "N-1,2").exit_code == 2
        assert run("link", numbers[0], numbers[0], *facts).exit_code == 1
        assert run("link", numbers[0], "X", *facts).exit_code == 2
        assert run("unlink", numbers[0], *facts).exit_code == 1
        assert run("exchange", numbers[0], "--as", "auditor", "--on", "2026-01-20", "--out", "118").exit_code == 1
        assert hanging() == ["M-1", "M-2", "M-3"]
