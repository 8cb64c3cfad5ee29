"""The embedded server starts, comes back after every kind of death, and lets nobody in who is not its person."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from curbstop.foundation.database.addresses import Address
from curbstop.foundation.database.binaries import ServerRefused
from curbstop.foundation.database.roles import make_roles
from curbstop.foundation.database.server import STATE_FOLDER, Cluster, cluster_folder

START = """
import sys
from pathlib import Path
from curbstop.foundation.database.server import Cluster
Cluster(Path(sys.argv[1]), is_throw_away=True).start()
"""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="curbstop-test-"))
    folder.chmod(0o755)
    made = Cluster(folder, is_throw_away=True)
    yield made
    made.stop("immediate")
    shutil.rmtree(folder)


def answer(cluster: Cluster, user: str = "postgres") -> str:
    with psycopg.connect(cluster.uri(user=user), autocommit=True) as connection:
        row = connection.execute("SELECT current_user::text").fetchone()
    assert row is not None
    return str(row[0])


def pid_of(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


class TestStart:
    def test_makes_a_cluster_and_answers(self, cluster: Cluster) -> None:
        cluster.start()

        assert answer(cluster) == "postgres"

    def test_leaves_a_running_server_alone(self, cluster: Cluster) -> None:
        cluster.start()
        before = pid_of(cluster)

        cluster.start()

        assert pid_of(cluster) == before

    def test_begins_again_after_an_interrupted_first_start(self, cluster: Cluster) -> None:
        cluster.data.mkdir(parents=True)
        (cluster.data / "half-made").mkdir()

        cluster.start()

        assert answer(cluster) == "postgres"

    def test_comes_back_after_kill_9_with_what_was_committed(self, cluster: Cluster) -> None:
        cluster.start()
        with psycopg.connect(cluster.uri(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS cents")
            connection.execute("CHECKPOINT")
        os.kill(pid_of(cluster), signal.SIGKILL)

        cluster.start()

        with psycopg.connect(cluster.uri()) as connection:
            assert connection.execute("SELECT cents FROM kept").fetchone() == (42,)

    def test_is_not_fooled_by_a_pid_file_that_names_a_stranger(self, cluster: Cluster) -> None:
        cluster.start()
        cluster.stop()
        stranger = subprocess.Popen(["sleep", "60"])
        (cluster.data / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster.data}\n1\n5432\n\n\n")

        cluster.start()

        assert answer(cluster) == "postgres"
        assert stranger.poll() is None, "the stranger was left alone"
        stranger.kill()
        stranger.wait()

    def test_makes_one_server_when_five_programs_start_at_once(self, cluster: Cluster) -> None:
        command = [sys.executable, "-c", START, str(cluster.root)]
        with ThreadPoolExecutor(5) as threads:
            ended = list(threads.map(lambda _: subprocess.run(command, check=False).returncode, range(5)))

        assert ended == [0] * 5
        assert answer(cluster) == "postgres"

    def test_refuses_data_of_another_major_version_and_leaves_it(self, cluster: Cluster) -> None:
        cluster.start()
        cluster.stop()
        (cluster.data / "PG_VERSION").write_text("17\n")

        with pytest.raises(ServerRefused, match="written by PostgreSQL 17"):
            cluster.start()

        assert (cluster.data / "global/pg_control").exists()


class TestStop:
    def test_tells_whether_the_server_ran(self, cluster: Cluster) -> None:
        cluster.start()

        assert cluster.stop() is True
        assert cluster.stop() is False
        assert not cluster.is_ready()


class TestLogin:
    def test_lets_the_person_who_runs_the_program_be_any_role(self, cluster: Cluster) -> None:
        cluster.start()
        with psycopg.connect(cluster.uri(), autocommit=True) as admin:
            admin.execute("CREATE ROLE app_staff LOGIN")

        assert answer(cluster, "app_staff") == "app_staff"

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_refuses_every_other_person_of_the_machine(self, cluster: Cluster) -> None:
        cluster.start()

        stranger = subprocess.run(
            [cluster.binaries.folder() / "psql", cluster.uri(), "-c", "SELECT 1"],
            user="nobody",
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )

        assert stranger.returncode != 0
        assert "Peer authentication failed" in stranger.stderr

    def test_asks_for_the_derived_password_over_tcp(self, cluster: Cluster, unused_port: int) -> None:
        listening = Cluster(cluster.root, port=unused_port, is_throw_away=True)
        listening.start()
        place = Address("postgres", "127.0.0.1", str(unused_port), "postgres", "", (), "a secret", None)
        with psycopg.connect(listening.uri(), autocommit=True) as admin:
            make_roles(admin, place)
        uri = f"postgresql://app_staff:{{}}@127.0.0.1:{unused_port}/postgres"

        with psycopg.connect(uri.format(place.password_of("app_staff"))) as connection:
            assert connection.info.user == "app_staff"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(uri.format("wrong"))
        listening.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs a server as somebody else")
class TestClusterFolder:
    def test_is_outside_a_folder_that_the_server_user_cannot_enter(self, tmp_path: Path) -> None:
        closed = tmp_path / "clone"
        closed.mkdir(mode=0o700)

        elsewhere = cluster_folder(closed / "var")

        assert elsewhere.parent == STATE_FOLDER
        made = Cluster(elsewhere, is_throw_away=True)
        made.start()
        assert answer(made) == "postgres"
        made.stop("immediate")
        shutil.rmtree(elsewhere)

    def test_is_inside_the_clone_where_it_can(self, cluster: Cluster) -> None:
        assert cluster_folder(cluster.root) == cluster.root / "postgres"


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
