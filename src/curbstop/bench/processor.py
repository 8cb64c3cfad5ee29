"""How much processor time a measurement takes: ours, our workers' and PostgreSQL's.

A neighbor on the same cores makes everything slower by the clock but hardly dearer in processor time.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from curbstop.bench.memory import family_of

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat, counted behind the name: a process's own time, and that of its children that ended.
OWN = slice(11, 13)
ENDED = slice(13, 15)


class Spent:
    """The processor seconds of one block, known when it has ended."""

    def __init__(self) -> None:
        self.seconds = float("nan")


@contextmanager
def spent(cluster: Any) -> Iterator[Spent]:
    """Add up the processor time of this process, its workers and the server until the block ends."""
    answer, before = Spent(), _seconds(cluster)
    try:
        yield answer
    finally:
        answer.seconds = _seconds(cluster) - before


def _seconds(cluster: Any) -> float:
    server = int(Path(cluster.data, "postmaster.pid").read_text().split()[0])
    ticks = _ticks(server, ENDED) + sum(_ticks(each, OWN) for each in [server, *_children(server)])
    return (ticks + sum(_ticks(each, OWN) for each in family_of(os.getpid()))) / TICKS_A_SECOND


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _ticks(pid: int, fields: slice) -> int:
    with suppress(OSError):
        said = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, said[fields]))
    return 0
