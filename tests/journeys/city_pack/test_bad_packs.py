"""Packs with one mistake each: the place is named, what was expected is said, and nothing is saved."""

import pytest
from typer.testing import CliRunner

from curbstop.cli.city import app

# file, what the clerk wrote there before, what the mistake is, and the message with its place
MISTAKES = {
    "cites a section that does not exist": (
        "values.yaml", "value: 22.00, unit: dollars, effective: 2024-01-01, cites: LBC 13.04.090",
        "value: 22.00, unit: dollars, effective: 2024-01-01, cites: LBC 99.99.990",
        ": fee.reread.cites: section LBC 99.99.990 does not exist (expected",
    ),
    "cites a section not yet in force": (
        "code/13.04.090.md", "effective: 2024-01-01", "effective: 2025-01-01",
        "section LBC 13.04.090 is not in force on 2024-01-01 (expected",
    ),
    "has rates that cite nothing": (
        "rates/stormwater.yaml", "section: LBC 13.16.010", "section: LBC 1.1.1",
        "rates/stormwater.yaml:4: section: section LBC 1.1.1 does not exist (expected",
    ),
    "misses the last tier": (
        "rates/water_and_sewer.2026.yaml", "      - {price: 6.84}\n", "", "rates/water_and_sewer.2026.yaml:",
    ),
    "misses the tier in the middle": (
        "rates/water_and_sewer.2026.yaml", "{up_to: 16000, price: 9.32}", "{up_to: 16000}",
        "rates/water_and_sewer.2026.yaml:",
    ),
    "writes a word for a number": (
        "values.yaml", "value: 20, unit: days", "value: twenty, unit: days",
        "values.yaml:5: billing.due_days.value: “twenty” is no whole number (expected a whole number of days)",
    ),
    "writes parts of a cent": (
        "values.yaml", "value: 7.50", "value: 7.505", "fee.transfer.value: 7.505 has parts of a cent (expected",
    ),
    "writes a negative fee": ("values.yaml", "value: 7.50", "value: -7.50", "“-7.50” is no number (expected"),
    "gives the wrong unit": (
        "values.yaml", "value: 20, unit: days", "value: 20, unit: months",
        "values.yaml:5: billing.due_days.unit: “months” (expected days)",
    ),
    "gives a day that is none": (
        "values.yaml", "effective: 2026-07-01", "effective: 2026-02-30",
        "values.yaml:6: effective: “2026-02-30” is no day (expected a day such as 2026-01-31)",
    ),
    "says a key twice": (
        "city.yaml", "phone: ", "name: City of Elsewhere\nphone: ",
        "city.yaml:12: name: duplicate key (expected each key once)",
    ),
    "has a field that nobody reads": (
        "services.yaml", "  rank: 4", "  rank: 4\n  colour: green",
        "services.yaml:8: colour: unknown field (expected one of: code, name, receivable, revenue, rank, agency)",
    ),
    "has a value that nobody looks up": (
        "values.yaml", "code: billing.hold_over", "code: billing.hold_ovr",
        "“billing.hold_ovr” is not looked up (expected",
    ),
    "leaves a required value out": (
        "values.yaml", "- {code: treasury.deposit_days_max", "# - {code: treasury.deposit_days_max",
        "values.yaml: treasury.deposit_days_max: missing (expected an entry",
    ),
    "has overlapping dates": (
        "values.yaml", "value: 20, unit: days, effective: 2024-01-01",
        "value: 20, unit: days, effective: 2024-01-01, until: 2026-08-01",
        "values.yaml:5: billing.due_days.effective: it overlaps the version from 2026-07-01 (expected",
    ),
    "has two versions from one day": (
        "values.yaml", "value: 21, unit: days, effective: 2026-07-01",
        "value: 21, unit: days, effective: 2024-01-01",
        "two versions begin on 2024-01-01 (expected dates that follow each other)",
    ),
    "has no account for a role": (
        "accounts.csv", "asset,deposit_in_transit", "asset,",
        "accounts.csv: role: 0 accounts have the role deposit_in_transit (expected exactly one)",
    ),
    "gives a role to the wrong kind": (
        "accounts.csv", "liability,unapplied_credit", "asset,unapplied_credit",
        "accounts.csv:7: kind: unapplied_credit is asset (expected liability)",
    ),
    "has a service without a receivable": (
        "accounts.csv", "501,4100,1150,Water receivable,asset,\n", "",
        "receivable: 501-4100-1150 is not in accounts.csv (expected an account of kind asset)",
    ),
    "lets two services share a receivable": (
        "services.yaml", "receivable: 502-4200-1150", "receivable: 501-4100-1150",
        "501-4100-1150 serves two services (expected one each)",
    ),
    "misspells a column": (
        "accounts.csv", "department,account", "departement,account", "accounts.csv:1: departement: Unknown column",
    ),
    "names a service that is none": (
        "policies.yaml", "[refuse, stormwater", "[garbage, stormwater",
        "service “garbage” is unknown (expected a code of services.yaml)",
    ),
    "orders payments by an unknown axis": (
        "policies.yaml", "sort_by: [oldest", "sort_by: [biggest", "policies.yaml:9: payment.application_order.value:",
    ),
    "charges for a service that is none": (
        "rates/refuse.yaml", "    service: refuse", "    service: garbage",
        "rates/refuse.yaml:11: components: “garbage” of cart is unknown (expected a code of services.yaml)",
    ),
    "has a letter with a blank that nothing fills": (
        "letters/welcome.es.md", "{account_number}", "{account.password}",
        "letters/welcome.es.md:2: {account.password}: unknown blank",
    ),
    "has a letter in one language only from a day on": (
        "letters/welcome.en.md", "effective: 2024-01-01", "effective: 2024-02-01",
        "letters/welcome.es.md: effective: no text in “es” from 2024-02-01 (expected one in every language)",
    ),
    "brings an object": (
        "city.yaml", "payee: City", "payee: !!python/object/apply:os.system ['true'] #",
        "city.yaml:15: payee: anchors and tags are not read (expected plain values)",
    ),
    "is no YAML": ("cycles.yaml", "- code: ODD", "- code: [ODD", "cycles.yaml:"),
    "is in an unknown zone": (
        "city.yaml", "America/New_York", "America/Larkspur", "city.yaml:4: timezone: “America/Larkspur” is unknown",
    ),
    "has a holiday twice": ("calendar.yaml", "2025-01-20", "2025-01-01", "calendar.yaml:6: day: 2025-01-01 is there"),
    "has a till twice": ("offices.yaml", "HALL-2", "HALL-1", "offices.yaml:6: tills.code: “HALL-1” is there twice"),
}  # fmt: skip


@pytest.mark.django_db
class TestLoad:
    @pytest.mark.parametrize("mistake", MISTAKES)
    def test_refuses_a_pack_that(self, mistake, pack, edit, rows, users):
        file, old, new, message = MISTAKES[mistake]
        edit(file, old, new)
        before = rows()

        result = CliRunner().invoke(app, ["load", str(pack), "--as", "supervisor"])

        assert message in result.output
        assert result.exit_code == 1
        assert rows() == before

    def test_refuses_a_letter_missing_in_a_language(self, pack, rows, users):
        (pack / "letters/welcome.es.md").unlink()
        before = rows()

        result = CliRunner().invoke(app, ["load", str(pack), "--as", "supervisor"])

        assert "letters/welcome.es.md: language: no text in “es”" in result.output
        assert result.exit_code == 1
        assert rows() == before

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("rates/notes.txt", b"hello", "unknown file (expected"),
            ("code/1.1.md", b"no fields", "code/1.1.md:1: no fields at the top (expected"),
            ("code/1.2.md", b"---\ntitle: \xff\n---\nx\n", "code/1.2.md:2: not UTF-8 (expected"),
            ("code/1.3.md", b"---\ntitle: a\x00\n---\nx\n", "code/1.3.md:2: a NUL byte (expected text)"),
        ],
    )
    def test_refuses_a_strange_file(self, pack, rows, users, name, content, message):
        (pack / name).write_bytes(content)
        before = rows()

        result = CliRunner().invoke(app, ["load", str(pack), "--as", "supervisor"])

        assert message in result.output
        assert result.exit_code == 1
        assert rows() == before

    def test_refuses_a_link_out_of_the_folder(self, pack, rows, users):
        (pack / "rates/secret.yaml").symlink_to("/etc/passwd")

        result = CliRunner().invoke(app, ["load", str(pack), "--as", "supervisor"])

        assert "rates/secret.yaml: a link (expected a file" in result.output
        assert "root:" not in result.output
        assert result.exit_code == 1

    def test_tells_every_mistake_at_once(self, pack, edit, users):
        edit("values.yaml", "value: 20, unit: days", "value: twenty, unit: days")
        edit("accounts.csv", "asset,deposit_in_transit", "asset,")
        (pack / "letters/welcome.es.md").unlink()

        result = CliRunner().invoke(app, ["check", str(pack)])

        assert result.exit_code == 1
        assert len(result.output.strip().splitlines()) == 3

    def test_refuses_a_folder_that_is_none(self, users, tmp_path):
        result = CliRunner().invoke(app, ["load", str(tmp_path / "nowhere"), "--as", "supervisor"])

        assert "no such folder (expected a city pack)" in result.output
        assert result.exit_code == 1
