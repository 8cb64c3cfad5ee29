"""A wrong engine is caught before a bill goes out or by the proofs: it is spoiled in memory, one way at a time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from curbstop.billing.domain import drafting
from curbstop.billing.models import BilledPeriod, BillingRun, DraftBill, Finding
from curbstop.billing.operations import ApprovalRefused, clear_bill, drafts, redraft_account, release_bills
from curbstop.billing.operations.drafts import draft_off_cycle
from curbstop.billing.operations.runs import DraftRefused
from curbstop.billing.proofs import PROOFS
from tests.billing.conftest import JULY, MAY, NOON, TODAY, Town

pytestmark = pytest.mark.django_db


def failing() -> set[str]:
    return {proof.name for proof in PROOFS if proof.check().failures}


def release(town: Town, run: BillingRun) -> None:
    release_bills(run=town.approve(run), by=town.people["manager"], at=NOON)


class TestWrongEngine:
    def test_that_doubles_the_use_is_seen_in_the_proofs(self, town: Town, monkeypatch: Any) -> None:
        """Its lines agree with themselves to the last digit: only the meter says otherwise."""
        right = drafting.draft

        def doubled(columns: Any, limits: Any) -> Any:
            usage = columns.usage.with_columns(quantity=pl.col("quantity") * 2, returned=pl.col("returned") * 2)
            return right(replace(columns, usage=usage), limits)

        monkeypatch.setattr(drafts, "draft", doubled)
        town.use(town.account(), "8")
        run = town.draft()
        monkeypatch.undo()
        for held in DraftBill.objects.filter(run=run, held=True):
            clear_bill(
                run=run, account_id=held.account_id, reason="It looks right to me", by=town.people["lead"], at=NOON
            )
        release(town, run)

        assert "bills-charge-what-was-metered" in failing()

    def test_that_is_right_is_not_accused(self, town: Town) -> None:
        for number, ccf in (("100001", "8"), ("100002", "0"), ("100003", "14.1234")):
            town.use(town.account(number), ccf)
        release(town, town.draft())
        assert failing() == set()

    @pytest.mark.parametrize(
        "spoiled",
        [
            pl.col("amount_cents") + 1,
            (pl.col("quantity") + Decimal("0.0001")).alias("quantity"),
            (pl.col("unit_price") + Decimal("0.00000001")).alias("unit_price"),
            pl.col("starts_on").dt.offset_by("1d"),
            pl.col("derivation").str.replace('"unit_price":"[0-9.]+"', '"unit_price":"3.01"'),
            pl.lit("99.9").alias("section"),
        ],
    )
    def test_whose_line_says_something_else_than_its_derivation_is_held(
        self, town: Town, monkeypatch: Any, spoiled: pl.Expr
    ) -> None:
        right = drafting.unproven

        def spoil(lines: pl.DataFrame, bills: pl.DataFrame, versions: Any) -> pl.DataFrame:
            first = lines.with_row_index().select("index").to_series() == 1
            kept = lines.schema
            one = lines.filter(first).with_columns(spoiled).cast(dict(kept))
            return right(pl.concat([lines.filter(~first), one]).sort("line_number"), bills, versions)

        monkeypatch.setattr(drafting, "unproven", spoil)
        town.use(town.account(), "14")
        run = town.draft()
        monkeypatch.undo()

        assert DraftBill.objects.get(run=run).held
        assert Finding.objects.filter(run=run, code="PROOF").exists()


class TestDaysAtTheEdges:
    def test_two_runs_of_one_account_do_not_both_bill_its_days(self, town: Town) -> None:
        account = town.account()
        town.use(account, "8")
        cycle = town.draft()
        with pytest.raises((DraftRefused, ApprovalRefused)):
            other = draft_off_cycle(
                account_ids=[account.pk], through=TODAY, bill_on=TODAY, by=town.people["lead"], at=NOON
            )
            for run in (cycle, other):
                release(town, run)
        assert BilledPeriod.objects.filter(cancelled=False).count() in {0, 3}
        assert failing() <= {"completeness"}

    def test_an_approved_run_is_not_drafted_again(self, town: Town) -> None:
        account = town.account()
        town.use(account, "8")
        run = town.approve(town.draft())
        before = list(DraftBill.objects.values())
        with pytest.raises(DraftRefused, match="approved"):
            redraft_account(run=run, account_id=account.pk, by=town.people["lead"], at=NOON)
        assert list(DraftBill.objects.values()) == before

    @pytest.mark.parametrize(
        "periods",
        [
            [(MAY, date(2026, 5, 2)), (date(2026, 5, 2), JULY)],
            [(MAY, date(2026, 6, 10)), (date(2026, 6, 10), JULY)],
        ],
    )
    def test_reads_between_are_billed_once(self, town: Town, periods: list[tuple[date, date]]) -> None:
        account = town.account(services=("water", "sewer"))
        for first, last in periods:
            town.use(account, "4.0001", starts_on=first, ends_on=last)
        release(town, town.draft())
        assert BilledPeriod.objects.count() == 4
        assert failing() == set()
