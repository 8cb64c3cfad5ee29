"""`curbstop backup`: the whole system into a folder, while the office works."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from curbstop.cli.answers import aside, need_database, refuse, screen

app = typer.Typer(help="Copy the whole system to a folder.")


@app.command()
def backup(folder: Annotated[Path, typer.Argument(help="A new folder, best on another disk.")]) -> None:
    """Copy the database at this instant, and the secret, into an empty folder."""
    need_database()
    from django.conf import settings

    from curbstop.foundation.database.archives import BackupRefused, back_up

    try:
        with aside.status("Copying the database"):
            manifest = back_up(
                place=settings.DATABASE_ADDRESS, folder=folder.resolve(), data=settings.DATA, at=datetime.now(UTC)
            )
    except BackupRefused as refusal:
        refuse(refusal)
    screen.print(f"Backed up: {manifest.parent}. Keep it as safe as the money: it holds every customer and the secret.")
