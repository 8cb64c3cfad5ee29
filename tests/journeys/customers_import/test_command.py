"""`curbstop import` answers with exit codes: 0 stored, 1 refused, 2 wrong usage; a refusal stores nothing."""

import json

import pytest
from typer.testing import CliRunner

from curbstop.cli.imports import app
from curbstop.customers.models import Account
from curbstop.metering.models import Read

pytestmark = pytest.mark.django_db
CUSTOMERS = (
    "account_number,name,address_line,city,state,zip,cycle,service,service_point,starts_on,schedule,"
    "customer_class,meter_serial,meter_size,meter_dials,meter_unit,first_register\n"
    '100001,Rosa Nuñez,12 Elm St,Cedar Bend,VA,23300,ODD,water,W-1,2026-01-05,water,residential,M-1,"5/8""",6,ccf,100\n'
)
READS = "meter,read_on,register\nM-1,2026-03-01,105\n"


@pytest.fixture
def run(tmp_path):
    def invoke(command, text, *options):
        path = tmp_path / f"{command}.csv"
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, [command, str(path), *options])

    return invoke


class TestImportCommand:
    def test_stores_customers_and_then_their_reads(self, small_city, run):
        customers = run("customers", CUSTOMERS)
        reads = run("reads", READS, "--on", "2026-03-02", "--json")

        assert (customers.exit_code, reads.exit_code) == (0, 0)
        assert "1 accounts, 1 services, 1 meters" in customers.stdout
        assert json.loads(reads.stdout)["reads"] == Read.objects.count() == 1

    def test_names_the_line_of_a_refused_file(self, small_city, run):
        refused = run("reads", READS.replace("M-1", "M-9"), "--on", "2026-03-02")

        assert refused.exit_code == 1
        assert "reads.csv:2: meter: No meter has the serial M-9." in refused.output
        assert not Read.objects.exists()

    def test_tells_programs_the_same_in_json(self, small_city, run):
        refused = run("customers", CUSTOMERS.replace("ODD", "EVEN"), "--json")

        assert refused.exit_code == 1
        assert json.loads(refused.stdout)["refused"][0]["field"] == "cycle"
        assert not Account.objects.exists()

    def test_calls_a_missing_file_wrong_usage(self, db):
        assert CliRunner().invoke(app, ["reads", "nowhere.csv"]).exit_code == 2

    def test_knows_nobody_by_a_wrong_name(self, small_city, run):
        refused = run("customers", CUSTOMERS, "--as", "nobody")

        assert refused.exit_code == 1
        assert not Account.objects.exists()
