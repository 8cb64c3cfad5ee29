"""Payments come in and journals go out by commands: 0 done, 1 refused with nothing saved, 2 wrong usage."""

import csv
import io
import json
import zipfile

import pytest
from typer.testing import CliRunner

from curbstop.cashiering.models import ImportedPayment
from curbstop.cli.export import app as export
from curbstop.cli.imports import app as imports
from curbstop.foundation.access.roles import Role
from curbstop.ledger.queries import balances_of
from curbstop.treasury.models import JournalExport
from tests.cashiering.conftest import money_rows

pytestmark = pytest.mark.django_db
DAYS = ("--first", "2026-07-01", "--last", "2026-07-31")
FILE = "account,amount,reference\n100234,20.00,LB-1\n100234,15.00,LB-2\n"


@pytest.fixture
def load(tmp_path, account, owe):
    """Return a function that imports a text as a file, Rosa owing 30 dollars."""
    owe(water=3_000)

    def run(text, *options, user="manager", name="lockbox.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CliRunner().invoke(imports, ["payments", str(path), "--as", user, *options])

    return run


class TestImportPayments:
    def test_posts_every_line(self, load, debtor):
        done = load(FILE)

        assert done.exit_code == 0
        assert "2 payments of lockbox.csv are posted: $35.00." in done.stdout
        assert balances_of([debtor]) == {debtor: -500}

    def test_tells_programs_the_same_in_json(self, load):
        answer = json.loads(load(FILE, "--json").stdout)

        assert (answer["payments"], answer["total_cents"]) == (2, 3_500)
        assert len(answer["sha256"]) == 64

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (FILE.replace("20.00", "twenty"), "lockbox.csv:2: amount"),
            (FILE.replace("20.00", "NaN"), "lockbox.csv:2: amount"),
            (FILE.replace("20.00", "1e9"), "lockbox.csv:2: amount"),
            (FILE.replace("20.00", "-20.00"), "lockbox.csv:2: amount"),
            (FILE.replace("20.00", "1" * 25), "lockbox.csv:2: amount"),
            (FILE.replace("15.00", "0.00"), "lockbox.csv:3: amount: Expected an amount above zero."),
            (FILE.replace("LB-2", "LB-1"), "lockbox.csv:3: reference: LB-1 stands on line 2 already."),
            (FILE.replace("100234,15", "999,15"), "lockbox.csv:3: account: There is no account 999."),
            (FILE.replace("amount", "sum"), "lockbox.csv:1"),
            ("account,amount,reference\n", "no payments"),
            ("", "lockbox.csv: The file is empty"),
            (b"\xff\xfe\x00", "lockbox.csv"),
        ],
    )
    def test_names_the_place_and_saves_nothing(self, load, text, said):
        before = money_rows()

        refused = load(text)

        assert refused.exit_code == 1
        assert said in refused.output
        assert money_rows() == before

    def test_gives_programs_the_refused_lines(self, load):
        refused = load(FILE.replace("100234,15", "999,15"), "--json")

        assert refused.exit_code == 1
        assert json.loads(refused.stdout)["refused"] == [
            {"line": 3, "field": "account", "message": "There is no account 999."}
        ]

    def test_posts_a_file_once(self, load):
        load(FILE)
        before = money_rows()

        again = load(FILE, name="renamed.csv")

        assert again.exit_code == 1
        assert "loaded before" in again.output
        assert money_rows() == before

    @pytest.mark.parametrize("user", ["nobody", "clerk"])
    def test_refuses_who_may_not(self, load, person, user):
        person("clerk")

        assert load(FILE, user=user).exit_code == 1
        assert not ImportedPayment.objects.exists()

    def test_wants_to_know_who_and_what(self, load, tmp_path):
        missing = CliRunner().invoke(imports, ["payments", str(tmp_path / "none.csv"), "--as", "manager"])
        nameless = CliRunner().invoke(imports, ["payments", str(tmp_path / "none.csv")])

        assert (missing.exit_code, nameless.exit_code) == (2, 2)


class TestExportJournal:
    def test_writes_a_balanced_csv_to_standard_output(self, load):
        load(FILE)

        done = CliRunner().invoke(export, ["journal", *DAYS, "--as", "manager"])

        rows = list(csv.DictReader(io.StringIO(done.stdout_bytes.decode())))
        assert done.exit_code == 0
        assert sum(float(row["debit"]) - float(row["credit"]) for row in rows) == 0
        assert {row["kind"] for row in rows} == {"bill", "payment"}

    def test_writes_a_workbook(self, load, tmp_path):
        out = tmp_path / "journal.xlsx"

        done = CliRunner().invoke(export, ["journal", *DAYS, "--as", "manager", "--format", "xlsx", "--out", str(out)])

        assert done.exit_code == 0
        assert "xl/workbook.xml" in zipfile.ZipFile(out).namelist()

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["--first", "2027-01-01", "--last", "2027-01-31", "--as", "manager"], 1),
            ([*DAYS, "--as", "cashier"], 1),
            ([*DAYS, "--as", "nobody"], 1),
            ([*DAYS], 2),
            (["--first", "july", "--last", "august", "--as", "manager"], 2),
            ([*DAYS, "--as", "manager", "--format", "pdf"], 2),
        ],
    )
    def test_says_why_there_is_none(self, load, cashier, words, code):
        before = money_rows()

        assert CliRunner().invoke(export, ["journal", *words]).exit_code == code
        assert money_rows() == before
        assert not JournalExport.objects.exists()


class TestExportJournalCopy:
    def test_marks_a_journal_for_the_auditor(self, load, person):
        person("auditor", Role.AUDITOR)
        load(FILE)
        CliRunner().invoke(export, ["journal", *DAYS, "--as", "manager"])

        again = CliRunner().invoke(export, ["journal", *DAYS, "--as", "manager"])
        copy = CliRunner().invoke(export, ["journal-copy", "1", "--as", "auditor"])
        others = [["journal", *DAYS, "--as", "auditor"], ["journal-copy", "2", "--as", "auditor"]]

        assert "in journal 1 already" in again.output
        assert (copy.exit_code, "COPY of 1" in copy.stdout) == (0, True)
        assert [CliRunner().invoke(export, words).exit_code for words in others] == [1, 1]
        assert JournalExport.objects.count() == 1


class TestExportRegister:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_writes_every_register(self, load, tmp_path, kind):
        codes = [row["code"] for row in json.loads(CliRunner().invoke(export, ["registers", "--json"]).stdout)]
        for code in codes:
            out = tmp_path / f"{code}.{kind}"
            done = CliRunner().invoke(export, ["register", code, *DAYS, "--format", kind, "--out", str(out)])

            assert (done.exit_code, out.stat().st_size > 0) == (0, True), code

    def test_knows_no_other(self, city):
        assert CliRunner().invoke(export, ["register", "nonsense", *DAYS]).exit_code == 1
