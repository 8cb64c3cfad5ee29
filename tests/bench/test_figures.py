"""What a measurement answers, and what it is made of."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from curbstop.bench import memory, processor
from curbstop.bench.figures import Measured, median

BUSY_SECONDS = 0.2
LARGE = 64 * 1024 * 1024


class TestMeasured:
    def test_reads_as_interfaces_promise(self) -> None:
        answer = Measured("posting", {"p95_ms": 1.5}, {"vs_hordak": 6.0}).as_json()
        assert list(answer) == ["name", "machine", "figures", "ratios"]
        assert json.loads(json.dumps(answer))["ratios"] == {"vs_hordak": 6.0}

    def test_takes_the_middle_of_three(self) -> None:
        assert median([9.0, 1.0, 2.0]) == 2.0


class TestWatchMemory:
    def test_sees_what_is_given_back_before_the_end(self) -> None:
        with memory.watched() as peak:
            held = bytearray(os.urandom(1024)) * (LARGE // 1024)
            time.sleep(3 * memory.EVERY_SECONDS)
            del held
        with memory.watched() as after:
            pass
        assert peak.mib - after.mib > LARGE / 1024 / 1024 / 2

    def test_counts_children(self) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
            found = memory.family_of(os.getpid())
            child.communicate(b"\n")
        assert child.pid in found


class TestSpendProcessorTime:
    @pytest.fixture
    def cluster(self, tmp_path: Path) -> Iterator[SimpleNamespace]:
        """Return a folder that names a server which has ended: its time is nothing."""
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
            (tmp_path / "postmaster.pid").write_text(f"{server.pid}\n")
            yield SimpleNamespace(data=tmp_path)
            server.communicate(b"\n")

    def test_counts_work_and_not_sleep(self, cluster: SimpleNamespace) -> None:
        with processor.spent(cluster) as asleep:
            time.sleep(BUSY_SECONDS)
        with processor.spent(cluster) as busy:
            until = time.process_time() + BUSY_SECONDS
            while time.process_time() < until:
                pass
        assert asleep.seconds < BUSY_SECONDS / 2 < busy.seconds


class TestBench:
    def test_refuses_an_unknown_name(self) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", "curbstop", "bench", "weather"], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 2
        assert "billing-run" in ran.stderr + ran.stdout

    def test_measures_a_run_beside_its_baselines(self) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", "curbstop", "bench", "billing-run", "--accounts", "200", "--json"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        answer = json.loads(ran.stdout)
        assert answer["name"] == "billing-run"
        assert answer["figures"]["bills"] == 200
        assert {"vs_copy", "vs_bare_copy", "per_bill_growth"} <= set(answer["ratios"])
        assert answer["figures"]["peak_mib"] > 0
