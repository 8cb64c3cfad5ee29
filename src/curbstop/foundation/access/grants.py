"""Giving and taking roles, each time by somebody else than the person who holds them."""

from datetime import datetime

from curbstop.foundation import audit
from curbstop.foundation.access.models import RoleGrant, User
from curbstop.foundation.access.people import new_person
from curbstop.foundation.access.roles import Role
from curbstop.foundation.database.transactions import refused_by, transaction


class GrantRefused(Exception):
    """The role was not given or taken."""


@transaction
def install_first_administrator(*, username: str, full_name: str, password: str, at: datetime) -> User:
    """Add the first administrator, once in the life of an installation; everybody after gets roles from a person.

    :raises GrantRefused: if there already is or was a first administrator
    :raises PersonRefused: if the name is taken or cannot be used, or the password is too weak
    """
    user = new_person(username=username, full_name=full_name, password=password, added_by=None, at=at)
    refusal = GrantRefused("This installation already has its first administrator.")
    with refused_by("role_grant_one_first_administrator", refusal):
        _grant(user=user, role=Role.ADMIN, granted_by=None, at=at)
    return user


@transaction
def grant_role(*, user: User, role: Role, granted_by: User, at: datetime) -> RoleGrant:
    """Give a person a role from now on.

    :raises GrantRefused: if the person holds it already, or gives it to oneself
    """
    to_oneself = GrantRefused("Nobody can give a role to oneself. Ask another administrator.")
    held = GrantRefused(f"{user.get_username()} already holds the role {role.title}.")
    with refused_by("role_grant_not_to_oneself", to_oneself), refused_by("role_grant_held_once", held):
        return _grant(user=user, role=role, granted_by=granted_by, at=at)


@transaction
def revoke_role(*, user: User, role: Role, revoked_by: User, at: datetime) -> RoleGrant:
    """Take a role from a person; it ends with their next request.

    :raises GrantRefused: if the person does not hold it
    """
    grant = RoleGrant.objects.select_for_update().filter(user=user, role=role, revoked_at=None).first()
    if grant is None:
        raise GrantRefused(f"{user.get_username()} does not hold the role {role.title}.")
    grant.revoked_by = revoked_by
    grant.revoked_at = at
    grant.save(update_fields=["revoked_by", "revoked_at"])
    audit.record(actor=revoked_by, event="foundation.role.revoked", subject=user, at=at, detail={"role": role})
    return grant


def _grant(*, user: User, role: Role, granted_by: User | None, at: datetime) -> RoleGrant:
    grant = RoleGrant.objects.create(user=user, role=role, granted_by=granted_by, granted_at=at)
    audit.record(actor=granted_by, event="foundation.role.granted", subject=user, at=at, detail={"role": role})
    return grant
