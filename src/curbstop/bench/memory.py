"""How much memory a process and its workers really hold: shared pages are counted once between them."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# A look walks the page tables of every worker while it waits, so a look too often slows what it looks at.
EVERY_SECONDS = 0.5
KIB_IN_MIB = 1024


class Peak:
    """The largest sum of proportional set sizes that was seen, in MiB."""

    def __init__(self) -> None:
        self.mib = 0.0

    def look(self) -> None:
        """Take one more look."""
        self.mib = max(self.mib, sum(map(_pss_mib, family_of(os.getpid()))))


def family_of(pid: int) -> list[int]:
    """Return a process and all below it; a database server that we started is not of the family."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                if not _is_postgres(int(child)):
                    found.extend(family_of(int(child)))
    return found


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
    except OSError:
        return False


def _pss_mib(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / KIB_IN_MIB
    return 0.0


@contextmanager
def watched() -> Iterator[Peak]:
    """Look at the memory of this process and its workers until the block ends."""
    peak, ended = Peak(), threading.Event()

    def look_again() -> None:
        while not ended.wait(EVERY_SECONDS):
            peak.look()

    watcher = threading.Thread(target=look_again, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()
        peak.look()
