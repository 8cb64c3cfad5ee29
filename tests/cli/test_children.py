"""The supervisor keeps its children alive and ends them all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FAMILY = """
import sys
from curbstop.cli.children import Child, Family
beat = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(60)"
Family([Child("The beater", [sys.executable, "-c", beat, sys.argv[1]])]).run()
"""


def wait_for(truth: Callable[[], bool]) -> None:
    for _ in range(150):
        if truth():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 15 seconds")


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def pid_in(path: Path) -> int:
    return int(path.read_text() or 0) if path.exists() else 0


class TestFamily:
    def test_starts_a_killed_child_again_and_ends_it_on_sigterm(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        supervisor = subprocess.Popen([sys.executable, "-c", FAMILY, str(note)])
        wait_for(lambda: pid_in(note) > 0)
        first = pid_in(note)

        os.kill(first, signal.SIGKILL)

        wait_for(lambda: pid_in(note) not in {0, first})
        second = pid_in(note)
        supervisor.terminate()
        assert supervisor.wait(timeout=25) == 0
        assert not is_alive(second)

    def test_takes_its_children_along_when_it_is_killed_itself(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        supervisor = subprocess.Popen([sys.executable, "-c", FAMILY, str(note)])
        wait_for(lambda: pid_in(note) > 0)

        supervisor.kill()
        supervisor.wait()

        wait_for(lambda: not is_alive(pid_in(note)))
