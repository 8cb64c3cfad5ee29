"""The pages of collections: a run from list to posting, a waiver, a deposit, a dispute."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curbstop.collections.models import ChargeRun, DepositRelease, Dispute, LateCharge, SecurityDeposit, Waiver
from curbstop.foundation.access.roles import Role
from curbstop.ordinances.models import CityProfile, Letter
from tests.collections.conftest import DUE, Office

pytestmark = pytest.mark.django_db
NEXT = DUE + timedelta(days=1)
RUNS_QUERIES, DEPOSITS_QUERIES = 12, 26


@pytest.fixture
def sign_in() -> Callable[[Any], Client]:
    def sign(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign


@pytest.fixture
def letters(office: Office) -> None:
    CityProfile.objects.create(
        name="Pine Hollow", state="VA", timezone="America/New_York", languages=["en", "es"], address_lines=[],
        phone="555-0100", payee="", remittance={}, closed_weekdays=[5, 6],
    )  # fmt: skip
    for code in ("deposit_receipt", "dispute_notice"):
        for language, word in (("en", "Hello"), ("es", "Hola")):
            Letter.objects.create(
                code=code, language=language, subject=code, body=word + " {customer_name}, **{amount_due}**",
                starts_on=date(2020, 1, 1),
            )  # fmt: skip


def text(response: Any) -> str:
    return str(response.content.decode())


class TestRun:
    def test_goes_from_the_list_to_posting_by_two_people(
        self, office: Office, account: Any, sign_in: Callable[[Any], Client]
    ) -> None:
        office.bill(account, water=20_000)
        _, (held,) = office.bill(account, water=5_000)
        office.hold(held)
        office.go_to(NEXT)
        lead, manager = sign_in(office.lead), sign_in(office.manager)
        page = text(lead.post(reverse("collections:propose_charges"), {"kind": "penalty"}, follow=True))
        assert "$20.00" in page
        assert "in dispute" in page
        assert "A second person decides." in page
        run = ChargeRun.objects.get()
        refused = text(lead.post(reverse("collections:approve_charges", args=[run.pk]), follow=True))
        assert "not allowed" in refused.lower() or not LateCharge.objects.exists()
        assert "Approve the run" in text(manager.get(reverse("collections:run", args=[run.pk])))
        manager.post(reverse("collections:approve_charges", args=[run.pk]))
        page = text(manager.post(reverse("collections:post_charges", args=[run.pk]), follow=True))
        assert "The run is posted." in page
        assert office.owed(account, "penalty") == [2_000]

    def test_says_that_nothing_is_late(self, office: Office, sign_in: Callable[[Any], Client]) -> None:
        page = sign_in(office.lead).post(reverse("collections:propose_charges"), {"kind": "interest"})
        assert "No bill is late" in text(page)
        assert not ChargeRun.objects.exists()

    @pytest.mark.parametrize("runs", [1, 3])
    def test_lists_runs_with_as_many_queries(
        self,
        office: Office,
        account: Any,
        sign_in: Callable[[Any], Client],
        runs: int,
        django_assert_max_num_queries: Any,
    ) -> None:
        for month in range(runs):
            office.bill(account, water=20_000, due_on=date(2026, 7 + month, 21))
            office.go_to(date(2026, 7 + month, 22))
            office.charge()
        client = sign_in(office.lead)
        with django_assert_max_num_queries(RUNS_QUERIES):
            page = text(client.get(reverse("collections:runs")))
        assert page.count("Posted") == runs


class TestWaiver:
    def test_waits_for_a_second_person_and_is_approved(
        self, office: Office, account: Any, sign_in: Callable[[Any], Client]
    ) -> None:
        office.bill(account, water=40_000)
        office.go_to(NEXT)
        office.charge()
        charge = LateCharge.objects.get()
        clerk, supervisor = sign_in(office.representative), sign_in(office.supervisor)
        assert "Waive" in text(clerk.get(reverse("collections:account", args=[account.number])))
        sent = {"reason": "no_fault", "note": "The letter came back to us"}
        page = clerk.post(reverse("collections:waive_charge", args=[charge.pk]), sent)
        assert "Name the evidence" in text(page)
        sent["evidence"] = "Envelope, scanned"
        page = clerk.post(reverse("collections:waive_charge", args=[charge.pk]), sent, follow=True)
        assert "waits for a second person" in text(page)
        assert "Envelope, scanned" in text(supervisor.get(reverse("collections:waivers")))
        supervisor.post(reverse("collections:approve_waiver", args=[Waiver.objects.get().pk]))
        assert office.owed(account, "penalty") == []


class TestDeposit:
    def test_is_asked_for_paid_and_given_back(
        self, office: Office, account: Any, letters: None, sign_in: Callable[[Any], Client]
    ) -> None:
        lead, supervisor = sign_in(office.lead), sign_in(office.supervisor)
        sent = {"amount": "150.00", "reason": "No record of prompt payment"}
        lead.post(reverse("collections:ask_deposit", args=[account.number]), sent)
        deposit = SecurityDeposit.objects.get()
        office.pay(account, 15_000)
        page = text(lead.get(reverse("collections:deposit", args=[deposit.pk])))
        assert "Hello Customer 100001, <strong>$150.00</strong>" in page
        type(account).objects.update(closed_on=office.day)
        giving = {"form": "closure", "reason": "The account was closed"}
        lead.post(reverse("collections:deposit", args=[deposit.pk]), giving)
        page = text(supervisor.get(reverse("collections:deposit", args=[deposit.pk])))
        assert "Give the deposit back" in page
        supervisor.post(reverse("collections:approve_release", args=[deposit.pk]))
        assert DepositRelease.objects.get().remainder_cents == 15_000

    def test_says_why_it_is_refused(self, office: Office, account: Any, sign_in: Callable[[Any], Client]) -> None:
        sent = {"amount": "", "reason": "No record of prompt payment"}
        page = sign_in(office.lead).post(reverse("collections:ask_deposit", args=[account.number]), sent)
        assert "state the amount" in text(page)

    @pytest.mark.parametrize("many", [1, 3])
    def test_lists_deposits_with_as_many_queries(
        self,
        office: Office,
        account: Any,
        sign_in: Callable[[Any], Client],
        many: int,
        django_assert_max_num_queries: Any,
    ) -> None:
        from curbstop.collections.operations import ask_deposit

        for _ in range(many):
            ask_deposit(
                account=account, reason="No record of payment", amount_cents=5_000, by=office.lead, at=office.at
            )
        client = sign_in(office.lead)
        with django_assert_max_num_queries(DEPOSITS_QUERIES):
            assert text(client.get(reverse("collections:deposits"))).count("not paid in full") == many


class TestDispute:
    def test_is_opened_and_answered_in_the_customers_language(
        self, office: Office, account: Any, letters: None, sign_in: Callable[[Any], Client]
    ) -> None:
        type(account.customer).objects.update(language="es")
        source, _ = office.bill(account, water=20_000)
        client = sign_in(office.lead)
        sent = {"bill": source, "amount": "50.00", "reason": "The meter was read wrongly"}
        page = client.post(reverse("collections:open_dispute", args=[account.number]), sent, follow=True)
        assert "Hola Customer 100001, <strong>$50.00</strong>" in text(page)
        dispute = Dispute.objects.get()
        sent = {"outcome": "denied", "answer": "The meter was tested and is right"}
        page = client.post(reverse("collections:dispute", args=[dispute.pk]), sent, follow=True)
        assert "The dispute is answered." in text(page)
        dispute.refresh_from_db()
        assert dispute.outcome == "denied"


class TestRoles:
    def test_a_cashier_sees_nothing_of_it(self, users: dict[Role, Any], sign_in: Callable[[Any], Client]) -> None:
        assert sign_in(users[Role.CASHIER]).get(reverse("collections:runs")).status_code == 403
