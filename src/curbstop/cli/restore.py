"""`curbstop restore`: a backup into an empty database, and the proofs."""

from pathlib import Path
from typing import Annotated

import typer

from curbstop.cli.answers import aside, refuse, start_django

app = typer.Typer(help="Bring a backup back, and prove it.")


@app.command()
def restore(folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="What backup wrote.")]) -> None:
    """Bring a backup into an empty database, then recompute every promise; exit code 1 if one does not hold."""
    from curbstop.foundation.database.places import bring_secret_back, data_folder

    bring_secret_back(folder=folder, data=data_folder())  # before the settings make a new one
    start_django()
    from django.conf import settings

    from curbstop.cli.prove import prove
    from curbstop.foundation.database.archives import RestoreRefused
    from curbstop.foundation.database.archives import restore as bring_back
    from curbstop.foundation.database.binaries import ServerRefused

    try:
        with aside.status("Restoring") as line:
            bring_back(place=settings.DATABASE_ADDRESS, folder=folder.resolve(), tell=line.update)
            _begin_seal_epoch(f"restored from {folder.name}")
    except (RestoreRefused, ServerRefused) as refusal:
        refuse(refusal)
    prove(None)


def _begin_seal_epoch(reason: str) -> None:
    """Seal later entries apart: this server counts transactions anew, and they must not look older than sealed ones."""
    from django.conf import settings
    from django.db import connection

    from curbstop.foundation.database.roles import as_owner

    with as_owner(settings.DATABASE_ADDRESS), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_begin_seal_epoch(%s)", [reason])
