"""The files of a pack: which there may be, how large, and one digest over them all."""

import hashlib
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from re import fullmatch

from curbstop.foundation.imports import FileRefused, Located
from curbstop.ordinances.domain.packs import PackFiles

REQUIRED = (
    "accounts.csv",
    "calendar.yaml",
    "city.yaml",
    "cycles.yaml",
    "offices.yaml",
    "policies.yaml",
    "services.yaml",
    "values.yaml",
)
_FOLDERS = {"code": r"[\w.-]+\.md", "letters": r"[\w-]+\.[a-z]{2}\.md", "rates": r"[\w.-]+\.yaml"}
_SIZE_MAX = 1_000_000
_FILES_MAX = 500


def read_folder(folder: Path) -> PackFiles:
    """Read every file of a pack as text, and digest them so that an approval names these words.

    :raises FileRefused: if a file is missing, foreign, too large or not text
    """
    if not folder.is_dir():
        raise FileRefused([Located(str(folder), 0, "", "no such folder (expected a city pack)")])
    mistakes: list[Located] = []
    content: dict[str, str] = {}
    for path in sorted(islice(folder.rglob("*"), _FILES_MAX + 1)):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        problem = _problem(path, name)
        if problem:
            mistakes.append(Located(name, 0, "", problem))
            continue
        if name != "README.md":
            content[name] = _text(path, name, mistakes)
    if len(content) > _FILES_MAX:
        mistakes.append(Located(folder.name, 0, "", f"more than {_FILES_MAX} files"))
    mistakes.extend(
        Located(name, 0, "", "missing file (expected in every pack)") for name in REQUIRED if name not in content
    )
    if mistakes:
        raise FileRefused(mistakes)
    return PackFiles(name=folder.resolve().name, sha256=digest(content), content=content)


def digest(content: Mapping[str, str]) -> str:
    """Return one SHA-256 over names and texts; lengths keep two files from running together."""
    whole = hashlib.sha256()
    for name, text in sorted(content.items()):
        whole.update(f"{name}\n{len(text)}\n{text}\n".encode())
    return whole.hexdigest()


def _problem(path: Path, name: str) -> str | None:
    if path.is_symlink():
        return "a link (expected a file, so that the pack is whole in its folder)"
    folder, _, rest = name.rpartition("/")
    known = name in {*REQUIRED, "README.md"} or (folder in _FOLDERS and fullmatch(_FOLDERS[folder], rest) is not None)
    if not known:
        return f"unknown file (expected {', '.join(REQUIRED)}, code/*.md, letters/*.en.md and the like, rates/*.yaml)"
    if path.stat().st_size > _SIZE_MAX:
        return f"too large (expected at most {_SIZE_MAX:,} bytes)"
    return None


def _text(path: Path, name: str, mistakes: list[Located]) -> str:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        mistakes.append(Located(name, line, "", "not UTF-8 (expected a text file in UTF-8)"))
        return ""
    # PostgreSQL's jsonb cannot keep a NUL, and no clerk's text has one.
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        mistakes.append(Located(name, line, "", "a NUL byte (expected text)"))
        return ""
    return text.replace("\r\n", "\n")
