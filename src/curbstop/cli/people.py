"""Who a command acts as: `--as ana` is somebody who signs in here, and may do what ana may do on a page."""

from typing import Annotated, Any

import typer

from curbstop.cli.answers import refuse

Person = Annotated[str, typer.Option("--as", help="Who does this: a user name.")]


def named(username: str) -> Any:
    """Return the person of a user name, or refuse where there is none."""
    from curbstop.foundation.access.people import PersonRefused, person_called

    try:
        return person_called(username)
    except PersonRefused as nobody:
        refuse(nobody)


def acting(username: str, permission: Any) -> Any:
    """Return the person of a user name, or refuse where there is none or the permission is lacking."""
    user = named(username)
    if not user.may(permission):
        refuse(f"{username} may not do this: {permission.sentence}.")
    return user
