"""Payment files: read with located errors, loaded once, whole or not at all."""

from datetime import timedelta

import pytest

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.imports import read_payment_file
from curbstop.cashiering.models import ImportedPayment, PaymentImport
from curbstop.cashiering.operations import ImportRefused, import_payments, request_void, take_payment, void_receipt
from curbstop.cashiering.queries import PaymentRow, payments_of_debtor
from curbstop.foundation.imports import FileRefused
from curbstop.ledger.models import Entry
from curbstop.ledger.queries import balances_of, balances_of_items, unapplied_credit_of
from tests.cashiering.conftest import AT


def file(*lines, header="account,amount,reference"):
    return read_payment_file("\n".join([header, *lines]).encode(), name="lockbox.csv")


class TestReadPaymentFile:
    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            (["100234,forty dollars,A1"], "lockbox.csv:2: amount"),
            (["100234,0.00,A1"], "above zero"),
            (["100234,10.005,A1"], "lockbox.csv:2: amount"),
            (["100234,-5.00,A1"], "lockbox.csv:2: amount"),
            ([",5.00,A1"], "lockbox.csv:2: account"),
            (["100234,5.00,A1", "100235,5.00,A1"], "stands on line 2"),
            (["100234,5.00,4111 1111 1111 1111"], "lockbox.csv:2: reference"),
            ([], "no payments"),
        ],
    )
    def test_names_the_line_and_the_field(self, lines, message):
        with pytest.raises(FileRefused, match=message):
            file(*lines)

    def test_refuses_more_than_one_transaction_posts(self):
        with pytest.raises(FileRefused, match=r"lockbox\.csv:50002: Expected at most 50,000 payments"):
            file(*(f"100234,1.00,R{number}" for number in range(50_001)))


class TestImportPayments:
    def test_settles_what_is_owed_and_credits_the_rest(self, account, owe, city, debtor):
        items = owe(water=3_000, sewer=1_500)

        import_payments(file=file("100234,20.00,A1", "100234,30.00,A2"), by=city["manager"], at=AT)

        assert balances_of_items(items.values()) == {items["sewer"]: 0, items["water"]: 0}
        assert unapplied_credit_of([debtor]) == {debtor: 500}
        assert balances_of([debtor]) == {debtor: -500}
        assert ImportedPayment.objects.count() == 2

    def test_refuses_the_same_bytes_under_another_name(self, account, owe, city):
        owe(water=3_000)
        import_payments(file=file("100234,20.00,A1"), by=city["manager"], at=AT)
        entries = Entry.objects.count()
        renamed = read_payment_file(b"account,amount,reference\n100234,20.00,A1", name="again.csv")

        with pytest.raises(ImportRefused, match="loaded before"):
            import_payments(file=renamed, by=city["manager"], at=AT)

        assert Entry.objects.count() == entries

    def test_refuses_the_whole_file_for_one_unknown_account(self, account, owe, city):
        owe(water=3_000)
        entries = Entry.objects.count()

        with pytest.raises(ImportRefused, match=r"lockbox\.csv:3: account: There is no account 999"):
            import_payments(file=file("100234,20.00,A1", "999,20.00,A2"), by=city["manager"], at=AT)

        assert Entry.objects.count() == entries
        assert not PaymentImport.objects.exists()

    def test_refuses_the_same_payments_in_another_order(self, account, owe, city):
        owe(water=3_000)
        import_payments(file=file("100234,20.00,A1", "100234,5.00,A2"), by=city["manager"], at=AT)
        before = (PaymentImport.objects.count(), ImportedPayment.objects.count(), Entry.objects.count())

        with pytest.raises(ImportRefused, match=r"lockbox\.csv:3: reference: The payment A1 of 100234"):
            import_payments(file=file("100234,7.00,A3", "100234,20.00,A1", "100234,5.00,A2"), by=city["manager"], at=AT)

        assert (PaymentImport.objects.count(), ImportedPayment.objects.count(), Entry.objects.count()) == before


class TestPaymentsOfDebtor:
    def test_unite_the_counter_and_the_bank(self, account, owe, city, debtor, neighbor, drawer, cashier, cart_of):
        items = owe(water=3_000)
        theirs = owe(to=neighbor.debtor_id, sewer=1_000)
        both = cart_of({items["water"]: 2_000, theirs["sewer"]: 1_000})
        receipt = take_payment(
            cart=both, tenders=[TenderedAmount(TenderKind.CHECK, 3_000, "77")], cashier=cashier, at=AT
        )
        later = AT + timedelta(hours=1)
        import_payments(file=file("100234,7.00,LB-1"), by=city["manager"], at=later)

        assert payments_of_debtor(debtor) == [
            PaymentRow(later, "LB-1", "bank file lockbox.csv", 700, is_void=False, receipt_id=None),
            PaymentRow(AT, "H1-000001", "check 77", 2_000, is_void=False, receipt_id=receipt.pk),
        ]

    def test_mark_what_is_void(self, account, owe, city, debtor, drawer, cashier, cart_of):
        items = owe(water=3_000)
        cash = [TenderedAmount(TenderKind.CASH, 3_000)]
        receipt = take_payment(cart=cart_of({items["water"]: 3_000}), tenders=cash, cashier=cashier, at=AT)
        request = request_void(receipt=receipt, requested_by=cashier, reason="Paid the wrong account", at=AT)
        void_receipt(request=request, approved_by=city["supervisor"], at=AT)

        assert [row.is_void for row in payments_of_debtor(debtor)] == [True]

    @pytest.mark.parametrize("rows", [1, 3])
    def test_ask_as_often_for_three_rows_as_for_one(
        self, account, owe, city, debtor, drawer, cashier, cart_of, rows, django_assert_num_queries
    ):
        for number in range(rows):
            items = owe(water=1_000)
            cash = [TenderedAmount(TenderKind.CASH, 1_000)]
            take_payment(cart=cart_of({items["water"]: 1_000}), tenders=cash, cashier=cashier, at=AT)
            import_payments(file=file(f"100234,7.00,LB-{number}"), by=city["manager"], at=AT)

        with django_assert_num_queries(4):
            assert len(payments_of_debtor(debtor)) == 2 * rows
