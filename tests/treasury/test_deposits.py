"""Deposits: intact, by somebody else than the cashier, verified by a second person, and the journal that follows."""

import csv
import io
from datetime import timedelta

import pytest
from beancount.loader import load_string
from django.db import IntegrityError

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.operations import close_drawer, count_drawer, take_payment
from curbstop.foundation.access.roles import Role
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import close_business_day
from curbstop.treasury.models import Deposit, DepositDrawer, DepositVerification, ExportedEntry, JournalExport
from curbstop.treasury.operations import (
    DepositRefused,
    ExportRefused,
    copy_journal,
    export_journal,
    make_deposit,
    verify_deposit,
)
from curbstop.treasury.proofs import PROOFS
from curbstop.treasury.queries import deposit_document, drawers_to_deposit
from tests.cashiering.conftest import AT, DAY
from tests.refusals import refusing

TENDERS = (
    TenderedAmount(TenderKind.CHECK, 1_000, "1001"),
    TenderedAmount(TenderKind.CARD, 500, "A1B2"),
    TenderedAmount(TenderKind.CASH, 2_000),
)


def rows():
    return {
        model: model.objects.count()
        for model in (Deposit, DepositDrawer, DepositVerification, JournalExport, ExportedEntry, Entry)
    }


@pytest.fixture
def closed(owe, cart_of, drawer, cashier):
    """Close the drawer 25 cents short after a payment of $30.00 by check, card and cash."""
    items = owe(water=3_000)
    take_payment(cart=cart_of({items["water"]: 3_000}), tenders=TENDERS, cashier=cashier, at=AT)
    count_drawer(drawer=drawer, pieces={100: 214, 25: 3}, check_cents=1_000, counted_by=cashier, at=AT)
    return close_drawer(drawer=drawer, by=cashier, at=AT)


@pytest.fixture
def lead(person):
    return person("lead", Role.LEAD)


class TestMakeDeposit:
    def test_carries_all_that_was_counted_less_the_float(self, closed, lead):
        deposit = make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)

        assert (deposit.number, deposit.cash_cents, deposit.check_cents) == (1, 1_475, 1_000)
        assert not drawers_to_deposit().exists()
        assert [proof.check().failures for proof in PROOFS] == [[], [], [], []]

    def test_lists_denominations_and_checks(self, closed, lead):
        slip = deposit_document(make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT))

        assert [(row["face"], row["pieces"], row["amount"]) for row in slip["denominations"]] == [
            ("$1.00", 214, "$214.00"),
            ("$0.25", 3, "$0.75"),
        ]
        assert [(row["reference"], row["amount"]) for row in slip["checks"]] == [("1001", "$10.00")]
        assert (slip["counted"], slip["floats"], slip["cash_total"]) == ("$214.75", "-$200.00", "$14.75")
        assert slip["total"] == "$24.75"

    def test_refuses_an_open_drawer(self, drawer, lead):
        before = rows()

        with pytest.raises(DepositRefused, match="still open"):
            make_deposit(drawers=[drawer], bag_number="B-1", prepared_by=lead, at=AT)

        assert rows() == before

    def test_refuses_a_card_number_on_the_bag(self, closed, lead):
        before = rows()

        with pytest.raises(DepositRefused, match="card number"):
            make_deposit(drawers=[closed], bag_number="4111-1111-1111-1111", prepared_by=lead, at=AT)

        assert rows() == before

    def test_refuses_the_own_drawer(self, closed, cashier):
        before = rows()

        with pytest.raises(DepositRefused, match="somebody else"):
            make_deposit(drawers=[closed], bag_number="B-1", prepared_by=cashier, at=AT)

        assert rows() == before

    def test_refuses_a_drawer_twice_and_a_bag_twice(self, closed, lead):
        make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)
        before = rows()

        for bag, sentence in (("B-1", "already used"), ("B-2", "deposited already")):
            with pytest.raises(DepositRefused, match=sentence):
                make_deposit(drawers=[closed], bag_number=bag, prepared_by=lead, at=AT)

        assert rows() == before

    def test_refuses_nothing(self, city, lead):
        with pytest.raises(DepositRefused, match="at least one"):
            make_deposit(drawers=[], bag_number="B-1", prepared_by=lead, at=AT)

    def test_refuses_without_a_business_day(self, closed, lead, city):
        close_business_day(day=DAY, by=city["manager"], at=AT)
        before = rows()

        with pytest.raises(DepositRefused, match="No business day"):
            make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)

        assert rows() == before


class TestVerifyDeposit:
    @pytest.fixture
    def deposit(self, closed, lead):
        return make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)

    def test_moves_it_to_the_bank(self, deposit, city):
        verify_deposit(deposit=deposit, verified_by=city["supervisor"], validated_on=DAY, at=AT)

        assert [proof.check().failures for proof in PROOFS] == [[], [], [], []]

    def test_refuses_the_preparer_and_a_second_time(self, deposit, lead, city):
        with pytest.raises(DepositRefused, match="did not make up"):
            verify_deposit(deposit=deposit, verified_by=lead, validated_on=DAY, at=AT)
        verify_deposit(deposit=deposit, verified_by=city["supervisor"], validated_on=DAY, at=AT)
        before = rows()

        with pytest.raises(DepositRefused, match="verified already"):
            verify_deposit(deposit=deposit, verified_by=city["manager"], validated_on=DAY, at=AT)

        assert rows() == before

    @pytest.mark.parametrize(("days", "said"), [(-1, "did not validate it before"), (1, "cannot be after it")])
    def test_refuses_a_day_on_which_the_bank_had_no_deposit(self, deposit, city, days, said):
        before = rows()

        with pytest.raises(DepositRefused, match=said):
            verify_deposit(
                deposit=deposit, verified_by=city["supervisor"], validated_on=DAY + timedelta(days=days), at=AT
            )

        assert rows() == before

    def test_cannot_name_another_preparer(self, deposit, lead, city):
        with pytest.raises(IntegrityError, match="preparer"):
            DepositVerification.objects.create(
                deposit=deposit,
                prepared_by=city["manager"],
                verified_by=lead,
                validated_on=DAY,
                entry=deposit.entry,
                at=AT,
            )


class TestExportJournal:
    def test_balances_and_beancount_accepts_it(self, closed, lead, city):
        make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)

        file = export_journal(from_on=DAY, to_on=DAY + timedelta(days=1), exported_by=city["manager"], at=AT)

        lines = list(csv.DictReader(io.StringIO(file.content.decode())))
        entries, errors, _ = load_string(as_beancount(lines))
        assert errors == []
        assert len(entries) > len(lines) / 4

    def test_refuses_days_without_entries(self, city):
        before = rows()

        with pytest.raises(ExportRefused, match="Nothing was posted"):
            export_journal(from_on=DAY, to_on=DAY + timedelta(days=1), exported_by=city["manager"], at=AT)

        assert rows() == before

    def test_carries_an_entry_once(self, closed, owe, city, lead):
        days = {"from_on": DAY, "to_on": DAY + timedelta(days=1), "exported_by": city["manager"], "at": AT}
        first = export_journal(**days).export
        before = rows()

        with pytest.raises(ExportRefused, match="in journal 1 already"):
            export_journal(**days)
        assert rows() == before

        make_deposit(drawers=[closed], bag_number="B-1", prepared_by=lead, at=AT)
        later = export_journal(**{**days, "to_on": DAY + timedelta(days=30)}).export

        assert (later.number, later.total_cents) == (2, 2_475)
        assert (
            ExportedEntry.objects.count() == Entry.objects.count() > ExportedEntry.objects.filter(export=first).count()
        )
        assert [proof.check().failures for proof in PROOFS] == [[], [], [], []]

    def test_tells_the_counter_from_other_sources(self, closed, city):
        file = export_journal(from_on=DAY, to_on=DAY + timedelta(days=1), exported_by=city["manager"], at=AT)

        lines = list(csv.DictReader(io.StringIO(file.content.decode())))
        assert "cashiering.cart" in {line["source"] for line in lines if line["kind"] == "payment"}
        assert {line["journal"] for line in lines} == {"1"}

    def test_cannot_carry_an_entry_again_in_plain_sql(self, closed, city):
        export_journal(from_on=DAY, to_on=DAY + timedelta(days=1), exported_by=city["manager"], at=AT)
        before = rows()

        again = "insert into treasury_exportedentry select * from treasury_exportedentry"
        assert refusing(again) == "treasury_exportedentry_pkey"

        assert rows() == before


class TestCopyJournal:
    def test_marks_each_line_and_takes_no_number(self, closed, city):
        journal = export_journal(from_on=DAY, to_on=DAY + timedelta(days=1), exported_by=city["manager"], at=AT)
        before = rows()

        copy = copy_journal(export=journal.export, copied_by=city["manager"], at=AT)

        original, copied = (list(csv.DictReader(io.StringIO(file.content.decode()))) for file in (journal, copy))
        assert {line["journal"] for line in copied} == {"COPY of 1"}
        assert [{**line, "journal": ""} for line in copied] == [{**line, "journal": ""} for line in original]
        assert rows() == before


def as_beancount(lines):
    """Write a journal in beancount's own words, so that another program judges whether it balances."""
    code = "Assets:F{fund}:D{department}:A{account}".format_map
    text = [f"1970-01-01 open {account}" for account in sorted({code(line) for line in lines})]
    for day, kind in sorted({(line["date"], line["kind"]) for line in lines}):
        text.append(f'{day} * "{kind}"')
        for line in lines:
            if (line["date"], line["kind"]) == (day, kind):
                text += [f"  {code(line)}  {line['debit']} USD", f"  {code(line)}  -{line['credit']} USD"]
    return "\n".join(text)
