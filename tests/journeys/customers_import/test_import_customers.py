"""Customers come over whole: each refusal names the line, and leaves no row behind."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from curbstop.billing.models import CycleAssignment
from curbstop.customers.models import Account, Customer, Premises, ServiceAgreement, ServicePoint
from curbstop.customers.proofs import PROOFS
from curbstop.foundation.imports import FileRefused
from curbstop.journeys.imports.customers import read_customer_file
from curbstop.journeys.operations.customers_import import import_customers
from curbstop.ledger.models import Debtor
from curbstop.metering.models import Installation, Meter
from curbstop.rates.models import RateAssignment

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEADING = (
    "account_number,name,address_line,city,state,zip,cycle,service,service_point,starts_on,schedule,"
    "customer_class,rate_inputs,meter_serial,meter_size,meter_dials,meter_unit,first_register\n"
)
ROSA = "100001,Rosa Nuñez,12 Elm St,Cedar Bend,VA,23300,ODD,"
WATER = ROSA + 'water,W-1,2026-01-05,water,residential,,M-1,"5/8""",6,ccf,100\n'
STORM = ROSA + 'stormwater,S-1,2026-01-05,stormwater,,"{""eru"": ""1""}",,,,,\n'
LI = '100002,李雷,14 Elm St,Cedar Bend,VA,23300,ODD,water,W-2,2026-02-01,water,residential,,M-2,"1""",6,ccf,0\n'
TABLES = (
    Account, Customer, CycleAssignment, Debtor, Installation, Meter, Premises, RateAssignment,
    ServiceAgreement, ServicePoint,
)  # fmt: skip
pytestmark = pytest.mark.django_db


def bring(rows):
    intake = read_customer_file((HEADING + rows).encode(), name="customers.csv")
    return import_customers(intake=intake, by=None, at=AT)


def counts():
    return {table.__name__: table.objects.count() for table in TABLES}


class TestImportCustomers:
    def test_takes_over_everything_that_a_row_says(self, small_city):
        taken = bring(WATER + STORM + LI)

        assert counts() == {
            "Account": 2,
            "Customer": 2,
            "CycleAssignment": 2,
            "Debtor": 2,
            "Installation": 2,
            "Meter": 2,
            "Premises": 2,
            "RateAssignment": 3,
            "ServiceAgreement": 3,
            "ServicePoint": 3,
        }
        account = Account.objects.get(number="100001")
        assert (account.customer.name, account.opened_on) == ("Rosa Nuñez", date(2026, 1, 5))
        assert Installation.objects.get(meter__serial="M-1").first_register == Decimal(100)
        assert RateAssignment.objects.get(schedule__code="stormwater").inputs == {"eru": "1"}
        assert taken.agreements["service_point"].to_list() == ["W-1", "S-1", "W-2"]
        assert all(proof.check().holds for proof in PROOFS)

    def test_takes_over_a_service_without_a_rate(self, small_city):
        bring(WATER.replace("2026-01-05,water,residential", "2026-01-05,,OTHER"))

        assert RateAssignment.objects.count() == 0
        assert ServiceAgreement.objects.count() == 1

    @pytest.mark.parametrize(
        ("bad", "field", "said"),
        [
            (WATER.replace("W-1", "W-2").replace("M-1", "M-3"), "service_point", "line 2 already"),
            (WATER.replace("M-1", "M-2"), "meter_serial", "line 2 already"),
            (STORM.replace("100001", "100002").replace("12 Elm", "14 Elm"), "name", "contradicts 李雷 on line 2"),
            (STORM.replace("stormwater,S-1", "gas,S-1"), "service", "not gas"),
            (WATER.replace("05,water", "05,rail"), "schedule", "not rail"),
            (WATER.replace("ODD", "WEEKLY"), "cycle", "not WEEKLY"),
            (WATER.replace("6,ccf,100", "6,ccf,1000000"), "first_register", "does not fit 6 dials"),
            (WATER.replace("6,ccf,100", "6,ccf,"), "first_register", "Meter M-1 needs it."),
            (WATER.replace("ccf", "litres"), "meter_unit", "one of"),
            (WATER.replace("Rosa Nuñez", "..."), "name", "letter or digit"),
            (WATER.replace("Rosa Nuñez", "Ros\u202ea"), "name", "U+202E"),
            (WATER.replace("2026-01-05", "2026-02-30"), "starts_on", "no day"),
            (WATER.replace("VA", "Virginia"), "state", "two letters"),
            (STORM.replace('"{""eru"": ""1""}"', "eru=1"), "rate_inputs", "JSON"),
        ],
    )
    def test_refuses_the_whole_file_for_one_bad_row(self, small_city, bad, field, said):
        before = counts()

        with pytest.raises(FileRefused) as refusal:
            bring(LI + bad)

        assert [(error.line, error.field) for error in refusal.value.errors] == [(3, field)]
        assert said in refusal.value.errors[0].message
        assert counts() == before

    def test_takes_over_a_service_that_has_ended(self, small_city):
        heading = HEADING.replace("starts_on,", "starts_on,ends_on,")
        rows = WATER.replace("2026-01-05,", "2026-01-05,2026-02-01,")

        import_customers(intake=read_customer_file((heading + rows).encode()), by=None, at=AT)

        assert ServiceAgreement.objects.get().ends_on == date(2026, 2, 1)

    def test_refuses_a_service_that_ends_before_it_starts(self, small_city):
        heading = HEADING.replace("starts_on,", "starts_on,ends_on,")
        rows = WATER.replace("2026-01-05,", "2026-01-05,2026-01-05,")

        with pytest.raises(FileRefused, match="after 2026-01-05"):
            import_customers(intake=read_customer_file((heading + rows).encode()), by=None, at=AT)

        assert not Account.objects.exists()

    def test_refuses_a_class_that_the_schedule_lacks(self, small_city):
        before = counts()

        with pytest.raises(FileRefused, match="no class “industrial”"):
            bring(WATER.replace("residential", "industrial"))

        assert counts() == before

    def test_refuses_the_same_file_again(self, small_city):
        bring(WATER)
        before = counts()

        with pytest.raises(FileRefused) as refusal:
            bring(WATER)

        fields = [error.field for error in refusal.value.errors]
        assert fields == ["account_number", "customer_number", "meter_serial", "service_point"]
        assert counts() == before

    def test_keeps_one_place_for_two_spellings(self, small_city):
        bring(WATER + LI.replace("14 Elm St", "12 ELM STREET"))

        assert Premises.objects.count() == 1
