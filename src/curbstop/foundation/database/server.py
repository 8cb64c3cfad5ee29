"""The embedded PostgreSQL: started, restarted after a crash, upgraded and stopped by the program.

It listens on a Unix socket only. Whoever runs the program is recognised by the kernel (peer), so that
no password lies in a file; see docs/adr/0002. The kernel and the socket say whether the server is
up, never a pid file.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from curbstop.foundation.database.binaries import Binaries, ServerRefused, is_open_to_others

STATE_FOLDER = Path("/var/lib/curbstop")
SUPERUSER = "postgres"
LONGEST_SOCKET_FOLDER = 80  # a Unix socket's path may have 107 bytes, its name takes 20 of them
SECONDS_TO_START = 300

# For tests only: the data of a throw-away cluster need not outlive a power loss.
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
}


def cluster_folder(data: Path, name: str = "postgres") -> Path:
    """Return where the cluster of a data folder lives.

    Root's clone may lie in a folder that the server user cannot enter. Its cluster then goes to a
    folder of its own under the system's state directory, named after the clone.
    """
    folder = data / name
    if os.geteuid() == 0 and not is_open_to_others(data.resolve()):
        clone = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        return STATE_FOLDER / clone
    return folder


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL cluster in a folder of ours: its data, its log and its socket."""

    root: Path
    port: int | None = None
    """TCP on 127.0.0.1, only when asked for."""
    is_throw_away: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Return PostgreSQL's own data folder."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.root / "log"

    @property
    def socket_folder(self) -> Path:
        """Return the folder of the Unix socket, a short one where the path would be too long."""
        beside = self.root / "run"
        if len(str(beside)) <= LONGEST_SOCKET_FOLDER:
            return beside
        name = hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"curbstop-{os.geteuid()}-{name}"

    @property
    def socket_port(self) -> int:
        """Return the number that is part of the socket's name."""
        return self.port or 5432

    @property
    def binaries(self) -> Binaries:
        """Return the programs that this cluster runs."""
        return Binaries(self.root)

    def uri(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """Return the address of a database in this cluster for libpq."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_folder), safe='')}&port={self.socket_port}"

    def is_ready(self) -> bool:
        """Ask the socket whether the server answers."""
        if not self.socket_folder.exists():
            return False
        where = ("-h", self.socket_folder, "-p", str(self.socket_port))
        return self.binaries.run("pg_isready", "-q", *where, as_server=False)[0] == 0

    def start(self) -> str:
        """Start the server unless it runs, making or repairing what is missing, and return its address.

        :raises ServerRefused: if it cannot start, or its data is of another major version
        """
        with self._locked():
            self._make_folders()
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster()
            self._refuse_another_major_version()
            if self.is_ready() and self._runs_older_programs():
                self._stop("fast")
            if not self.is_ready():
                self._remove_stale_pid_file()
                self._write_access_rules()
                self._launch()
        return self.uri()

    def stop(self, mode: str = "fast") -> bool:
        """Stop the server and tell whether it ran."""
        if not self.data.exists():
            return False
        with self._locked():
            return self._stop(mode)

    def remove(self) -> None:
        """Stop the server and delete its data: for demos and tests."""
        self.stop("immediate")
        shutil.rmtree(self.root)
        if self.socket_folder.exists():
            shutil.rmtree(self.socket_folder)

    def _stop(self, mode: str) -> bool:
        code, said = self.binaries.run("pg_ctl", "-D", self.data, "-w", "-t", "120", "-m", mode, "stop")
        if code and self.is_ready():
            raise ServerRefused(f"PostgreSQL did not stop: {said}")
        return code == 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one program at a time start, stop or repair this cluster."""
        self.root.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self.root.chmod(0o711)
        with (self.root / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_folders(self) -> None:
        for folder in (self.data, self.socket_folder):
            folder.mkdir(exist_ok=True, mode=0o700)
        self.log.touch()
        owner = self.binaries.run_as()
        if not owner:
            return
        if not is_open_to_others(self.root.resolve()):
            raise ServerRefused(
                f"Running as root, the database server cannot enter {self.root}. Set CURBSTOP_DATA to "
                "a folder that other users may enter, such as /var/lib/curbstop/data."
            )
        for path in (self.data, self.socket_folder, self.log):
            if path.stat().st_uid != owner["user"]:
                os.chown(path, owner["user"], owner["group"])

    def _make_cluster(self) -> None:
        for leftover in self.data.iterdir():  # an initdb that was interrupted
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        code, said = self.binaries.run(
            "initdb",
            *("-D", self.data, "-U", SUPERUSER, "--encoding=UTF8"),
            # Sorting must not depend on the machine's C library: names sort by a column of ours.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
            *("--auth-local=peer", "--auth-host=scram-sha-256", "--data-checksums"),
            *(["--no-sync"] if self.is_throw_away else []),
        )
        if code:
            raise ServerRefused(f"The database could not be made: {said}")

    def _refuse_another_major_version(self) -> None:
        found = int((self.data / "PG_VERSION").read_text().split(".")[0])
        installed = self.binaries.major_version()
        if found != installed:
            raise ServerRefused(
                f"The data in {self.data} was written by PostgreSQL {found}; PostgreSQL {installed} is installed. "
                f"With the Curbstop release that ran it last, run `curbstop backup FOLDER`; then move {self.root} "
                "aside and run `curbstop restore FOLDER` with this release. Nothing was changed."
            )

    def _runs_older_programs(self) -> bool:
        """Tell whether the server was started before a minor upgrade: a restart is all it takes."""
        with psycopg.connect(self.uri(), autocommit=True) as connection:
            running = connection.info.parameter_status("server_version") or ""
        return running.split()[0] != self.binaries.version()

    def _write_access_rules(self) -> None:
        """Let the person who runs the program log in as any role, and nobody else without a password."""
        person = pwd.getpwuid(os.geteuid()).pw_name
        rules = [
            "local all all peer map=curbstop",
            "host all all 127.0.0.1/32 scram-sha-256",
            "host all all ::1/128 scram-sha-256",
            "local replication all peer map=curbstop",
        ]
        _write(self.data / "pg_hba.conf", rules)
        _write(self.data / "pg_ident.conf", [f'curbstop "{person}" all'])

    def _launch(self) -> None:
        is_root = os.geteuid() == 0
        if is_root:  # the person is root, the socket's owner is the server user
            self.socket_folder.chmod(0o711)
        settings = {
            "listen_addresses": "127.0.0.1" if self.port else "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0777" if is_root else "0700",
            "port": str(self.socket_port),
            "timezone": "UTC",
            "max_connections": "100",
            **(THROW_AWAY if self.is_throw_away else {}),
            **self.settings,
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        wait = ("-w", "-t", str(SECONDS_TO_START))
        code, said = self.binaries.run("pg_ctl", "-D", self.data, *wait, "-l", self.log, "-o", options, "start")
        if code or not self._answers():
            raise ServerRefused(f"PostgreSQL did not start: {said}\n{self.last_words()}")

    def _answers(self) -> bool:
        """Wait for the socket: pg_ctl trusts the pid file, which may speak a moment too early."""
        for _ in range(100):
            if self.is_ready():
                return True
            time.sleep(0.05)
        return False

    def last_words(self) -> str:
        """Return the end of the server's log."""
        with suppress(OSError):
            return self.log.read_text(errors="replace")[-2000:]
        return ""

    def _remove_stale_pid_file(self) -> None:
        """Remove a pid file left by kill -9 or a power loss whose number now belongs to somebody else.

        Containers reuse low process ids, and PostgreSQL would take the stranger for itself.
        """
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().split()[0])
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            return  # no such file or process: PostgreSQL copes by itself
        if state != "Z" and str(self.data).encode() in arguments:
            return
        for _ in range(100):  # orphaned backends still write here: never race them
            if not self._has_backends():
                path.unlink(missing_ok=True)
                for leftover in self.socket_folder.glob(".s.PGSQL.*"):
                    leftover.unlink(missing_ok=True)
                return
            time.sleep(0.1)

    def _has_backends(self) -> bool:
        home = str(self.data.resolve())
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if str((process / "cwd").readlink()) == home:
                    return True
        return False


def _write(path: Path, lines: list[str]) -> None:
    """Replace a file's text and keep its owner and mode."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
