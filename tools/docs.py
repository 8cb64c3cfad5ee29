"""Write docs/commands.md from the commands themselves, and follow every link between our documents."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def main() -> None:
    """Write the page, then name every link that leads nowhere."""
    write_commands(ROOT / "docs/commands.md")
    if broken := broken_links():
        sys.exit("These links lead nowhere:\n" + "\n".join(broken))


def write_commands(path: Path) -> None:
    """Write what each command says of itself."""
    from curbstop.cli import app

    lines = ["# Commands", "", "Written by `make docs` from the program itself.", ""]
    root: Any = typer.main.get_command(app)
    for name in root.list_commands(None):
        sys.argv = ["curbstop", name]
        lines += page_of(root.get_command(None, name), f"curbstop {name}", level=2)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def page_of(command: Any, words: str, *, level: int) -> list[str]:
    """Return one command's section and those of its own commands."""
    lines = [f"{'#' * level} `{words}`", "", first_line(command.help), ""]
    for option in command.params:
        if option.name != "help":
            names = ", ".join(f"`{each}`" for each in getattr(option, "opts", [])) or f"`{option.name}`"
            lines.append(f"- {names}: {first_line(getattr(option, 'help', ''))}".rstrip(": "))
    if command.params:
        lines.append("")
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        lines += page_of(inner, f"{words} {name}", level=level + 1)
    return lines


def first_line(text: str | None) -> str:
    """Return the first sentence of a help text."""
    return (text or "").strip().split("\n")[0]


def broken_links() -> list[str]:
    """Return every link in a committed document that names a file which is not there."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    documents = [ROOT / name for name in listed.stdout.split()]
    return [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        if document.exists()
        for target in LINK.findall(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]


if __name__ == "__main__":
    main()
