"""Payment files: read with located errors, loaded once, whole or not at all."""

import pytest

from curbstop.cashiering.imports import read_payment_file
from curbstop.cashiering.models import ImportedPayment, PaymentImport
from curbstop.cashiering.operations import ImportRefused, import_payments
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
