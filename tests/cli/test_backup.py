"""A backup brings back the whole system, and a damaged one is refused."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


class Installation:
    """One installation in a folder of its own, driven by its commands as a person drives it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "CURBSTOP_ENV": "test", "CURBSTOP_DATA": str(self.data)}
        command = [sys.executable, "-m", "curbstop", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("office"))
    (made.data / "secret-key").write_text("the secret of this office")
    assert made.run("db", "up").returncode == 0
    yield made
    made.run("db", "remove", "--yes")


@pytest.fixture(scope="module")
def backup(office: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("safe") / "backup"
    assert office.run("backup", str(folder)).returncode == 0
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "elsewhere")
    yield made
    made.run("db", "remove", "--yes")


class TestBackup:
    def test_is_restored_whole_and_proved(self, elsewhere: Installation, backup: Path) -> None:
        restored = elsewhere.run("restore", str(backup))

        assert restored.returncode == 0, restored.stderr
        assert "promises hold" in restored.stdout
        assert (elsewhere.data / "secret-key").read_text() == "the secret of this office"

    def test_is_refused_into_a_folder_or_a_database_that_holds_something(
        self, office: Installation, backup: Path
    ) -> None:
        again = office.run("backup", str(backup))
        onto_itself = office.run("restore", str(backup))

        assert (again.returncode, onto_itself.returncode) == (1, 1)
        assert "not empty" in again.stderr
        assert "nothing was changed" in onto_itself.stderr

    def test_that_is_damaged_is_refused(self, elsewhere: Installation, backup: Path, tmp_path: Path) -> None:
        damaged = shutil.copytree(backup, tmp_path / "damaged")
        with (damaged / "database.dump").open("ab") as dump:
            dump.write(b"one byte more")

        refused = elsewhere.run("restore", str(damaged))

        assert refused.returncode == 1
        assert "damaged" in refused.stderr
