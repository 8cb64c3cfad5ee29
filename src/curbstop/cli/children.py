"""Child processes that are kept alive: a dead one is started again, all of them end with the supervisor."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from curbstop.cli.answers import aside

SECONDS_TO_END = 20
LONGEST_PAUSE = 30.0
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One program of the family, and how often it had to be started again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    pause: float = 1.0
    starts_again_at: float = 0.0

    def start(self) -> None:
        """Start the program; the kernel ends it should the supervisor be killed."""
        self.process = subprocess.Popen(
            list(self.command),
            env={**os.environ, **self.environment},
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends the others in order
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - the supervisor has one thread
        )

    def look_after(self, now: float) -> None:
        """Start the program again if it ended, waiting longer each time it fails at once."""
        if self.process is not None and self.process.poll() is not None:
            aside.print(f"{self.name} ended with code {self.process.returncode}; starting it again.")
            self.process = None
            self.starts_again_at = now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        if self.process is None and now >= self.starts_again_at:
            self.start()

    def end(self, *, by: float) -> None:
        """Ask the program to end, and make it when the time is up."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.0, by - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Family:
    """The supervisor: runs its children until it is told to stop."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._is_told_to_stop = False

    def run(self) -> None:
        """Keep every child alive until SIGTERM or Ctrl-C, then end them all cleanly."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self._is_told_to_stop:
                for child in self._children:
                    child.look_after(time.monotonic())
                time.sleep(0.2)
        finally:
            self._end()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._is_told_to_stop = True

    def _end(self) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        by = time.monotonic() + SECONDS_TO_END
        for child in self._children:
            child.end(by=by)


def _end_with_parent() -> None:
    """Ask Linux for a SIGTERM when the parent dies; elsewhere an orphan has to be ended by hand."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
