"""The people of the demo city: one for each job, with one password that only this installation knows."""

import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings

from curbstop.foundation.access.grants import grant_role, install_first_administrator
from curbstop.foundation.access.models import User
from curbstop.foundation.access.people import add_person
from curbstop.foundation.access.roles import Role

PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("cashier", "Dana Whitfield", Role.CASHIER),
    ("cashier2", "Luis Ortega", Role.CASHIER),
    ("rep", "Priya Raman", Role.REPRESENTATIVE),
    ("lead", "Marcus Bell", Role.LEAD),
    ("supervisor", "Ellen Strand", Role.SUPERVISOR),
    ("manager", "Theo Okafor", Role.MANAGER),
    ("auditor", "Grace Lindqvist", Role.AUDITOR),
    ("field", "Sam Petrov", Role.FIELD),
    ("taxclerk", "Nora Quintero", Role.TAX_CLERK),
    ("licenseclerk", "Joel Adeyemi", Role.LICENSE_CLERK),
)
ADMINISTRATOR = ("admin", "Iris Calloway")
WORDS = """
    amber anchor basil birch brook canal cedar clover comet copper coral delta ember fable fern glade harbor hazel heron
    juniper kettle lantern maple meadow mint orchard otter pebble pine plum quarry raven reed ridge river saddle sage
    slate sparrow spruce stone thistle timber tulip valley walnut willow winter wren
"""


class DemoRefused(Exception):
    """The demo was not made; the message says why."""


def password() -> str:
    """Return the demo's password, made on first use and kept in a private file of this installation.

    :raises DemoRefused: in production, where people get their own
    """
    if settings.IS_PRODUCTION:
        raise DemoRefused("The demo's people are never made in production. Use `curbstop user add`.")
    path = Path(settings.DATA) / "demo-password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("-".join(secrets.choice(WORDS.split()) for _ in range(4)), encoding="ascii")
    return path.read_text(encoding="ascii")


def make_people(at: datetime) -> dict[str, User]:
    """Make everybody of the demo city and give each their role; return them by the name they sign in with."""
    word = password()
    username, full_name = ADMINISTRATOR
    admin = install_first_administrator(username=username, full_name=full_name, password=word, at=at)
    people = {username: admin}
    for username, full_name, role in PEOPLE:
        person = add_person(username=username, full_name=full_name, password=word, added_by=admin, at=at)
        grant_role(user=person, role=role, granted_by=admin, at=at)
        people[username] = person
    return people
