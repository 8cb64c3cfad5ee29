"""Permissions: each room's own table, read as one."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from curbstop.foundation.access import permissions as registry
from curbstop.foundation.access.permissions import Permission, permissions, permissions_of
from curbstop.foundation.access.roles import Role


@pytest.fixture
def room(monkeypatch):
    """Let one made-up room bring the given permissions."""

    def bring(*offered):
        config = SimpleNamespace(name="curbstop.ledger", label="ledger")
        monkeypatch.setattr(registry.apps, "get_app_configs", lambda: [config])
        monkeypatch.setattr(registry, "find_spec", lambda name: name)
        monkeypatch.setattr(registry, "import_module", lambda _: SimpleNamespace(PERMISSIONS=offered))
        permissions.cache_clear()

    yield bring
    permissions.cache_clear()


class TestPermissions:
    def test_reads_every_room(self):
        for code, permission in permissions().items():
            assert code == permission.code
            assert permission.roles, f"{code} is held by nobody"
            assert permission.sentence

    def test_refuses_two_with_one_code(self, room):
        room(Permission("ledger.post", "Post", {Role.MANAGER}), Permission("ledger.post", "Post", {Role.LEAD}))
        with pytest.raises(ImproperlyConfigured, match=r"Two permissions have the code ledger\.post"):
            permissions()

    def test_refuses_the_code_of_another_room(self, room):
        room(Permission("billing.release", "Release", {Role.MANAGER}))
        with pytest.raises(ImproperlyConfigured, match=r"must begin with 'ledger\.'"):
            permissions()

    def test_lists_what_a_role_may_do(self, room):
        post = Permission("ledger.post", "Post", {Role.MANAGER})
        close = Permission("ledger.close", "Close", {Role.MANAGER, Role.LEAD})
        room(post, close)
        assert permissions_of(Role.MANAGER) == (close, post)
        assert permissions_of(Role.LEAD) == (close,)
        assert permissions_of(Role.CASHIER) == ()


class TestRole:
    def test_reads_as_the_office_says_it(self):
        assert Role.TAX_CLERK.title == "Tax clerk"
