"""Why a bill changed, on its page, on paper, in JSON and on the account: the same words, the same cents."""

import json
from datetime import date

import pytest

from curbstop.billing.models import Bill
from curbstop.billing.queries import statement_of_bill
from curbstop.billing.queries.comparing import billed_segments, changes_of, schedules_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_bills(town):
    """Twenty-nine days with 14 CCF, then thirty-one with 20."""
    account = town.account()
    town.use(account, "14", ends_on=date(2026, 5, 30))
    town.release(date(2026, 6, 1))
    town.use(account, "20", starts_on=date(2026, 5, 30), ends_on=date(2026, 6, 30))
    town.release()
    return Bill.objects.get(number=1), Bill.objects.get(number=2)


class TestChangesOf:
    def test_splits_the_difference_between_two_released_bills(self, two_bills):
        last, this = two_bills

        change = changes_of([this.number, last.number])[2]

        assert (change.last_number, change.number) == (1, 2)
        assert sum(part.cents for part in change.parts) == change.cents
        assert change.cents == this.total_cents + this.prior_balance_cents - this.payments_cents - last.total_cents
        causes = {part.cause.value: part.cents for part in change.parts}
        assert causes["carry_over"] == last.total_cents
        assert set(causes) == {"days", "use", "carry_over"}

    def test_has_none_for_the_first_bill(self, two_bills):
        assert 1 not in changes_of([1])

    def test_prices_what_was_stored_to_what_was_billed(self, two_bills):
        """Released bills recompute identically from their own derivations (P16)."""
        import polars as pl

        from curbstop.billing.domain.charges import charge

        billed = billed_segments([1, 2])
        states = billed.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("agreement_id"))

        cents = charge(states, schedules_of(billed), {}).lines.group_by("agreement_id").agg(pl.sum("amount_cents"))

        assert cents.sort("agreement_id")["amount_cents"].to_list() == billed["cents"].to_list()


class TestPlaces:
    def test_stands_on_the_statement(self, city, two_bills):
        from curbstop.billing.domain.statement import statement_data

        data = statement_data(statement_of_bill(two_bills[1]))

        assert data["change"]["title"] == "Why it changed"
        assert "Use (20 CCF instead of 14)" in data["change"]["text"]
        assert statement_data(statement_of_bill(two_bills[0]))["change"] is None

    def test_is_told_in_json(self, two_bills):
        from typer.testing import CliRunner

        from curbstop.cli.bill import app

        answer = CliRunner().invoke(app, ["explain", "2", "--json"])

        told = json.loads(answer.stdout)
        assert answer.exit_code == 0
        assert told["faults"] == []
        assert (
            sum(part["cents"] for part in told["change"]["parts"])
            == told["change"]["now_cents"] - told["change"]["was_cents"]
        )
        assert "instead of" in told["change"]["en"]
        assert "en vez de" in told["change"]["es"]
        assert [line["es"]["label"] for line in told["lines"]][:1] == ["Servicio de agua"]


class TestPaper:
    def test_says_what_the_ledger_says(self, town, city, tmp_path):
        """What is printed is what is stored (P4): every amount of a bill stands on its paper."""
        import random

        from pypdf import PdfReader

        from curbstop.billing.domain.statement import statements_data
        from curbstop.billing.queries.statements import statements_of
        from curbstop.billing.views.bills import DOCUMENTS
        from curbstop.foundation.documents import render_pdf
        from curbstop.foundation.money import format_cents
        from curbstop.ledger.queries import balances_of

        chance = random.Random(4)
        for number in range(100_001, 100_013):
            account = town.account(str(number))
            town.use(account, str(chance.randrange(1, 3000) / 100), ends_on=date(2026, 5, 30))
        town.release(date(2026, 6, 1))
        bills = list(Bill.objects.select_related("account__customer", "account__premises").order_by("number"))
        paper = tmp_path / "bills.pdf"
        paper.write_bytes(render_pdf(DOCUMENTS / "statement.typ", statements_data(statements_of(bills))))
        pages = [page.extract_text() for page in PdfReader(paper).pages]
        owed = balances_of([bill.account.debtor_id for bill in bills])

        assert len(pages) == len(bills) == 12
        for bill, page in zip(bills, pages, strict=True):
            assert str(bill.number) in page
            for line in bill.lines.all():
                assert format_cents(line.amount_cents) in page
            assert page.count(format_cents(owed[bill.account.debtor_id])) >= 2
