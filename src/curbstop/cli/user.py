"""`curbstop user`: add people, give and take roles, from the machine that Curbstop runs on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from typing import Annotated

import typer
from django.utils import timezone

from curbstop.cli.answers import need_database, refuse, say_json, screen

app = typer.Typer(no_args_is_help=True, help="Make people and give them roles.")
Username = Annotated[str, typer.Argument(metavar="USERNAME", help="The name that the person signs in with.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="A role of the office, such as cashier.")]
Person = Annotated[str, typer.Option("--as", metavar="USER", help="Who does it.")]
FullName = Annotated[str, typer.Option("--name", help="First and last name.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def install(username: Username, *, name: FullName) -> None:
    """Make the first administrator, once; everybody after is added and given roles by a person."""
    with _refusals():
        from curbstop.foundation.access.grants import install_first_administrator

        install_first_administrator(username=username, full_name=name, password=_password(), at=timezone.now())
    screen.print(f"{username} is the first administrator.", markup=False)


@app.command()
def add(username: Username, *, name: FullName, person: Person) -> None:
    """Add a person, who can sign in and holds no role yet."""
    with _refusals():
        from curbstop.foundation.access.people import add_person, person_called

        added_by = person_called(person)
        add_person(username=username, full_name=name, password=_password(), added_by=added_by, at=timezone.now())
    screen.print(f"{username} can sign in.", markup=False)


@app.command()
def grant(username: Username, role: RoleName, *, person: Person) -> None:
    """Give a person a role; nobody gives one to oneself."""
    with _refusals():
        from curbstop.foundation.access.grants import grant_role
        from curbstop.foundation.access.people import person_called
        from curbstop.foundation.access.roles import Role

        given_by = person_called(person)
        grant_role(user=person_called(username), role=Role(role), granted_by=given_by, at=timezone.now())
    screen.print(f"{username} holds the role {role}.", markup=False)


@app.command()
def revoke(username: Username, role: RoleName, *, person: Person) -> None:
    """Take a role from a person, from the next request on."""
    with _refusals():
        from curbstop.foundation.access.grants import revoke_role
        from curbstop.foundation.access.people import person_called
        from curbstop.foundation.access.roles import Role

        taken_by = person_called(person)
        revoke_role(user=person_called(username), role=Role(role), revoked_by=taken_by, at=timezone.now())
    screen.print(f"{username} holds the role {role} no longer.", markup=False)


@app.command()
def roles(*, is_json: Json = False) -> None:
    """Show what each role may do, gathered from all rooms."""
    with _refusals():
        from curbstop.foundation.access.permissions import permissions_of
        from curbstop.foundation.access.roles import Role

        held = {role.value: {each.code: each.sentence for each in permissions_of(role)} for role in Role}
    if is_json:
        say_json(held)
        return
    for role, sentences in held.items():
        screen.print(role, style="bold")
        for sentence in sentences.values():
            screen.print(f"  {sentence}", markup=False)


@contextmanager
def _refusals() -> Iterator[None]:
    """Say why not and end with exit code 1 when the office's rules refuse."""
    need_database()
    from curbstop.foundation.access.grants import GrantRefused
    from curbstop.foundation.access.people import PersonRefused

    try:
        yield
    except (GrantRefused, PersonRefused, ValueError) as refusal:
        refuse(refusal)


def _password() -> str:
    """Return the password from a terminal, from CURBSTOP_PASSWORD, or from the first line of standard input.

    It is never an argument: arguments can be read by everybody on the machine.
    """
    if given := os.environ.get("CURBSTOP_PASSWORD"):
        return given
    return getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
