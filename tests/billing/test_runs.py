from datetime import date

import pytest

from curbstop.billing import operations, queries
from curbstop.billing.models import Bill, BilledPeriod, BillingRun, BillLine, Disposition, DraftBill
from curbstop.ledger.models import Entry, OpenItem
from curbstop.ledger.queries import balances_of

pytestmark = pytest.mark.django_db


class TestDraftBills:
    def test_charges_water_sewer_and_days_on_one_bill(self, town):
        account = town.account()
        town.use(account, "14")

        run = town.draft()

        (draft,) = DraftBill.objects.filter(run_id=run.pk)
        # 20.00 + 10 × 3.00 + 4 × 5.00, sewer 14 × 2.50, stormwater 60 days × 0.10
        assert draft.total_cents == 7000 + 3500 + 600
        assert (draft.starts_on, draft.ends_on, draft.days) == (date(2026, 5, 1), date(2026, 6, 30), 60)
        assert [line.component for line in queries.draft_lines_of(run, account.pk)] == [
            "water_service",
            "water_use",
            "water_use",
            "sewer_use",
            "stormwater",
        ]

    def test_has_no_effect_on_the_ledger(self, town):
        town.use(town.account(), "14")

        town.draft()

        assert not Entry.objects.exists()
        assert not Bill.objects.exists()
        assert not OpenItem.objects.exists()

    def test_takes_the_place_of_the_drafted_run(self, town):
        town.use(town.account(), "14")
        first = town.draft()

        second = town.draft()

        first.refresh_from_db()
        assert (first.state, second.state) == ("discarded", "drafted")
        assert set(DraftBill.objects.values_list("run_id", flat=True)) == {second.pk}

    def test_rolls_the_due_date_to_an_open_day(self, town):
        town.use(town.account(), "14")

        run = town.draft()

        # July 1 + 20 days is Tuesday the 21st; the 20-day rule itself needs no rolling here.
        assert run.due_on == date(2026, 7, 21)


class TestReleaseBills:
    def test_posts_one_entry_a_bill_and_one_item_a_service(self, town):
        account = town.account()
        town.use(account, "14")

        run = town.release()

        bill = Bill.objects.get()
        assert run.state == BillingRun.State.RELEASED
        assert (bill.number, bill.total_cents) == (1, 11100)
        assert sorted(OpenItem.objects.values_list("amount_cents", flat=True)) == [600, 3500, 7000]
        assert set(OpenItem.objects.values_list("entry_id", flat=True)) == {bill.entry_id}
        assert balances_of([account.debtor_id]) == {account.debtor_id: 11100}
        assert BilledPeriod.objects.count() == 3
        assert sum(BillLine.objects.values_list("amount_cents", flat=True)) == 11100

    def test_does_nothing_the_second_time(self, town):
        town.use(town.account(), "14")
        run = town.release()

        operations.release_bills(run=run, by=town.people["manager"], at=run.released_at)
        again = operations.release_partition(run.pk, 1)

        assert again == 0
        assert Bill.objects.count() == 1
        assert Entry.objects.count() == 1

    def test_bills_no_day_twice(self, town):
        town.use(town.account(), "14")
        town.release()

        run = town.draft()

        assert not DraftBill.objects.filter(run_id=run.pk).exists()
        assert set(Disposition.objects.filter(run=run).values_list("kind", "reason")) == {("exempt", "NOT_DUE")}
