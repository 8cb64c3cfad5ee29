"""What a measurement answers: figures, and the ratios that are the gates."""

import os
import platform
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Measured:
    """One benchmark's answer; names are those of `docs/performance.md`."""

    name: str
    figures: dict[str, float]
    ratios: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the answer as programs read it."""
        return {
            "name": self.name,
            "machine": machine(),
            "figures": self.figures,
            "ratios": self.ratios,
        }


def machine() -> str:
    """Return what the figures were measured on, in a few words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def median(values: list[float]) -> float:
    """Return the middle value."""
    return sorted(values)[len(values) // 2]
