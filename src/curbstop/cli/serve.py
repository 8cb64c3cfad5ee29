"""`curbstop serve`: the web application, a worker and the sealer, kept alive by one command."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from curbstop.cli.answers import aside, refuse, start_django
from curbstop.cli.children import Child, Family

if TYPE_CHECKING:
    from curbstop.foundation.database.addresses import Address
    from curbstop.foundation.database.server import Cluster

app = typer.Typer(help="Run the web application, a worker and the sealer.")


@app.command()
def serve(
    *,
    port: Annotated[int, typer.Option(help="Where the web application answers.")] = 8000,
    host: Annotated[str, typer.Option(help="Loopback unless a proxy with TLS stands before it.")] = "127.0.0.1",
    processes: Annotated[int, typer.Option(help="Web processes; 0: one more than there are cores.")] = 0,
) -> None:
    """Bring the database up and serve until told to stop (SIGTERM or Ctrl-C)."""
    start_django()
    started_here = _bring_up()
    _collect_static_files()
    aside.print(f"Curbstop answers on http://{host}:{port} (stop with Ctrl-C).")
    Family([_web(host, port, processes), _worker(), _sealer()]).run()
    if started_here is not None:
        started_here.stop()


def _bring_up() -> "Cluster | None":
    """Bring the database up and return the embedded server if that started it."""
    from django.conf import settings

    from curbstop.foundation.database.binaries import ServerRefused
    from curbstop.foundation.database.installation import bring_up, status_of

    place: Address = settings.DATABASE_ADDRESS
    ran_before = status_of(place).is_ready
    try:
        bring_up(place)
    except ServerRefused as refusal:
        refuse(refusal)
    return None if ran_before else place.cluster


def _collect_static_files() -> None:
    """Put every page's static files, under names that carry their hash, where whitenoise serves them."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


def _web(host: str, port: int, processes: int) -> Child:
    """Return gunicorn with sync workers, each with a small pool of connections as app_staff."""
    count = processes or (os.cpu_count() or 1) + 1
    command = [sys.executable, "-m", "gunicorn", "curbstop.config.wsgi:application"]
    command += ["--bind", f"{host}:{port}", "--workers", str(count), "--worker-class", "sync"]
    # Workers are replaced now and then, so that a slow leak never becomes an outage.
    command += ["--max-requests", "5000", "--max-requests-jitter", "500", "--timeout", "60", "--graceful-timeout", "15"]
    command += ["--log-level", "warning", "--no-control-socket"]
    return Child("The web application", command, {"CURBSTOP_DB_ROLE": "app_staff", "CURBSTOP_DB_POOL": "1"})


def _worker() -> Child:
    return Child("The worker", [sys.executable, "-m", "curbstop", "work"], {"CURBSTOP_DB_ROLE": "app_batch"})


def _sealer() -> Child:
    return Child("The sealer", [sys.executable, "-m", "curbstop", "work", "seal"], {"CURBSTOP_DB_ROLE": "app_batch"})
