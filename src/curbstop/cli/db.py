"""`curbstop db`: the embedded server, or the one that DATABASE_URL names."""

from typing import Annotated, Any

import typer

from curbstop.cli.answers import aside, refuse, say_json, screen, start_django

app = typer.Typer(no_args_is_help=True, help="Start, stop and describe the database.")
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def up() -> None:
    """Start the server, make the roles and bring the tables up to date; run it as often as you like."""
    place = _place()
    from curbstop.foundation.database.binaries import ServerRefused
    from curbstop.foundation.database.installation import bring_up

    try:
        with aside.status("PostgreSQL") as line:
            bring_up(place, tell=line.update)
    except ServerRefused as refusal:
        refuse(refusal)
    _describe(place, is_json=False)


@app.command()
def status(*, is_json: Json = False) -> None:
    """Tell where the database is and whether it answers; exit code 1 if it does not."""
    if not _describe(_place(), is_json=is_json):
        raise typer.Exit(1)


@app.command()
def stop() -> None:
    """Stop the embedded server."""
    place = _place()
    if place.cluster is None:
        refuse("DATABASE_URL names a server that Curbstop does not run; it is left alone.")
    screen.print("Stopped." if place.cluster.stop() else "It was not running.")


@app.command()
def remove(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Stop the embedded server of a demo or of tests and delete everything in it."""
    place = _place()
    from django.conf import settings

    if place.cluster is None or settings.IS_PRODUCTION:
        refuse("Only the embedded database of a demo or of tests is removed by a command.")
    if place.cluster.root.exists() and (yes or typer.confirm(f"Delete {place.cluster.root} and everything in it?")):
        place.cluster.remove()
        screen.print("Removed.")


@app.command()
def url() -> None:
    """Print the address for psql and other programs, logged in as app_batch."""
    place = _place()
    login = place.login("app_batch")
    from urllib.parse import quote, urlencode

    secret = f":{quote(login['PASSWORD'])}" if login["PASSWORD"] else ""
    query = urlencode({"host": login["HOST"], "port": login["PORT"], **login["OPTIONS"]})
    typer.echo(f"postgresql://{login['USER']}{secret}@/{quote(login['NAME'])}?{query}")


def _place() -> Any:
    start_django()
    from django.conf import settings

    return settings.DATABASE_ADDRESS


def _describe(place: Any, *, is_json: bool) -> bool:
    from curbstop.foundation.database.installation import status_of

    found = status_of(place)
    if is_json:
        say_json(
            {
                "embedded": found.is_embedded,
                "ready": found.is_ready,
                "place": found.place,
                "version": found.version,
            }
        )
    else:
        kind = "Embedded PostgreSQL" if found.is_embedded else "PostgreSQL at DATABASE_URL"
        state = f"{found.version} answers" if found.is_ready else "does not answer"
        screen.print(f"{kind} {state}: {found.place}")
    return found.is_ready
