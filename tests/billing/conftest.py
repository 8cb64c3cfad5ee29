"""Pine Hollow: a town of a few accounts with water, sewer and stormwater, ready for its first bills."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

# Rooms are imported inside the fixtures: pytest reads this file before Django is set up.

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TODAY = date(2026, 7, 1)
MAY, JULY = date(2026, 5, 1), date(2026, 6, 30)

WATER = """
tariff: water
unit: ccf
section: "13.1"
period: {standard_days: 60, months: 2}
components:
  - key: water_service
    service: water
    label: {en: Water service, es: Servicio de agua}
    base: {by: meter_size, table: {5/8": 20.00, 1": 50.00}}
  - key: water_use
    service: water
    label: {en: Water use, es: Consumo de agua}
    tiers:
      - {up_to: 10, price: 3.00}
      - {price: 5.00}
"""
SEWER = """
tariff: sewer
unit: ccf
section: "13.2"
components:
  - key: sewer_use
    service: sewer
    label: {en: Sewer use, es: Uso de alcantarillado}
    price: 2.50
"""
STORMWATER = """
tariff: stormwater
unit: each
section: "13.3"
components:
  - key: stormwater
    service: stormwater
    label: {en: Stormwater, es: Aguas pluviales}
    quantity: eru
    unit: eru
    per_day: 0.10
"""
TARIFFS = {"water": WATER, "sewer": SEWER, "stormwater": STORMWATER}
RULES = {
    "billing.due_days": (20, "days"),
    "billing.period_days_min": (55, "days"),
    "billing.period_days_max": (69, "days"),
    "billing.usage_high_factor": ("2.0", "factor"),
    "billing.usage_high_change_min": ("5", "ccf"),
    "billing.usage_low_factor": ("0.4", "factor"),
    "billing.usage_low_change_min": ("3", "ccf"),
    "billing.review_over": ("2500.00", "dollars"),
    "billing.hold_factor": ("3.0", "factor"),
    "billing.hold_over": ("200.00", "dollars"),
    "metering.usage_unit": ("ccf", "choice"),
    "metering.usage_rounding": ("exact", "choice"),
    "metering.rollover_share_min": ("90", "percent"),
    "metering.rollover_usage_factor_max": ("3", "factor"),
    "adjustment.representative_max": ("25.00", "dollars"),
    "adjustment.lead_max": ("100.00", "dollars"),
    "adjustment.supervisor_max": ("500.00", "dollars"),
    "adjustment.manager_max": ("2500.00", "dollars"),
    "adjustment.window_days": (30, "days"),
    "adjustment.person_months": (12, "months"),
    "adjustment.person_day_factor": ("10", "factor"),
    "adjustment.cash_days": (30, "days"),
    "adjustment.reasons": (
        [
            {"code": "courtesy", "label": {"en": "Courtesy credit"}, "kind": "credit"},
            {"code": "billing_error", "label": {"en": "Billing error"}, "evidence": "text"},
            {"code": "meter_error", "label": {"en": "Wrong meter"}, "evidence": "document"},
            {"code": "waiver", "label": {"en": "Fee waived"}, "kind": "credit", "second_person": "yes"},
            {"code": "leak", "label": {"en": "Leak", "es": "Fuga"}, "kind": "credit", "evidence": "document"},
        ],
        "policy",
    ),
}


@dataclass(frozen=True)
class Town:
    """The people of the office, and what a test does to the town."""

    people: dict[str, Any]
    cycle: Any
    services: dict[str, int]

    def account(
        self,
        number: str = "100001",
        *,
        services: tuple[str, ...] = ("water", "sewer", "stormwater"),
        starts_on: date = MAY,
        ends_on: date | None = None,
        customer_class: str = "",
    ) -> Any:
        """Open an account with its agreements, its rates and its cycle."""
        from curbstop.billing.operations import assign_cycle
        from curbstop.customers.models import Account, Customer, Premises, ServiceAgreement, ServicePoint
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.models import Debtor
        from curbstop.rates.operations import assign_rates

        customer = Customer.objects.create(
            number=f"C{number}",
            name=f"Customer {number}",
            search_key=f"customer {number}",
            sort_key=f"customer {number}",
        )
        premises = Premises.objects.create(
            address_line=f"{number} Pine Road",
            city="Pine Hollow",
            state="VA",
            zip="23300",
            search_key=f"{number} pine road",
        )
        account = Account.objects.create(
            number=number,
            customer=customer,
            premises=premises,
            opened_on=starts_on,
            debtor=Debtor.objects.create(kind="utility", label=number),
        )
        rates = []
        for code in services:
            point = ServicePoint.objects.create(
                premises=premises, service_id=self.services[code], number=f"{number}-{code}"
            )
            agreement = ServiceAgreement.objects.create(
                account=account, service_point=point, starts_on=starts_on, ends_on=ends_on
            )
            inputs = {"water": "{}", "sewer": "{}", "stormwater": '{"eru": "1"}'}[code]
            rates.append((agreement.pk, code, customer_class, inputs, date(2026, 1, 1), None))
        schema = {
            "agreement_id": pl.Int64,
            "schedule": pl.String,
            "customer_class": pl.String,
            "inputs": pl.String,
            "starts_on": pl.Date,
            "ends_on": pl.Date,
        }
        with transaction():
            assign_rates(pl.DataFrame(rates, schema=schema, orient="row"))
            assign_cycle(cycle=self.cycle, account_ids=[account.pk], starts_on=MAY)
        return account

    def use(self, account: Any, ccf: str, *, starts_on: date = MAY, ends_on: date = JULY, size: str = '5/8"') -> None:
        """Hand over the volume that an account's water meter counted."""
        from curbstop.customers.models import ServiceAgreement
        from curbstop.metering.operations import import_volumes

        agreement = ServiceAgreement.objects.get(account=account, service_point__service_id=self.services["water"])
        row = {
            "agreement_id": agreement.pk,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "volume": Decimal(ccf),
            "unit": "ccf",
            "meter_size": size,
        }
        import_volumes(rows=pl.DataFrame([row]), source="test", by=None, at=NOON)

    def draft(self, through: date = TODAY, **facts: Any) -> Any:
        """Draft the cycle as the lead."""
        from curbstop.billing.operations import draft_bills

        facts = {"cycles": [self.cycle], **facts}
        return draft_bills(through=through, bill_on=TODAY, by=self.people["lead"], at=NOON, **facts)

    def approve(self, run: Any) -> Any:
        """Approve a run as the manager."""
        from curbstop.billing.operations import approve_run

        return approve_run(run=run, by=self.people["manager"], at=NOON)

    def pay(self, account: Any, cents: int, by: str = "lead") -> Any:
        """Take a payment as the counter would: oldest items first, the rest becomes credit."""
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import Line, NewAllocation, post_entry, settling_lines
        from curbstop.ledger.queries import current_business_day, gl_account, open_items_of

        left, allocations = cents, []
        for item in open_items_of(account.debtor_id):
            share = min(left, item.balance_cents)
            if share:
                allocations.append(NewAllocation(item.id, share))
            left -= share
        credit = [Line.credit(gl_account("unapplied_credit").pk, left, debtor_id=account.debtor_id)] if left else []
        with transaction():
            return post_entry(
                kind="payment",
                lines=(Line.debit(gl_account("cash_drawer").pk, cents), *settling_lines(allocations), *credit),
                allocations=allocations,
                source="test.payment:1",
                business_date=current_business_day(),
                actor=self.people[by],
                posted_at=NOON,
            )

    def spend_credit(self, account: Any) -> Any:
        """Apply an account's credit to what it owes."""
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import NewAllocation, apply_credit
        from curbstop.ledger.queries import open_items_of

        allocations = [NewAllocation(item.id, item.balance_cents) for item in open_items_of(account.debtor_id)]
        with transaction():
            return apply_credit(
                allocations=allocations,
                source="test.credit:1",
                business_date=TODAY,
                actor=self.people["lead"],
                posted_at=NOON,
            )

    def close_the_office(self) -> None:
        """Close the business day, as in the evening."""
        from curbstop.ledger.models import BusinessDay

        BusinessDay.objects.filter(day=TODAY).update(closed_at=NOON)

    def release(self, through: date = TODAY) -> Any:
        """Draft, approve and release."""
        from curbstop.billing.operations import release_bills

        run = self.approve(self.draft(through))
        return release_bills(run=run, by=self.people["manager"], at=NOON)


@pytest.fixture
def people(person: Callable[..., Any]) -> dict[str, Any]:
    from curbstop.foundation.access.roles import Role

    roles = (Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.REPRESENTATIVE)
    return {role.value: person(role.value, role) for role in roles}


@pytest.fixture
def town(people: dict[str, Any]) -> Town:
    from curbstop.billing.operations import declare_cycles
    from curbstop.foundation.database.transactions import transaction

    open_the_office(people)
    services = make_the_books()
    write_the_code(people)
    with transaction():
        cycle = declare_cycles([("ODD", "North side", 2)])["ODD"]
    return Town(people, cycle, services)


@pytest.fixture
def city(db: None) -> Any:
    """What Pine Hollow prints on a bill about itself."""
    from curbstop.ordinances.models import CityProfile

    return CityProfile.objects.create(
        name="Pine Hollow",
        state="VA",
        timezone="America/New_York",
        languages=["en"],
        address_lines=["1 Main Street"],
        phone="757-555-0100",
        payee="City of Pine Hollow",
        department={"en": "Utility Billing"},
        remittance={"en": "P.O. Box 1"},
        closed_weekdays=[5, 6],
    )


def open_the_office(people: dict[str, Any]) -> None:
    from curbstop.ledger.models import BusinessDay, FiscalPeriod

    FiscalPeriod.objects.create(starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1))
    BusinessDay.objects.create(day=TODAY, opened_at=NOON, opened_by=people["supervisor"])


def make_the_books() -> dict[str, int]:
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.models import Service
    from curbstop.ledger.operations import AccountRow, ServiceRow, declare_accounts, declare_services

    funds = {"water": "501", "sewer": "502", "stormwater": "503"}
    with transaction():
        declare_accounts(
            [
                AccountRow("500-000-2400", "500", "000", "2400", "Unapplied credit", "liability", "unapplied_credit"),
                AccountRow("500-000-2410", "500", "000", "2410", "Refunds payable", "liability", "refunds_payable"),
                AccountRow("500-000-1020", "500", "000", "1020", "Cash in drawers", "asset", "cash_drawer"),
            ]
        )
        for code, fund in funds.items():
            declare_accounts(
                [
                    AccountRow(f"{fund}-000-1150", fund, "000", "1150", f"{code} receivable", "asset"),
                    AccountRow(f"{fund}-400-4010", fund, "400", "4010", f"{code} sales", "revenue"),
                ]
            )
        declare_services(
            [
                ServiceRow(code, code.title(), code.title(), f"{fund}-000-1150", f"{fund}-400-4010", rank)
                for rank, (code, fund) in enumerate(funds.items(), start=1)
            ]
        )
    return dict(Service.objects.values_list("code", "pk"))


def write_the_code(people: dict[str, Any]) -> None:
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ordinances.models import CodeSection, RuleValue
    from curbstop.rates.operations import adopt_version

    section = CodeSection.objects.create(citation="13.1", title="Rates")
    for citation in ("13.2", "13.3"):
        CodeSection.objects.create(citation=citation, title="Rates")
    RuleValue.objects.bulk_create(
        RuleValue(
            code=code,
            starts_on=date(2026, 1, 1),
            value=value,
            unit=unit,
            section=section,
            proposed_by=people["supervisor"],
            adopted_by=people["manager"],
        )
        for code, (value, unit) in RULES.items()
    )
    with transaction():
        for code, document in TARIFFS.items():
            adopt_version(
                schedule=code,
                service=code,
                document=document,
                format="tariff",
                section_id=section.pk,
                starts_on=date(2026, 1, 1),
                proposed_by=people["supervisor"],
                approved_by=people["manager"],
            )
