"""Where this installation keeps its files, and its secret; read before Django starts."""

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
CHECKOUT = PACKAGE.parents[1]
KEY_FILE = "secret-key"


def environment() -> str:
    """Return `demo`, `production` or `test`; a fresh clone is a demo."""
    name = os.environ.get("CURBSTOP_ENV", "demo")
    if name not in {"demo", "production", "test"}:
        raise SystemExit(f"CURBSTOP_ENV is {name!r}; it must be demo, production or test")
    return name


def data_folder() -> Path:
    """Return the folder that holds the embedded database, the secret and what the program makes."""
    if chosen := os.environ.get("CURBSTOP_DATA"):
        return Path(chosen).expanduser().resolve()
    home = CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()
    return home / "var" / "test" if environment() == "test" else home / "var"


def secret_key(folder: Path) -> str:
    """Return the installation's secret: the one given, else the one made on first use."""
    if environment() == "test":
        return "a secret for tests only, on a server that listens to nobody else"
    if given := os.environ.get("CURBSTOP_SECRET_KEY"):
        return given
    path = folder / KEY_FILE
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(64))
    return path.read_text(encoding="ascii").strip()


def bring_secret_back(*, folder: Path, data: Path) -> None:
    """Put the backup's secret in its place, where the installation has none of its own."""
    if (folder / KEY_FILE).exists() and not (data / KEY_FILE).exists():
        data.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / KEY_FILE, data / KEY_FILE)


def _write_once(path: Path, text: str) -> None:
    """Write a private file whole, leaving the first one alone if two programs start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="ascii")
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
