"""What plain SQL cannot do to roles, numbers and answers, although the tables are not written once altogether."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic

from curbstop.foundation.access.models import RoleGrant
from curbstop.foundation.access.roles import Role
from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.idempotency import IdempotentRequest, replayed, store_response
from curbstop.foundation.numbering import NumberSeries, next_number
from tests.refusals import refusing

pytestmark = pytest.mark.django_db


class TestRoleGrant:
    @pytest.mark.parametrize(
        "change",
        [
            "role = 'manager'",
            "user_id = granted_by_id, granted_by_id = user_id",
            "granted_at = granted_at - interval '1 year'",
        ],
    )
    def test_is_never_turned_into_another(self, person: Callable[..., Any], change: str) -> None:
        person("cashier", Role.CASHIER)
        before = list(RoleGrant.objects.values())

        assert refusing(f"update foundation_rolegrant set {change}") == "foundation_rolegrant_set_once"

        assert list(RoleGrant.objects.values()) == before

    def test_stays_revoked(self, person: Callable[..., Any]) -> None:
        person("cashier", Role.CASHIER)
        giver = person("installer")
        RoleGrant.objects.update(revoked_by=giver, revoked_at="2026-07-02T12:00Z")
        before = list(RoleGrant.objects.values())

        again = "update foundation_rolegrant set revoked_by_id = null, revoked_at = null"
        assert refusing(again) == "foundation_rolegrant_set_once"

        assert list(RoleGrant.objects.values()) == before


class TestNumberSeries:
    @pytest.mark.parametrize(
        "statement",
        [
            "update foundation_numberseries set last_number = 1",
            "update foundation_numberseries set last_number = last_number",
            "update foundation_numberseries set code = 'till 2', last_number = 9",
            "delete from foundation_numberseries",
        ],
    )
    def test_never_goes_back(self, statement: str) -> None:
        with transaction():
            assert [next_number("till 1") for _ in range(3)] == [1, 2, 3]

        assert refusing(statement) == "number_series_only_rises"

        assert list(NumberSeries.objects.values_list("code", "last_number")) == [("till 1", 3)]


class TestIdempotentRequest:
    @pytest.mark.parametrize(
        "statement",
        [
            "update foundation_idempotentrequest set response = '{}'",
            "update foundation_idempotentrequest set response = null",
            "update foundation_idempotentrequest set key = 'another'",
            "update foundation_idempotentrequest set request_hash = 'x'",
            "delete from foundation_idempotentrequest",
        ],
    )
    def test_is_never_rewritten(self, statement: str) -> None:
        with transaction():
            assert replayed(client="web", key="k", request={"cents": 1}) is None
            store_response(client="web", key="k", response={"receipt": 7})
        before = list(IdempotentRequest.objects.values())

        with pytest.raises(DatabaseError, match=r"set once|permission denied"), atomic():
            connection.cursor().execute(statement)

        assert list(IdempotentRequest.objects.values()) == before
