"""Roles: given and taken by somebody else, effective with the next request, and never forgotten."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from curbstop.foundation.access.grants import GrantRefused, grant_role, install_first_administrator, revoke_role
from curbstop.foundation.access.models import RoleGrant, User
from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role
from curbstop.foundation.audit.models import AuditEvent
from curbstop.foundation.database.transactions import transaction
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

TAKE_PAYMENT = Permission("cashiering.take_payment", "Take payments", {Role.CASHIER, Role.SUPERVISOR})


@pytest.fixture
def trail():
    """Return a function that counts grants and events, to show that a refusal changed nothing."""
    return lambda: (RoleGrant.objects.count(), AuditEvent.objects.count())


class TestGrantRole:
    def test_gives_a_role_and_tells_the_trail(self, person):
        admin, cashier = person("admin", Role.ADMIN), person("cashier")
        grant_role(user=cashier, role=Role.CASHIER, granted_by=admin, at=NOON)
        assert User.objects.get(pk=cashier.pk).may(TAKE_PAYMENT)
        event = AuditEvent.objects.get(event="foundation.role.granted")
        assert (event.actor, event.subject) == (admin, f"foundation.user:{cashier.pk}")
        assert event.detail == {"role": "cashier"}

    def test_refuses_to_give_oneself(self, person, trail):
        admin = person("admin", Role.ADMIN)
        before = trail()
        with pytest.raises(GrantRefused, match="Nobody can give a role to oneself"):
            grant_role(user=admin, role=Role.CASHIER, granted_by=admin, at=NOON)
        assert trail() == before

    def test_refuses_to_give_twice(self, person, trail):
        admin, cashier = person("admin", Role.ADMIN), person("cashier", Role.CASHIER)
        before = trail()
        with pytest.raises(GrantRefused, match="cashier already holds the role Cashier"):
            grant_role(user=cashier, role=Role.CASHIER, granted_by=admin, at=NOON)
        assert trail() == before

    def test_is_refused_by_the_database_itself(self, person, trail):
        admin = person("admin", Role.ADMIN)
        before = trail()
        with pytest.raises(IntegrityError, match="role_grant_not_to_oneself"), transaction():
            RoleGrant.objects.create(user=admin, role=Role.CASHIER, granted_by=admin, granted_at=NOON)
        with pytest.raises(IntegrityError, match="role_grant_first_is_admin"), transaction():
            RoleGrant.objects.create(user=admin, role=Role.CASHIER, granted_by=None, granted_at=NOON)
        with pytest.raises(IntegrityError, match="role_grant_known_role"), transaction():
            RoleGrant.objects.create(user=person("cashier"), role="king", granted_by=admin, granted_at=NOON)
        assert trail() == before


class TestInstallFirstAdministrator:
    def test_happens_once(self, trail):
        first = {"full_name": "Ada Admin", "password": "correct horse battery", "at": NOON}
        assert install_first_administrator(username="admin", **first).roles == {Role.ADMIN}
        before = trail()
        with pytest.raises(GrantRefused, match="already has its first administrator"):
            install_first_administrator(username="other", **first)
        assert trail() == before
        assert User.objects.count() == 1


class TestRevokeRole:
    def test_ends_with_the_next_request_and_keeps_the_past(self, person):
        admin, cashier = person("admin", Role.ADMIN), person("cashier", Role.CASHIER)
        revoke_role(user=cashier, role=Role.CASHIER, revoked_by=admin, at=NOON + timedelta(hours=1))
        assert not User.objects.get(pk=cashier.pk).may(TAKE_PAYMENT)
        assert cashier.role_grants.get().revoked_by == admin
        grant_role(user=cashier, role=Role.CASHIER, granted_by=admin, at=NOON + timedelta(hours=2))
        assert User.objects.get(pk=cashier.pk).may(TAKE_PAYMENT)

    def test_is_the_only_end_of_a_grant(self, person, trail):
        person("cashier", Role.CASHIER)
        before = trail()
        with pytest.raises(IntegrityError, match="never deleted"), transaction():
            RoleGrant.objects.all().delete()
        assert trail() == before

    def test_refuses_what_is_not_held(self, person, trail):
        admin, cashier = person("admin", Role.ADMIN), person("cashier")
        before = trail()
        with pytest.raises(GrantRefused, match="does not hold the role Cashier"):
            revoke_role(user=cashier, role=Role.CASHIER, revoked_by=admin, at=NOON)
        assert trail() == before


class TestMay:
    def test_asks_the_roles_and_nothing_else(self, person):
        assert person("supervisor", Role.SUPERVISOR).may(TAKE_PAYMENT)
        assert not person("auditor", Role.AUDITOR).may(TAKE_PAYMENT)

    def test_ignores_the_superuser_flag(self, person):
        root = person("root")
        root.is_superuser = root.is_staff = True
        assert not root.may(TAKE_PAYMENT)

    def test_is_no_for_whoever_left(self, person):
        cashier = person("cashier", Role.CASHIER)
        cashier.is_active = False
        assert not cashier.may(TAKE_PAYMENT)

    def test_asks_the_database_once(self, person, django_assert_num_queries):
        cashier = person("cashier", Role.CASHIER)
        with django_assert_num_queries(1):
            assert cashier.may(TAKE_PAYMENT)
            assert cashier.may(TAKE_PAYMENT)
