"""A permission is a code, the sentence an administrator reads, and the roles that hold it.

Each room lists its own in `permissions.py` as `PERMISSIONS`; together they read as one table, and no floor is crossed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from curbstop.foundation.access.roles import Role


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that some roles may do: `Permission("cashiering.take_payment", "Take payments …", {Role.CASHIER})`."""

    code: str
    sentence: str
    roles: frozenset[Role]

    def __init__(self, code: str, sentence: str, roles: Iterable[Role]) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "sentence", sentence)
        object.__setattr__(self, "roles", frozenset(roles))

    def __str__(self) -> str:
        return self.code


@cache
def permissions() -> dict[str, Permission]:
    """Return every room's permissions by code.

    :raises ImproperlyConfigured: if two permissions share a code, or a code does not begin with its room
    """
    found: dict[str, Permission] = {}
    for room in apps.get_app_configs():
        if not room.name.startswith("curbstop.") or find_spec(f"{room.name}.permissions") is None:
            continue
        for permission in import_module(f"{room.name}.permissions").PERMISSIONS:
            if not permission.code.startswith(f"{room.label}."):
                message = f"The permission {permission.code} of {room.name} must begin with '{room.label}.'"
                raise ImproperlyConfigured(message)
            if permission.code in found:
                message = f"Two permissions have the code {permission.code}"
                raise ImproperlyConfigured(message)
            found[permission.code] = permission
    return found


def permissions_of(role: Role) -> tuple[Permission, ...]:
    """Return what one role may do, in the order of the codes."""
    held = (permission for permission in permissions().values() if role in permission.roles)
    return tuple(sorted(held, key=lambda permission: permission.code))
