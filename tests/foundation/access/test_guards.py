"""Guards: strangers sign in, others are told what is missing, and each page says who may see it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse

from curbstop.foundation.access.guards import public, requires
from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

pytestmark = pytest.mark.django_db

CLOSE = Permission("cashiering.close_drawer", "Close an own drawer", {Role.CASHIER})


@requires(CLOSE)
def close_drawer(request, number):
    return HttpResponse(f"closed {number} by {request.user.username}")


@public
def sign_in(_request):
    return HttpResponse("welcome")


@pytest.fixture
def ask(rf):
    """Return a function that asks for the guarded page as somebody."""

    def ask_as(user, method="get", **headers):
        request = getattr(rf, method)("/drawers/7/close/?from=home", headers=headers)
        request.user = user
        return close_drawer(request, number="7")

    return ask_as


class TestRequires:
    def test_lets_the_right_person_in(self, ask, person):
        assert ask(person("cashier", Role.CASHIER)).content == b"closed 7 by cashier"

    def test_sends_a_stranger_to_the_sign_in_page_and_back(self, ask):
        answer = ask(AnonymousUser())
        assert answer.status_code == 302
        assert answer.url.endswith("?next=/drawers/7/close/%3Ffrom%3Dhome")

    def test_does_not_come_back_to_what_was_being_sent(self, ask):
        assert ask(AnonymousUser(), "post").url.endswith("?next=/")

    def test_makes_htmx_leave_the_page(self, ask):
        answer = ask(AnonymousUser(), **{"HX-Request": "true"})
        assert answer.status_code == 204
        assert "next=" in answer["HX-Redirect"]

    def test_tells_others_what_is_missing(self, ask, person):
        answer = ask(person("auditor", Role.AUDITOR))
        assert answer.status_code == 403
        assert "Close an own drawer" in answer.content.decode()

    def test_can_be_read_from_outside(self):
        assert close_drawer.required_permission is CLOSE
        assert close_drawer.__name__ == "close_drawer"


class TestPublic:
    def test_says_so(self, rf):
        assert sign_in.public
        assert sign_in(rf.get("/")).content == b"welcome"
