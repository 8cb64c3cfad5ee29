"""Events: written with what they tell, or not at all."""

import pytest
from django.db import IntegrityError

from curbstop.foundation import audit
from curbstop.foundation.access.acting import acting
from curbstop.foundation.audit.models import AuditEvent
from curbstop.foundation.database.transactions import transaction
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


class TestRecord:
    def test_names_the_subject_as_room_model_and_number(self, person):
        admin = person("admin")
        with acting(actor_id=admin.pk, request_id="abc"), transaction():
            event = audit.record(actor=admin, event="foundation.role.granted", subject=admin, at=NOON)
        assert (event.subject, event.request_id) == (f"foundation.user:{admin.pk}", "abc")

    def test_goes_with_what_it_tells(self):
        with pytest.raises(ZeroDivisionError), transaction():
            audit.record(actor=None, event="ledger.day.opened", subject="ledger.businessday:1", at=NOON)
            raise ZeroDivisionError
        assert not AuditEvent.objects.exists()

    def test_refuses_outside_a_transaction(self):
        with pytest.raises(RuntimeError, match="part of an operation"):
            audit.record(actor=None, event="ledger.day.opened", subject="ledger.businessday:1", at=NOON)
        assert not AuditEvent.objects.exists()


class TestAuditEvent:
    @pytest.mark.parametrize(
        "statement",
        [
            "update foundation_auditevent set event = 'x'",
            "delete from foundation_auditevent",
            "truncate foundation_auditevent",
        ],
    )
    @pytest.mark.parametrize("role", ["app_staff", "app_batch", "curbstop_owner", "postgres"])
    def test_cannot_be_changed_by_anybody(self, connect_as, statement, role):
        with connect_as(role) as connection, pytest.raises(Exception, match=r"refused|permission denied"):
            connection.execute(statement)

    def test_is_refused_by_name(self, connect_as):
        with connect_as("curbstop_owner") as connection, pytest.raises(Exception, match="written once") as refusal:
            connection.execute("delete from foundation_auditevent")
        assert refusal.value.diag.constraint_name == "foundation_auditevent_append_only"

    def test_needs_an_event(self):
        with pytest.raises(IntegrityError), transaction():
            AuditEvent.objects.create(at=NOON, event=None, subject="x")
