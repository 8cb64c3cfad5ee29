"""An operation is one transaction; its refusals carry names."""

import pytest
from django.db import IntegrityError, connection

from curbstop.foundation.database.transactions import refused_by, require_transaction, transaction
from curbstop.foundation.numbering import NumberSeries


class SeriesRefused(Exception):
    """The series was not begun."""


def begin_series(code: str, last_number: int = 1) -> None:
    NumberSeries.objects.create(code=code, last_number=last_number)


@pytest.mark.django_db(transaction=True)
class TestTransaction:
    def test_commits_what_the_operation_wrote(self) -> None:
        transaction(begin_series)("receipts")

        assert NumberSeries.objects.count() == 1

    def test_undoes_everything_when_the_operation_raises(self) -> None:
        with pytest.raises(SeriesRefused), transaction():
            begin_series("receipts")
            raise SeriesRefused

        assert NumberSeries.objects.count() == 0

    def test_refuses_to_run_inside_another(self) -> None:
        with pytest.raises(RuntimeError), transaction(), transaction():
            begin_series("receipts")

        assert NumberSeries.objects.count() == 0

    def test_tries_again_after_a_deadlock(self) -> None:
        attempts = []

        @transaction
        def unlucky() -> str:
            attempts.append(len(attempts))
            if len(attempts) < 3:
                with connection.cursor() as cursor:
                    cursor.execute("DO $$ BEGIN RAISE EXCEPTION USING errcode = '40P01'; END $$")
            return "done"

        assert unlucky() == "done"
        assert attempts == [0, 1, 2]

    def test_turns_a_named_constraint_into_the_exception_of_the_operation(self) -> None:
        @transaction(refusals={"number_series_counts_from_one": lambda: SeriesRefused("from one")})
        def wrong() -> None:
            begin_series("receipts", last_number=0)

        with pytest.raises(SeriesRefused, match="from one"):
            wrong()

        assert NumberSeries.objects.count() == 0


@pytest.mark.django_db
class TestRefusedBy:
    def test_names_what_did_not_happen(self) -> None:
        with (
            pytest.raises(SeriesRefused),
            transaction(),
            refused_by("number_series_counts_from_one", SeriesRefused()),
        ):
            begin_series("receipts", last_number=0)

        assert NumberSeries.objects.count() == 0

    def test_leaves_another_constraint_alone(self) -> None:
        with pytest.raises(IntegrityError), transaction(), refused_by("another", SeriesRefused()):
            begin_series("receipts", last_number=0)


@pytest.mark.django_db
class TestRequireTransaction:
    def test_refuses_outside_an_operation(self) -> None:
        with pytest.raises(RuntimeError):
            require_transaction()

    def test_accepts_an_operation(self) -> None:
        with transaction():
            require_transaction()
