"""A backup is a folder: the whole database at one instant, the secret, and what they are. A restore brings it back.

The same folder moves an installation to another machine, to a server of one's own, and over a major version of
PostgreSQL, because a dump is text that every newer version reads.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg

from curbstop.foundation.database import installation
from curbstop.foundation.database.addresses import Address
from curbstop.foundation.database.binaries import Binaries
from curbstop.foundation.database.places import KEY_FILE
from curbstop.foundation.database.roles import OWNER

DUMP, MANIFEST = "database.dump", "manifest.json"


class BackupRefused(Exception):
    """Nothing was copied; the message says why."""


class RestoreRefused(Exception):
    """Nothing was brought back; the message says why."""


def back_up(*, place: Address, folder: Path, data: Path, at: datetime) -> Path:
    """Write a backup into an empty folder and return its manifest; the office may go on working.

    :raises BackupRefused: if the folder holds something, or the database cannot be read
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty. Name a new folder for each backup.")
    dump = folder / DUMP
    _run(place, "pg_dump", "--format=custom", f"--role={OWNER}", f"--file={dump}", refused=BackupRefused)
    if (data / KEY_FILE).exists():
        shutil.copy2(data / KEY_FILE, folder / KEY_FILE)
    manifest = folder / MANIFEST
    contents = {"made_at": at.isoformat(), "sha256": _digest(dump), "format": 1}
    manifest.write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
    return manifest


def restore(*, place: Address, folder: Path, tell: Callable[[str], None]) -> None:
    """Bring a backup into an empty database; the caller begins a new epoch of seals, and proves it.

    :raises RestoreRefused: if the backup is damaged, or the database holds something
    """
    _check(folder)
    tell("Making an empty database")
    installation.make_empty(place)
    if _has_tables(place):
        raise RestoreRefused("This database is not empty. Restore into a new one; nothing was changed.")
    tell("Bringing the rows back")
    # Only what is ours: the rights on the server's own functions are set when the empty database is made.
    how = (
        "--schema=public",
        "--no-owner",
        "--no-comments",
        "--exit-on-error",
        "--single-transaction",
        f"--role={OWNER}",
    )
    _run(place, "pg_restore", *how, folder / DUMP, refused=RestoreRefused)
    tell("Bringing the tables up to date")
    installation.migrate(place)


def _check(folder: Path) -> None:
    if not (folder / MANIFEST).exists() or not (folder / DUMP).exists():
        raise RestoreRefused(f"{folder} holds no backup: {MANIFEST} and {DUMP} are expected there.")
    contents = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if contents.get("sha256") != _digest(folder / DUMP):
        raise RestoreRefused(f"{folder / DUMP} is damaged: it is not the file that its manifest describes.")


def _has_tables(place: Address) -> bool:
    with psycopg.connect(place.conninfo(), autocommit=True) as admin:
        found = admin.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    return found is not None


def _run(place: Address, program: str, *arguments: str | Path, refused: type[Exception]) -> None:
    binaries = place.cluster.binaries if place.cluster is not None else Binaries(Path(os.devnull))
    # The password goes by the environment: a command line can be read by every user of the machine.
    environment = {f"PG{name.upper()}": value for name, value in place.options}
    if place.admin_password:
        environment["PGPASSWORD"] = place.admin_password
    where = (f"--host={place.host}", f"--port={place.port}", f"--username={place.admin}", f"--dbname={place.name}")
    code, said = binaries.run(program, *where, *arguments, as_server=False, environment=environment)
    if code:
        raise refused(f"{program} failed: {said.strip()}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
