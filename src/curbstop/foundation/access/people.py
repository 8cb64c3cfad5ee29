"""Taking people on and letting them go: each is added by another, and never deleted because the trail names them."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, require_transaction, transaction


class PersonRefused(Exception):
    """The person was not added or changed."""


def person_called(username: str) -> User:
    """Return the person who signs in under this name, as a command's `--as USER` means it.

    :raises PersonRefused: if there is nobody of that name, or the person was let go
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise PersonRefused(f"There is nobody called {username} here.")
    return user


@transaction
def add_person(*, username: str, full_name: str, password: str, added_by: User, at: datetime) -> User:
    """Add somebody who may sign in and holds no role yet.

    :raises PersonRefused: if the name is taken or cannot be used, or the password is too weak
    """
    return new_person(username=username, full_name=full_name, password=password, added_by=added_by, at=at)


def new_person(*, username: str, full_name: str, password: str, added_by: User | None, at: datetime) -> User:
    """Write a new person and tell the trail, inside an operation; only the installation itself adds without a person.

    :raises PersonRefused: if the name is taken or cannot be used, or the password is too weak
    """
    require_transaction()
    first_name, _, last_name = full_name.strip().rpartition(" ")
    user = User(username=username, first_name=first_name or last_name, last_name=last_name if first_name else "")
    _check_password(password, user)
    user.set_password(password)
    try:
        user.clean_fields(exclude=["date_joined"])
    except ValidationError as problem:
        raise PersonRefused(" ".join(problem.messages)) from problem
    user.date_joined = at
    with refused_by("foundation_user_username_key", PersonRefused(f"There is already somebody called {username}.")):
        user.save(force_insert=True)
    audit.record(actor=added_by, event="foundation.person.added", subject=user, at=at)
    return user


@transaction
def set_password(*, user: User, password: str, set_by: User, at: datetime) -> None:
    """Give a person a new password; sessions that the old one opened end.

    :raises PersonRefused: if it is too weak
    """
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(actor=set_by, event="foundation.password.set", subject=user, at=at)


@transaction
def let_go(*, user: User, let_go_by: User, at: datetime) -> None:
    """Close the door to a person who left: they cannot sign in and may do nothing, from the next request on.

    :raises PersonRefused: if it is oneself
    """
    if user.pk == let_go_by.pk:
        raise PersonRefused("Nobody can lock oneself out. Ask another administrator.")
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(actor=let_go_by, event="foundation.person.let_go", subject=user, at=at)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise PersonRefused(" ".join(problem.messages)) from problem
