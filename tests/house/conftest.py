"""What the tests of the house share: where the code lies, and its floors."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/curbstop"


@pytest.fixture(scope="session")
def package() -> Path:
    return PACKAGE


@pytest.fixture(scope="session")
def contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["importlinter"]["contracts"])


@pytest.fixture(scope="session")
def floor_of(contracts: list[dict[str, Any]]) -> dict[str, int]:
    """Return the height of every room's floor, the foundation's being 0."""
    return {
        room.strip(" ()"): height
        for height, floor in enumerate(reversed(contracts[0]["layers"]))
        for room in floor.split("|")
    }


@pytest.fixture(scope="session")
def sources(package: Path) -> list[Path]:
    """Return every Python file of the program but migrations, which are history."""
    return sorted(path for path in package.rglob("*.py") if "migrations" not in path.parts)
