"""Files and functions stay small enough to be read in one go (docs/house.md, Sizes)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 400, 600, 60, 200
TESTS = Path(__file__).parents[1]


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


class TestSizes:
    def test_of_files(self, sources: list[Path]) -> None:
        assert [f"{path}: {count}" for path in sources if (count := lines_of(path)) > FILE_LINES] == []

    def test_of_test_files(self) -> None:
        assert [str(path) for path in TESTS.rglob("*.py") if lines_of(path) > TEST_FILE_LINES] == []

    def test_of_functions(self, sources: list[Path]) -> None:
        long = [
            f"{path.name}:{function.lineno} {function.name}: {length}"
            for path in sources
            for function in functions(path)
            if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
        ]

        assert long == []

    def test_of_templates(self, package: Path) -> None:
        assert [str(path) for path in package.rglob("templates/**/*.html") if lines_of(path) > TEMPLATE_LINES] == []


@pytest.mark.parametrize("name", ["common", "core", "utils", "helpers", "misc"])
def test_no_file_has_a_name_that_says_nothing(name: str, package: Path) -> None:
    assert [*package.rglob(f"{name}.py"), *package.rglob(f"{name}/")] == []
