"""Two at once: reads arrive while another cycle bills, and two runs that would bill one day."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from curbstop.billing.models import Bill, BilledPeriod, RunPartition
from curbstop.billing.operations import release_bills
from curbstop.foundation.database.transactions import transaction
from tests.billing.conftest import NOON, Town

pytestmark = pytest.mark.django_db(transaction=True)

# Who would wait for a lock that the other holds fails at once instead.
AT_ONCE = "set lock_timeout = '200ms'"
TURNS = 5


def elsewhere(work: Callable[[], Any]) -> Any:
    """Do something on a connection of its own, and return what it returned or raise what it raised."""

    def run() -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute(AT_ONCE)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


class TestImportReads:
    def test_waits_for_no_release(self, town: Town) -> None:
        billed, read = town.account("100001"), town.account("100002")
        town.use(billed, "8")
        run = town.approve(town.draft())
        partition = RunPartition.objects.get(run=run)

        with transaction():
            RunPartition.objects.select_for_update().get(pk=partition.pk)
            # What a release does and has not committed yet.
            with connection.cursor() as cursor:
                cursor.execute(
                    "select from customers_serviceagreement where account_id = %s for no key update", [billed.pk]
                )
            elsewhere(lambda: town.use(read, "9"))

        release_bills(run=run, by=town.people["manager"], at=NOON)
        assert Bill.objects.count() == 1

    def test_goes_on_while_bills_are_drafted_and_released(self, town: Town) -> None:
        billed, read = town.account("100001"), town.account("100002", starts_on=date(2025, 1, 1))
        town.use(billed, "8")

        def import_months() -> int:
            months = [date(2025, month, 1) for month in range(1, TURNS + 2)]
            for begin, end in pairwise(months):
                elsewhere(lambda begin=begin, end=end: town.use(read, "9", starts_on=begin, ends_on=end))
            return TURNS

        with ThreadPoolExecutor(1) as pool:
            imported = pool.submit(import_months)
            town.release()
            assert imported.result() == TURNS
        assert Bill.objects.filter(account=billed).count() == 1


class TestBillADay:
    def test_lets_one_of_two_transactions_through(self, town: Town) -> None:
        town.use(town.account(), "14")
        town.release()
        first = BilledPeriod.objects.order_by("pk").first()
        assert first is not None
        july = (date(2026, 8, 1), date(2026, 9, 1))

        def bill_again() -> None:
            with transaction():
                BilledPeriod.objects.create(bill_id=first.bill_id, agreement_id=first.agreement_id, period=july)

        with transaction():
            BilledPeriod.objects.create(bill_id=first.bill_id, agreement_id=first.agreement_id, period=july)
            # The other may not look before it knows what becomes of this one.
            with pytest.raises(Exception, match="lock timeout"):
                elsewhere(bill_again)
        with pytest.raises(Exception, match="no_double_billing"):
            elsewhere(bill_again)

        assert BilledPeriod.objects.filter(period=july).count() == 1
