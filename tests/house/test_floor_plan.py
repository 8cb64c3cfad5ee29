"""The floor plan is complete: no room is left out of a contract, no file lies beside the plan."""

from pathlib import Path
from typing import Any

ROOM_FILES = {
    "__init__", "apps", "permissions", "domain", "models", "queries", "operations", "forms", "views", "api", "jobs",
    "urls", "tables", "filters", "imports", "proofs", "documents", "templates", "static", "locale", "migrations",
    "README", "__pycache__",
}  # fmt: skip
FOUNDATION = {
    "__init__", "apps", "models", "migrations", "templates", "locale", "README", "__pycache__", "money", "quantities",
    "periods", "calendar", "access", "approvals", "audit", "numbering", "idempotency", "database", "proofs", "web",
    "documents", "imports", "exports", "jobs", "card_numbers",
}  # fmt: skip


def rooms(package: Path) -> list[Path]:
    return [path.parent for path in package.glob("*/apps.py") if path.parent.name != "foundation"]


class TestFloorPlan:
    def test_is_the_same_in_every_room(self, package: Path) -> None:
        beside = [
            f"{room.name}/{path.name}"
            for room in rooms(package)
            for path in room.iterdir()
            if path.stem not in ROOM_FILES
        ]

        assert beside == []

    def test_holds_every_room_to_the_contract(self, package: Path, contracts: list[dict[str, Any]]) -> None:
        held = set(contracts[1]["containers"])

        assert {f"curbstop.{room.name}" for room in rooms(package)} == held

    def test_gives_every_rooms_forms_a_contract(self, package: Path, contracts: list[dict[str, Any]]) -> None:
        protected = {module for each in contracts for module in each.get("protected_modules", [])}
        with_forms = {f"curbstop.{path.parent.name}.forms" for path in package.glob("*/forms*")}

        assert with_forms <= protected

    def test_keeps_the_foundation_a_short_closed_list(self, package: Path) -> None:
        found = {path.stem for path in (package / "foundation").iterdir()}

        assert found <= FOUNDATION
