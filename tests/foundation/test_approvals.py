"""The second pair of eyes: no name can be both maker and checker, whatever a program does."""

import psycopg
import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person, second_person
from curbstop.foundation.database.transactions import constraint_of, transaction


class RunRefused(Exception):
    """The run was not approved."""


@pytest.fixture
def runs(db):
    """Make a table that has the constraint, and return a function that inserts a maker and a checker."""
    with isolate_apps("curbstop.foundation"):

        class Run(models.Model):
            drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
            approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

            class Meta:
                app_label = "foundation"

    with connection.schema_editor(collect_sql=True) as editor:
        check = second_person(name="run_second_person").constraint_sql(Run, editor)
    with connection.cursor() as cursor:
        cursor.execute(f"create temporary table run (drafted_by_id bigint, approved_by_id bigint, {check})")

    def insert(maker, checker):
        with connection.cursor() as cursor:
            cursor.execute("insert into run values (%s, %s)", [maker, checker])

    return insert


class TestSecondPerson:
    def test_lets_another_person_approve_and_a_draft_wait(self, runs):
        runs(1, 2)
        runs(1, None)

    def test_refuses_the_maker_by_name(self, runs):
        with pytest.raises(Exception, match="run_second_person") as refusal, transaction():
            runs(1, 1)
        assert isinstance(refusal.value.__cause__, psycopg.errors.CheckViolation)
        assert constraint_of(refusal.value) == "run_second_person"


class TestRefuseSamePerson:
    def test_speaks_before_the_database_does(self, person):
        maker = person("maker")
        with pytest.raises(RunRefused, match="Somebody else"):
            refuse_same_person(maker, person("maker"), RunRefused("Somebody else must approve the run."))
        refuse_same_person(maker, person("checker"), RunRefused("Somebody else must approve the run."))
