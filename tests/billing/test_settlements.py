"""Joint bills: another agency's lines on the city's bill, and what each day owes that agency."""

from datetime import date, timedelta

import pytest
from django.db import ProgrammingError
from django.test import Client

from curbstop.billing import operations, queries
from curbstop.billing.domain.adjustments import Asked, AskedLine
from curbstop.billing.domain.agencies import AgenciesRefused, read_agencies
from curbstop.billing.models import AdjustmentRequest, Bill, Settlement
from curbstop.billing.operations.adjustments import AdjustmentRefused, request_adjustment
from curbstop.billing.queries.adjustments import services_adjustable_by
from curbstop.foundation.database.transactions import transaction
from curbstop.journeys.proofs import entries_have_documents
from curbstop.ledger.models import BusinessDay, Posting, Service
from curbstop.ledger.operations import AccountRow, declare_accounts
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import NOON, TODAY
from tests.refusals import refusing

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)
DISTRICT = {
    "code": "district",
    "name": {"en": "Sanitary District", "es": "Distrito Sanitario"},
    "services": ["sewer"],
    "payable": "701-000-2010",
    "fee_percent": "1.5",
    "fee_revenue": "701-000-4900",
}


@pytest.fixture
def joint(town):
    """Let the sewer lines belong to the district: what they bring is owed to it."""
    with transaction():
        declare_accounts(
            [
                AccountRow("701-000-2000", "701", "000", "2000", "Owed to the district with its bills", "liability"),
                AccountRow("701-000-2010", "701", "000", "2010", "Payable to the district", "liability"),
                AccountRow("701-000-4900", "701", "000", "4900", "Collection fees", "revenue"),
            ]
        )
    owed = Posting._meta.get_field("gl_account").related_model.objects.get(code="701-000-2000")
    Service.objects.filter(code="sewer").update(revenue=owed)
    RuleValue.objects.create(
        code="billing.agencies",
        starts_on=date(2026, 1, 1),
        value=[DISTRICT],
        unit="policy",
        section=CodeSection.objects.get(citation="13.1"),
        proposed_by=town.people["supervisor"],
        adopted_by=town.people["manager"],
    )
    return town


@pytest.fixture
def collected(joint):
    """Bill $111.00, of which $35.00 are the district's, let $90.00 be paid, and begin the next day."""
    account = joint.account()
    joint.use(account, "14")
    joint.release()
    joint.pay(account, 9_000)
    BusinessDay.objects.filter(day=TODAY).update(closed_at=NOON)
    BusinessDay.objects.create(day=TOMORROW, opened_at=NOON, opened_by=joint.people["supervisor"])
    return account


def prepare(town, day=TODAY, by="lead"):
    return operations.prepare_settlement(agency="district", business_date=day, by=town.people[by], at=NOON)


class TestAgencyDays:
    def test_tie_to_the_ledger(self, joint, collected):
        (day,) = queries.agency_days(TODAY, TOMORROW)

        assert day.billed_cents == 3_500
        assert day.receivable_cents == day.billed_cents - day.collected_cents - day.adjusted_cents
        assert day.remitted_cents == day.net_cents - day.fee_cents
        assert day.collected_cents == 2_000

    def test_give_back_what_a_cancelled_bill_took(self, joint, collected):
        asked = operations.request_cancellation(
            bill=Bill.objects.get(), reason="The meter was misread", by=joint.people["lead"], at=NOON
        )
        operations.approve_cancellation(request=asked, by=joint.people["manager"], at=NOON)

        paid, cancelled = queries.agency_days(TODAY, TOMORROW)
        assert cancelled.reversed_cents == paid.collected_cents
        assert cancelled.adjusted_cents == 3_500
        assert cancelled.receivable_cents == 0


class TestSettle:
    def test_makes_payable_what_was_collected_less_the_fee(self, joint, collected):
        settlement = prepare(joint)
        operations.approve_settlement(settlement=settlement, by=joint.people["manager"], at=NOON)

        settlement.refresh_from_db()
        lines = Posting.objects.filter(entry=settlement.entry).order_by("line_number")
        assert [(line.gl_account.code, line.debit_cents, line.credit_cents) for line in lines] == [
            ("701-000-2000", settlement.collected_cents, 0),
            ("701-000-2010", 0, settlement.remitted_cents),
            ("701-000-4900", 0, settlement.fee_cents),
        ]
        assert settlement.fee_cents == (settlement.collected_cents * 15 + 500) // 1000
        assert "billing.settlement" not in " ".join(entries_have_documents().failures)

    def test_needs_a_second_person(self, joint, collected):
        settlement = prepare(joint)
        with pytest.raises(operations.SettlementRefused, match="Another person"):
            operations.approve_settlement(settlement=settlement, by=joint.people["lead"], at=NOON)
        change = (
            "update billing_settlement set approved_by_id = prepared_by_id, approved_at = prepared_at where id = %s"
        )
        assert refusing(change, settlement.pk) == "settlement_by_second_person"

    def test_happens_once_a_day(self, joint, collected):
        prepare(joint)
        with pytest.raises(operations.SettlementRefused, match="settled for 2026-07-01 before"):
            prepare(joint)
        assert Settlement.objects.count() == 1

    @pytest.mark.parametrize(("day", "why"), [(TOMORROW, "is not over"), (date(2026, 6, 30), "Nothing was collected")])
    def test_refuses_a_day_with_nothing_to_settle(self, joint, collected, day, why):
        with pytest.raises(operations.SettlementRefused, match=why):
            prepare(joint, day)
        assert not Settlement.objects.exists()

    def test_stays_as_it_was_prepared(self, joint, collected):
        settlement = prepare(joint)
        with pytest.raises(ProgrammingError, match="permission denied"):
            Settlement.objects.filter(pk=settlement.pk).update(remitted_cents=1)


class TestAdjustableServices:
    def test_leave_out_what_the_agency_does_not_let_the_city_adjust(self, joint):
        lead = joint.people["lead"]
        assert "sewer" not in {service.code for service in services_adjustable_by(lead, on=TODAY)}
        assert "water" in {service.code for service in services_adjustable_by(lead, on=TODAY)}
        # Before the rule began the lines were the city's own.
        assert "sewer" in {service.code for service in services_adjustable_by(lead, on=date(2025, 12, 31))}
        assert read_agencies([{**DISTRICT, "lets_adjust": "yes"}])[0].lets_adjust

    def test_are_all_that_an_adjustment_may_name(self, joint, collected):
        line = AskedLine(joint.services["sewer"], 500)
        asked = Asked(kind="credit", reason="courtesy", note="A courtesy of the office", lines=(line,))
        with pytest.raises(AdjustmentRefused, match="another's to adjust"):
            request_adjustment(account=collected, asked=asked, by=joint.people["lead"], at=NOON)
        assert not AdjustmentRequest.objects.exists()


class TestStatement:
    def test_names_the_owner_of_its_lines(self, city, joint, collected):
        from curbstop.billing.domain.statement import statement_data

        data = statement_data(queries.statement_of_bill(Bill.objects.get()))

        assert "Sewer · Sanitary District" in [service["name"] for service in data["services"]]
        assert data["agencies"] == [{"label": "of this for Sanitary District", "amount": "$35.00"}]


class TestSettlementsPage:
    def test_lists_prepares_and_approves(self, joint, collected, client: Client):
        client.force_login(joint.people["lead"])
        assert "Prepare" in client.get("/billing/settlements/").content.decode()
        client.post("/billing/settlements/prepare/", {"agency": "district", "business_date": TODAY.isoformat()})
        settlement = Settlement.objects.get()
        assert "waits for a second person" in client.get("/billing/settlements/").content.decode()
        client.force_login(joint.people["manager"])
        client.post(f"/billing/settlements/{settlement.pk}/approval/")
        settlement.refresh_from_db()
        assert settlement.approved_by == joint.people["manager"]


class TestReadAgencies:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"payable": ""}, "payable is missing"),
            ({"fee_percent": "101"}, "from 0 to 100"),
            ({"fee_revenue": ""}, "needs fee_revenue"),
            ({"color": "green"}, "nobody reads color"),
            ({"services": "sewer"}, "services is a list"),
        ],
    )
    def test_names_what_is_wrong(self, change, message):
        with pytest.raises(AgenciesRefused, match=message):
            read_agencies([{**DISTRICT, **change}])

    def test_refuses_two_owners_of_one_service(self):
        with pytest.raises(AgenciesRefused, match="sewer belongs to two agencies"):
            read_agencies([DISTRICT, {**DISTRICT, "code": "other"}])
