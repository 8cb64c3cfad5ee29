"""What every file says of itself, and what no file may say."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Whoever installs uses the package index of the place: its address is nobody else's business.
REGISTRIES = re.compile(
    r"https?://[\w.-]*(pypi|pythonhosted|npmjs|yarnpkg|artifactory|nexus)[\w.-]*\.\w+", re.IGNORECASE
)


def committed_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


class TestWords:
    def test_every_module_begins_with_its_one_idea(self, sources: list[Path]) -> None:
        silent = [
            str(path)
            for path in sources
            if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
        ]

        assert silent == []

    def test_every_room_has_a_readme_of_one_screen(self, package: Path) -> None:
        rooms = [path.parent for path in package.glob("*/apps.py")]

        assert [room.name for room in rooms if not (room / "README.md").exists()] == []

    def test_no_file_records_the_address_of_a_package_registry(self) -> None:
        texts = ((path, path.read_bytes().decode("utf-8", "ignore")) for path in committed_files())

        assert [str(path) for path, text in texts if REGISTRIES.search(text)] == []

    def test_no_file_records_a_path_of_somebodys_machine(self) -> None:
        somebodys = re.compile(r"(?<![\w./])/(home|Users|work)/[a-z]\w*/")
        texts = ((path, path.read_bytes().decode("utf-8", "ignore")) for path in committed_files())

        assert [str(path) for path, text in texts if path.suffix != ".lock" and somebodys.search(text)] == []
