"""Row changes: the database writes them down itself, whoever changes a row and however."""

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection

from curbstop.foundation.access.acting import acting
from curbstop.foundation.access.models import RoleGrant, User
from curbstop.foundation.access.roles import Role
from curbstop.foundation.audit import proofs
from curbstop.foundation.audit.models import RowChange
from curbstop.foundation.audit.watching import tables_with_trigger, watch_tables, watched_tables
from curbstop.foundation.database.roles import as_owner
from curbstop.foundation.database.transactions import transaction

pytestmark = pytest.mark.django_db


def changes(row):
    found = RowChange.objects.filter(table_name=row._meta.db_table, row_id=str(row.pk)).order_by("id")
    return [(each.operation, each.changes) for each in found]


class TestRowTrail:
    def test_keeps_what_was_before_and_after(self):
        user = User.objects.create(username="ana", first_name="Ana")
        User.objects.filter(pk=user.pk).update(first_name="Anna")
        made, changed = changes(user)
        assert (made[0], made[1]["first_name"]) == ("INSERT", "Ana")
        assert changed == ("UPDATE", {"first_name": ["Ana", "Anna"]})

    def test_names_who_acted_and_the_login(self):
        with acting(actor_id=42, request_id="abc"), transaction():
            User.objects.create(username="ana")
        change = RowChange.objects.get(table_name="foundation_user")
        assert (change.actor, change.request_id, change.login) == ("42", "abc", "app_batch")

    def test_sees_bulk_and_raw_statements(self):
        User.objects.bulk_create([User(username="ana"), User(username="bo")])
        with connection.cursor() as cursor:
            cursor.execute("update foundation_user set last_name = 'Diaz'")
        operations = RowChange.objects.filter(table_name="foundation_user").values_list("operation", flat=True)
        assert sorted(operations) == ["INSERT", "INSERT", "UPDATE", "UPDATE"]

    def test_keeps_a_deleted_row_whole(self):
        user, group = User.objects.create(username="ana"), Group.objects.create(name="evening shift")
        user.groups.add(group)
        user.groups.clear()
        gone = RowChange.objects.get(table_name="foundation_user_groups", operation="DELETE")
        assert (gone.changes["user_id"], gone.changes["group_id"]) == (user.pk, group.pk)

    def test_is_silent_when_nothing_changed(self):
        user = User.objects.create(username="ana")
        user.save()
        assert [operation for operation, _ in changes(user)] == ["INSERT"]

    def test_never_holds_a_password(self):
        user = User.objects.create(username="ana", password="hash-one")
        user.password = "hash-two"
        user.save()
        made, changed = changes(user)
        assert "password" not in made[1]
        assert changed == ("UPDATE", {"password": "secret"})

    def test_keeps_the_text_of_any_customer(self):
        name = "O'Brien \\x41 \u202e {{7*7}} 李雷 🙂"
        assert changes(User.objects.create(username="ana", first_name=name))[0][1]["first_name"] == name

    @pytest.mark.parametrize("role", ["app_staff", "app_batch", "app_auditor"])
    def test_cannot_be_forged(self, connect_as, role):
        forged = "insert into foundation_rowchange (table_name, row_id, operation, changes, actor, login, request_id)"
        with connect_as(role) as login, pytest.raises(psycopg.Error):
            login.execute(forged + " values ('foundation_user', '1', 'UPDATE', '{}', '1', 'x', '')")

    @pytest.mark.parametrize("role", ["app_staff", "app_batch"])
    def test_cannot_be_switched_off(self, connect_as, role):
        for statement in (
            "alter table foundation_user disable trigger all",
            "drop trigger foundation_row_changes on foundation_user",
            "set session_replication_role = replica",
        ):
            with connect_as(role) as login, pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(statement)


class TestWatchTables:
    def test_watches_what_may_change_and_nothing_else(self):
        tables = {each.table for each in watched_tables()}
        assert {"foundation_user", "foundation_rolegrant"} <= tables
        assert not tables & {"foundation_numberseries", "foundation_idempotentrequest", "foundation_auditevent"}
        assert tables_with_trigger() == tables

    @pytest.mark.django_db(transaction=True)
    def test_stops_watching_a_model_that_opts_out(self, settings, monkeypatch):
        with monkeypatch.context() as patch, as_owner(settings.DATABASE_ADDRESS):
            patch.setattr(RoleGrant, "row_changes_recorded", False, raising=False)
            assert "foundation_rolegrant" not in watch_tables()
            assert "foundation_rolegrant" not in tables_with_trigger()
        with as_owner(settings.DATABASE_ADDRESS):
            assert "foundation_rolegrant" in watch_tables()
            assert "foundation_rolegrant" in tables_with_trigger()


class TestProofs:
    @pytest.mark.parametrize("proof", proofs.PROOFS, ids=lambda proof: proof.name)
    def test_hold_in_a_fresh_installation(self, proof):
        outcome = proof.check()
        assert outcome.checked >= 2
        assert outcome.failures == []

    def test_name_a_table_without_its_guard(self, connect_as):
        with connect_as("curbstop_owner") as owner:
            owner.execute("begin")
            owner.execute("alter table foundation_auditevent disable trigger user")
            owner.execute("alter table foundation_user disable trigger user")
            owner.execute("commit")
            try:
                assert proofs.append_only_tables_are_guarded().failures == [
                    "foundation_auditevent: nothing refuses to change its rows"
                ]
                assert proofs.row_changes_are_recorded().failures == ["foundation_user: its changes are not recorded"]
            finally:
                owner.execute("alter table foundation_auditevent enable trigger user")
                owner.execute("alter table foundation_user enable trigger user")

    def test_grants_are_watched_too(self, person):
        grant = person("cashier", Role.CASHIER).role_grants.get()
        assert changes(grant)[0][1]["role"] == "cashier"
