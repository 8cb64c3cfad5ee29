"""`curbstop rates`, called as other programs call it."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """\
metadata:
  bill_unit: ccf
rate_structure:
  HOME:
    tier_starts: [0, 11]
    tier_prices: [1.5, 2]
    commodity_charge: Tiered
    service_charge: 10
    bill: service_charge+commodity_charge
"""
HALF = GOOD + "  SHOP:\n    commodity_charge: Tiered\n    bill: commodity_charge\n"


def curbstop(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "curbstop", "rates", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.owrs").write_text(GOOD)
    (tmp_path / "half.owrs").write_text(HALF)
    (tmp_path / "bad.owrs").write_text("metadata: [")
    return tmp_path


def priced(folder: Path, *cases: tuple[str, ...]) -> list[dict[str, str]]:
    with (folder / "cases.csv").open("w", newline="") as lines:
        csv.writer(lines).writerows([("case_id", "file", "cust_class", "inputs", "usage"), *cases])
    done = curbstop("bill", folder / "cases.csv", "--files", folder, "--out", folder / "out.csv")
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader((folder / "out.csv").read_text().splitlines()))


class TestCheckRateFiles:
    def test_says_one_line_a_file_and_one_a_problem(self, folder: Path) -> None:
        done = curbstop("check", folder / "good.owrs", folder / "half.owrs")
        good, half = folder / "good.owrs", folder / "half.owrs"
        assert done.returncode == 1
        assert done.stdout.splitlines() == [
            f"readable: {good}: HOME",
            f"readable: {half}: HOME",
            f"  {half}: SHOP: tier_starts: commodity_charge is tiered, but tier_starts is missing (line 11)",
        ]

    def test_ends_with_zero_when_all_can_be_read(self, folder: Path) -> None:
        assert curbstop("check", folder / "good.owrs").returncode == 0

    def test_answers_programs_in_json(self, folder: Path) -> None:
        done = curbstop("check", folder, "--json")
        found = json.loads(done.stdout)
        assert done.returncode == 1
        assert found["refused"] == 2
        assert [(Path(each["file"]).name, each["readable"], each["classes"]) for each in found["files"]] == [
            ("bad.owrs", False, []),
            ("good.owrs", True, ["HOME"]),
            ("half.owrs", True, ["HOME"]),
        ]

    def test_tells_wrong_usage_apart(self, folder: Path) -> None:
        assert curbstop("check", folder / "nothing.owrs").returncode == 2


class TestPriceCases:
    def test_gives_every_case_a_row_in_order(self, folder: Path) -> None:
        rows = priced(
            folder,
            ("b", "half.owrs", "SHOP", "{}", "5"),
            ("a", "good.owrs", "HOME", "{}", "14.5"),
            ("c", "good.owrs", "HOME", "[]", "1"),
            ("d", "../good.owrs", "HOME", "{}", "1"),
            ("e", "bad.owrs", "HOME", "{}", "1"),
            ("f", "half.owrs", "HOME", "{}", "-1"),
            ("g", "good.owrs", "HOME", "{}", "0"),
        )
        assert [(row["case_id"], row["status"], row["bill"]) for row in rows] == [
            ("b", "refused", ""),
            ("a", "ok", "34.000000"),
            ("c", "refused", ""),
            ("d", "refused", ""),
            ("e", "refused", ""),
            ("f", "refused", ""),
            ("g", "ok", "10.000000"),
        ]
        assert json.loads(rows[1]["components"]) == {"service_charge": 10, "commodity_charge": 24}
        assert rows[0]["reason"] == (
            "half.owrs: SHOP: tier_starts: commodity_charge is tiered, but tier_starts is missing"
        )
        assert [row["reason"] for row in rows[2:6]] == [
            "good.owrs: HOME: inputs: is not a JSON object",
            "../good.owrs: HOME: -: is not a file of the folder",
            (
                "bad.owrs: HOME: metadata: is not YAML: while parsing a flow node"
                " expected the node content, but found '<stream end>'"
            ),
            "half.owrs: HOME: commodity_charge: the input usage is negative",
        ]

    def test_writes_nothing_for_a_file_that_is_no_list_of_cases(self, folder: Path) -> None:
        (folder / "cases.csv").write_text("case_id,file\n1,good.owrs\n")
        done = curbstop("bill", folder / "cases.csv", "--files", folder, "--out", folder / "out.csv")
        assert done.returncode == 1
        assert "cases.csv: line 1: lacks the column cust_class" in done.stderr
        assert not (folder / "out.csv").exists()
