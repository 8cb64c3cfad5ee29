"""The same request is done once: a key and a hash of what was asked are written in the transaction of the money.

A second caller with the same key waits on the index until the first commits and then gets the first answer; if the
first rolls back, the second does the work. The same key with another request is refused.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models.functions import Now

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.foundation.database.transactions import require_transaction


class KeyReused(Exception):
    """The key was already used for another request; nothing was done."""


class IdempotentRequest(AppendOnlyModel):
    """One request that was done, and what was answered."""

    set_once: ClassVar[tuple[str, ...]] = ("response",)

    id = models.BigAutoField(primary_key=True)
    client = models.CharField(max_length=100)
    key = models.CharField(max_length=100)
    request_hash = models.BinaryField(max_length=32)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A key belongs to its client: two tills may draw the same one."""

        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="idempotent_request_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"


def replayed(*, client: str, key: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answer given before, or nothing when this transaction is to do the work and then `store_response`.

    :raises KeyReused: if the key was used for another request
    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    asked = request_hash(request)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into foundation_idempotentrequest (client, key, request_hash) values (%s, %s, %s)"
            " on conflict (client, key) do nothing returning id",
            [client, key, asked],
        )
        if cursor.fetchone() is not None:
            return None
    before = IdempotentRequest.objects.get(client=client, key=key)
    if bytes(before.request_hash) != asked:
        raise KeyReused("This form was already sent with other contents. Open it again and check what was saved.")
    assert before.response is not None, "the work was committed without store_response"
    return dict(before.response)


def store_response(*, client: str, key: str, response: Mapping[str, Any]) -> None:
    """Keep the answer for whoever asks again, in the transaction that did the work."""
    require_transaction()
    kept = IdempotentRequest.objects.filter(client=client, key=key, response__isnull=True).update(
        response=dict(response)
    )
    assert kept == 1, "replayed() comes first, and an answer is stored once"


def request_hash(request: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of the request as JSON with sorted names: the order of a form's fields does not matter."""
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).digest()
