"""A room may name a neighbor's model, but only that room queries it, makes it or saves it."""

import ast
from pathlib import Path


def foreign_models(tree: ast.Module, room: str) -> set[str]:
    """Return the names under which this file knows other rooms' models; people belong to every room."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        if node.module.startswith("curbstop.") and ".models" in f"{node.module}."
        if not node.module.startswith("curbstop.foundation.")
        if f".{room}." not in f"{node.module}."
        for alias in node.names
    }


def named(node: ast.AST | None) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def reaches_into_a_neighbor(path: Path, package: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    room = path.relative_to(package).parts[0]
    theirs = foreign_models(tree, room)
    return [
        f"{path.relative_to(package)}:{node.lineno}"
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"objects", "_default_manager", "_base_manager"}
            and named(node.value) in theirs
        )
        or (isinstance(node, ast.Call) and named(node.func) in theirs)
    ]


class TestNeighbors:
    def test_are_never_queried_or_written_from_another_room(self, sources: list[Path], package: Path) -> None:
        assert [hit for path in sources for hit in reaches_into_a_neighbor(path, package)] == []
