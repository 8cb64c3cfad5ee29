"""Every page asked for by everybody: strangers sign in, who lacks the right is told, no form comes from elsewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from curbstop.foundation.access.roles import Role

pytestmark = pytest.mark.django_db
SAMPLES = {
    "IntConverter": "1",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
    "StringConverter": "x",
    "SlugConverter": "x",
    "PathConverter": "x",
}


def guarded(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return the address and the permission of every page that needs one."""
    for pattern in patterns:
        route = str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            kind = type(converter).__name__
            word = {"IntConverter": "int", "UUIDConverter": "uuid", "SlugConverter": "slug"}.get(kind, "str")
            route = route.replace(f"<{word}:{name}>", SAMPLES[kind]).replace(f"<{name}>", SAMPLES[kind])
        if hasattr(pattern, "url_patterns"):
            yield from guarded(pattern.url_patterns, prefix + route)
        elif permission := getattr(pattern.callback, "required_permission", None):
            yield f"/{prefix}{route}", permission


PAGES = dict(guarded(get_resolver().url_patterns))


class TestEveryPage:
    def test_is_among_those_asked_for(self) -> None:
        assert len(PAGES) > 30
        assert not [address for address in PAGES if "<" in address]

    @pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
    def test_sends_a_stranger_to_sign_in(self, client: Client, method: str) -> None:
        answers = {address: getattr(client, method)(address) for address in PAGES}

        # A page that takes only POST may say so before it asks who is there.
        let_in = {at: each.status_code for at, each in answers.items() if each.status_code not in {302, 405}}
        assert let_in == {}
        assert {each["Location"].split("?")[0] for each in answers.values() if each.status_code == 302} == {"/sign-in/"}

    @pytest.mark.parametrize("role", list(Role))
    def test_is_closed_to_who_lacks_its_right(self, client: Client, users: dict[Role, Any], role: Role) -> None:
        client.force_login(users[role])

        for method in (client.get, client.post):
            let_in = {
                address: answer.status_code
                for address, permission in PAGES.items()
                if role not in permission.roles
                if (answer := method(address)).status_code not in {403, 405}
            }
            assert let_in == {}

    def test_takes_no_form_from_elsewhere(self, users: dict[Role, Any]) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(users[Role.SUPERVISOR])

        taken = {
            address: answer.status_code for address in PAGES if (answer := client.post(address)).status_code != 403
        }
        assert taken == {}
