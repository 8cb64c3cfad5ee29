"""An entry that somebody posted past every room, to write off what a friend owes, is found."""

import pytest

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.operations import request_void, take_payment, void_receipt
from curbstop.foundation.database.transactions import transaction
from curbstop.journeys.proofs import entries_have_documents
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import Line, NewAllocation, post_entry, settling_lines
from curbstop.ledger.queries import gl_account
from tests.cashiering.conftest import AT, DAY, cart_of, cashier, city, debtor, drawer, owe, till

__all__ = ["cart_of", "cashier", "city", "debtor", "drawer", "owe", "till"]

pytestmark = pytest.mark.django_db


class TestEntriesHaveDocuments:
    def test_knows_receipts_and_their_voids(self, owe, cart_of, drawer, cashier, city):
        item = owe(water=3_000)["water"]
        cash = (TenderedAmount(TenderKind.CASH, 3_000),)
        receipt = take_payment(cart=cart_of({item: 3_000}), tenders=cash, cashier=cashier, at=AT)
        request = request_void(receipt=receipt, requested_by=cashier, reason="typed the wrong account", at=AT)
        void_receipt(request=request, approved_by=city["supervisor"], at=AT)

        # The bill of this test was posted without a bill's row, which is what is found.
        assert [failure.split(":")[0] for failure in entries_have_documents().failures] == [
            f"entry {Entry.objects.get(kind='bill').pk}, bill of {DAY}"
        ]

    def test_finds_a_made_up_write_off(self, owe, city):
        paid = (NewAllocation(owe(water=3_000)["water"], 3_000),)
        with transaction():
            entry = post_entry(
                kind="payment",
                lines=(Line.debit(gl_account("over_short").pk, 3_000), *settling_lines(paid)),
                allocations=paid,
                source="cashiering.cart:1",
                business_date=DAY,
                actor=city["manager"],
                posted_at=AT,
            )

        assert f"entry {entry.pk}, payment of {DAY}: nothing stands behind cashiering.cart:1" in (
            entries_have_documents().failures
        )
