"""Killing anything in the middle of a release loses and repeats nothing (trust.md P25)."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

DRIVER = Path(__file__).with_name("killed_run.py")
WHOLE = {
    "bills": 600,
    "accounts": 600,
    "numbers": True,
    "entries": 600,
    "failures": [],
}
ATTEMPTS = 12


class Office:
    """A town in a server of its own, driven from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "CURBSTOP_DATA": str(folder)}

    def ask(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, DRIVER, *words], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def release(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, DRIVER, "release"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def proof(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.ask("prove"))
        return answer

    def server_pid(self) -> int:
        from urllib.parse import unquote

        import psycopg

        uri = self.ask("start").strip()
        with psycopg.connect(unquote(uri), autocommit=True) as connection:
            data = connection.execute("show data_directory").fetchone()
        return int(Path(str(data[0]), "postmaster.pid").read_text().split()[0])


@pytest.fixture
def office() -> Iterator[Office]:
    with TemporaryDirectory(prefix="curbstop-kills-") as folder:
        Path(folder).chmod(0o755)
        made = Office(Path(folder))
        made.ask("make")
        yield made
        made.ask("stop")


def workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


def wait_for_partitions(process: "subprocess.Popen[str]", count: int) -> bool:
    """Return whether so many partitions were done before the run ended."""
    assert process.stdout is not None
    return all(process.stdout.readline().strip() == "partition" for _ in range(count))


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def is_released(process: "subprocess.Popen[str]") -> bool:
    output, _ = process.communicate(timeout=120)
    return process.returncode == 0 and output.strip().endswith("released")


class TestReleaseBills:
    def test_survives_killed_workers(self, office: Office) -> None:
        chance = random.Random(20261122)
        killed = 0

        for attempt in range(ATTEMPTS):
            process = office.release()
            if attempt < 3 and wait_for_partitions(process, chance.randint(1, 3)):
                kill(chance.choice(workers_of(process.pid) or [process.pid]))
                killed += 1
            if is_released(process):
                break

        assert killed >= 2
        assert office.proof() == WHOLE

    def test_survives_a_killed_server(self, office: Office) -> None:
        server = office.server_pid()
        process = office.release()
        assert wait_for_partitions(process, 2)
        kill(server)
        assert not is_released(process)
        office.ask("start")

        assert is_released(office.release())
        assert office.proof() == WHOLE

    def test_survives_the_death_of_everything_at_once(self, office: Office) -> None:
        server = office.server_pid()
        process = office.release()
        assert wait_for_partitions(process, 3)
        for pid in (server, *workers_of(process.pid), process.pid):
            kill(pid)
        process.communicate()
        office.ask("start")

        assert is_released(office.release())
        assert office.proof() == WHOLE

    def test_runs_on_a_dask_cluster(self, office: Office) -> None:
        pytest.importorskip("distributed")

        assert office.ask("release_on_dask").strip().endswith("released")
        assert office.proof() == WHOLE
