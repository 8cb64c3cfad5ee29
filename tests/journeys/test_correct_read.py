"""A submeter's read is corrected with the bills of both parties, and with what was charged for their lateness."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from curbstop.billing.models import Bill
from curbstop.billing.operations.rebilling import approve_rebill, draft_read_rebill, run_rebill
from curbstop.collections.models import LateCharge
from curbstop.journeys.operations.correct_read import ReadCorrectionRefused, correct_read
from curbstop.journeys.operations.rebill import rebill_accounts_and_charges
from curbstop.journeys.proofs import PROOFS
from curbstop.ledger.queries import balances_of
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Installation, Meter, Read, SubmeterLink
from curbstop.metering.operations import record_reads
from tests.billing.conftest import JULY, MAY, NOON, TODAY, Town
from tests.collections.conftest import Office, office, people, town

__all__ = ["office", "people", "town"]

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "The submeter registered five in a hundred too little"


def hang(town: Town, account: Any, serial: str, register: int) -> Any:
    """Hang a meter on an account's water service."""
    point = account.agreements.get(service_point__service_id=town.services["water"]).service_point
    meter = Meter.objects.create(serial=serial, size_inches='5/8"', dials=6, unit="ccf")
    Installation.objects.create(meter=meter, service_point=point, starts_on=MAY, first_register=Decimal(register))
    return point


def linked(town: Town, purpose: str) -> tuple[Any, Any]:
    """Open an account with a main that counts 30, and one with a submeter that counts 12 of them."""
    main, tenant = town.account("100001", services=("water", "sewer")), town.account("100002", services=("water",))
    points = hang(town, main, "M-1", 100), hang(town, tenant, "M-2", 50)
    SubmeterLink.objects.create(master=points[0], submeter=points[1], purpose=purpose, starts_on=MAY)
    file = read_meter_file(f"meter,read_on,register\nM-1,{JULY},130\nM-2,{JULY},62\n".encode())
    record_reads(file=file, on=TODAY, by=None, at=NOON)
    town.release()
    return main, tenant


def units(account: Any) -> dict[str, Decimal]:
    """Return what the standing bill of an account charges, by component."""
    lines = Bill.objects.get(account=account, cancelled_at=None).lines.filter(component__endswith="_use")
    found: dict[str, Decimal] = {}
    for component, quantity in lines.values_list("component", "quantity"):
        found[component] = found.get(component, Decimal(0)) + quantity
    return found


def submeter_read() -> Read:
    return Read.objects.get(superseded_at=None, read_on=JULY, installation__meter__serial="M-2")


def correct(office: Office, **facts: Any) -> Any:
    return correct_read(
        read=submeter_read(), register=Decimal(70), reason=WHY, by=office.lead, at=office.at, **facts
    )  # fmt: skip


class TestCorrectRead:
    def test_cancels_and_bills_both_parties_of_a_submeter(self, office: Office, town: Town) -> None:
        main, tenant = linked(town, "billed")
        assert (units(main), units(tenant)) == ({"water_use": 18, "sewer_use": 18}, {"water_use": 12})
        before = {bill.account_id: bill for bill in Bill.objects.all()}

        done = correct(office, approved_by=office.manager)

        assert set(done.cancelled) == {bill.number for bill in before.values()}
        assert balances_of([main.debtor_id, tenant.debtor_id]) == {main.debtor_id: 0, tenant.debtor_id: 0}
        town.release()
        assert (units(main), units(tenant)) == ({"water_use": 10, "sewer_use": 10}, {"water_use": 20})
        # Eight units of the main, at 5.00 and 2.50 for the sewer, are the tenant's, at 5.00.
        after = {bill.account_id: bill.total_cents for bill in Bill.objects.filter(cancelled_at=None)}
        assert before[main.pk].total_cents - after[main.pk] == 8 * (500 + 250)
        assert after[tenant.pk] - before[tenant.pk].total_cents == 8 * 500
        assert all(proof.check().holds for proof in PROOFS)

    def test_takes_the_penalty_of_a_late_bill_along(self, office: Office, town: Town) -> None:
        linked(town, "billed")
        office.go_to(date(2026, 7, 22))
        office.charge()
        assert LateCharge.objects.filter(reversal=None).count() == 2

        done = correct(office, approved_by=office.manager)

        assert len(done.cancelled) == 2
        assert LateCharge.objects.filter(reversal=None).count() == 0
        assert all(proof.check().holds for proof in PROOFS)

    def test_refuses_without_a_second_person_and_names_both_bills(self, office: Office, town: Town) -> None:
        main, tenant = linked(town, "billed")
        owed = balances_of([main.debtor_id, tenant.debtor_id])
        numbers = ", ".join(str(number) for number in Bill.objects.values_list("number", flat=True).order_by("number"))

        with pytest.raises(ReadCorrectionRefused, match=numbers):
            correct(office)

        assert balances_of([main.debtor_id, tenant.debtor_id]) == owed
        assert submeter_read().register == 62

    def test_leaves_the_water_of_a_main_whose_garden_is_corrected(self, office: Office, town: Town) -> None:
        main, tenant = linked(town, "returned")
        assert (units(main), units(tenant)) == ({"water_use": 30, "sewer_use": 18}, {"water_use": 12})

        correct(office, approved_by=office.manager)
        town.release()

        assert units(main) == {"water_use": 30, "sewer_use": 10}


class TestRebill:
    def test_replaces_the_bills_of_both_parties_as_one_batch(self, office: Office, town: Town) -> None:
        main, tenant = linked(town, "both")
        old = {bill.account_id: bill.number for bill in Bill.objects.all()}
        batch = draft_read_rebill(
            read=submeter_read(), register=Decimal(70), reason=WHY, by=office.lead, at=office.at
        )  # fmt: skip
        assert {item.bill.account_id for item in batch.items.all()} == {main.pk, tenant.pk}
        approve_rebill(batch=batch, by=office.manager, at=office.at)

        new = run_rebill(batch=batch, by=office.manager, at=office.at, rebill=rebill_accounts_and_charges)

        assert {bill.account_id for bill in new} == set(old)
        assert (units(main), units(tenant)) == ({"water_use": 10, "sewer_use": 10}, {"water_use": 20})
        assert not Bill.objects.filter(number__in=old.values(), cancelled_at=None).exists()
        assert submeter_read().register == 70
