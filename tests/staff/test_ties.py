"""Employees say on the account page that an account is theirs; another says that this is over."""

import pytest
from django.test import Client

from curbstop.customers.models import StaffTie
from curbstop.foundation.access.roles import Role
from tests.billing.conftest import Town, people, town

__all__ = ["people", "town"]

pytestmark = pytest.mark.django_db


class TestTies:
    def test_are_declared_by_the_employee_and_ended_by_another(self, town: Town, client: Client) -> None:
        town.account()
        client.force_login(town.people["lead"])
        page = client.post("/accounts/100001/ties/", {"kind": "household"}, follow=True).content.decode()
        tie = StaffTie.objects.get()
        assert "of their household" in page
        assert client.post(f"/accounts/100001/ties/{tie.pk}/end/").status_code == 403

        client.force_login(town.people["manager"])
        client.post(f"/accounts/100001/ties/{tie.pk}/end/")

        tie.refresh_from_db()
        assert tie.ended_by == town.people["manager"]

    def test_are_not_ended_by_the_employee(self, town: Town, client: Client) -> None:
        town.account()
        client.force_login(town.people["manager"])
        client.post("/accounts/100001/ties/", {"kind": "own"})
        tie = StaffTie.objects.get()

        page = client.post(f"/accounts/100001/ties/{tie.pk}/end/", follow=True).content.decode()

        assert "for another to say" in page
        tie.refresh_from_db()
        assert tie.ended_at is None

    def test_are_of_three_kinds(self, town: Town, client: Client) -> None:
        town.account()
        client.force_login(town.people["manager"])

        client.post("/accounts/100001/ties/", {"kind": "friend"})

        assert StaffTie.objects.count() == 0

    def test_are_closed_to_an_auditor(self, town: Town, client: Client) -> None:
        town.account()
        client.force_login(town.people[Role.AUDITOR.value])

        assert client.post("/accounts/100001/ties/", {"kind": "own"}).status_code == 403
