from datetime import UTC, date, datetime

import psycopg
import pytest
from django.db import DatabaseError

from curbstop.customers.models import Account, Contact, Customer, ServiceAgreement
from curbstop.customers.operations import (
    AgreementRefused,
    ContactRefused,
    Conversation,
    CustomerRefused,
    Identity,
    end_agreement,
    log_contact,
    open_account,
    register_customer,
    start_agreement,
)
from curbstop.customers.proofs import PROOFS
from curbstop.foundation.audit.models import AuditEvent
from tests.refusals import refusing

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OPENED = date(2026, 1, 5)

pytestmark = pytest.mark.django_db


class TestRegisterCustomer:
    def test_stores_the_name_as_it_is_written_and_as_it_is_found(self, rosa):
        assert rosa.name == "Rosa Nuñez Delgado"
        assert rosa.sort_key == "delgado rosa nunez"
        assert rosa.phone_digits == "7575550143"

    @pytest.mark.parametrize("name", ["", "   ", "\u202e\u200b", "...", "a\x00b"])
    def test_refuses_a_name_that_nobody_can_read(self, db, name):
        with pytest.raises(CustomerRefused):
            register_customer(identity=Identity(name=name), by=None, at=AT)

        assert not Customer.objects.exists()
        assert not AuditEvent.objects.exists()

    def test_refuses_a_language_without_letters(self, db):
        with pytest.raises(CustomerRefused, match="English"):
            register_customer(identity=Identity(name="Li Lei", language="zh"), by=None, at=AT)

        assert not Customer.objects.exists()


class TestOpenAccount:
    def test_gives_each_account_a_debtor_of_its_own(self, rosa, premises, account):
        second = open_account(customer=rosa, premises=premises, opened_on=OPENED, by=None, at=AT)

        assert (account.number, second.number) == ("100001", "100002")
        assert account.debtor_id != second.debtor_id


class TestAccount:
    def test_keeps_what_it_owes(self, rosa, premises, account):
        open_account(customer=rosa, premises=premises, opened_on=OPENED, by=None, at=AT)
        before = list(Account.objects.order_by("pk").values())

        swapped = "update customers_account a set debtor_id = o.debtor_id from customers_account o where o.id <> a.id"
        assert refusing(swapped) == "account_keeps_its_debtor"
        assert refusing("update customers_account set number = '9' || number") == "account_keeps_its_debtor"

        assert list(Account.objects.order_by("pk").values()) == before


class TestStartAgreement:
    def test_is_for_that_account(self, rosa, premises, account, tap):
        start_agreement(account=account, service_point=tap, starts_on=OPENED, by=None, at=AT)
        other = open_account(customer=rosa, premises=premises, opened_on=OPENED, by=None, at=AT)

        moved = "update customers_serviceagreement set account_id = %s"
        assert refusing(moved, other.pk) == "agreement_keeps_its_account"

        assert ServiceAgreement.objects.get().account == account

    def test_makes_the_account_responsible(self, account, tap):
        agreement = start_agreement(account=account, service_point=tap, starts_on=OPENED, by=None, at=AT)

        assert agreement.ends_on is None

    def test_refuses_a_second_responsible_account_on_one_day(self, account, tap, rosa, premises):
        start_agreement(account=account, service_point=tap, starts_on=OPENED, by=None, at=AT)
        other = open_account(customer=rosa, premises=premises, opened_on=OPENED, by=None, at=AT)

        with pytest.raises(AgreementRefused, match="Another account answers for SP-1"):
            start_agreement(account=other, service_point=tap, starts_on=OPENED, by=None, at=AT)

        assert ServiceAgreement.objects.count() == 1

    def test_lets_the_next_occupant_start_on_the_day_the_last_one_ends(self, account, tap, rosa, premises):
        moved = date(2026, 2, 10)
        first = start_agreement(account=account, service_point=tap, starts_on=OPENED, by=None, at=AT)
        end_agreement(agreement=first, ends_on=moved, by=None, at=AT)
        other = open_account(customer=rosa, premises=premises, opened_on=moved, by=None, at=AT)
        start_agreement(account=other, service_point=tap, starts_on=moved, by=None, at=AT)

        assert all(proof.check().holds for proof in PROOFS)

    def test_refuses_a_day_before_the_account_opens(self, account, tap):
        with pytest.raises(AgreementRefused, match="opens on"):
            start_agreement(account=account, service_point=tap, starts_on=date(2026, 1, 4), by=None, at=AT)

        assert not ServiceAgreement.objects.exists()


class TestEndAgreement:
    def test_refuses_to_end_twice_or_before_the_start(self, account, tap):
        agreement = start_agreement(account=account, service_point=tap, starts_on=OPENED, by=None, at=AT)
        with pytest.raises(AgreementRefused, match="starts on"):
            end_agreement(agreement=agreement, ends_on=OPENED, by=None, at=AT)
        ended = end_agreement(agreement=agreement, ends_on=date(2026, 2, 1), by=None, at=AT)
        with pytest.raises(AgreementRefused, match="ended on"):
            end_agreement(agreement=ended, ends_on=date(2026, 2, 5), by=None, at=AT)

        agreement.refresh_from_db()
        assert agreement.ends_on == date(2026, 2, 1)


class TestLogContact:
    def conversation(self, note):
        return Conversation(channel=Contact.Channel.PHONE, direction=Contact.Direction.INBOUND, note=note)

    def test_writes_the_note_once_and_for_all(self, rosa, account, person):
        logged = log_contact(
            customer=rosa,
            conversation=self.conversation("Asked about the bill."),
            account=account,
            by=person("rep"),
            at=AT,
        )

        logged.note = "Something else."
        with pytest.raises(DatabaseError):
            logged.save()

    def test_refuses_a_card_number(self, rosa, account, person):
        with pytest.raises(ContactRefused, match="never stored") as refusal:
            log_contact(
                customer=rosa,
                conversation=self.conversation("Card 4111 1111 1111 1111 was charged twice"),
                account=account,
                by=person("rep"),
                at=AT,
            )

        assert "1111" not in str(refusal.value)
        assert not Contact.objects.exists()

    def test_refuses_an_account_of_somebody_else(self, rosa, account, person):
        other = register_customer(identity=Identity(name="Li Lei"), by=None, at=AT)

        with pytest.raises(ContactRefused, match="another customer"):
            log_contact(
                customer=other,
                conversation=self.conversation("Hello"),
                account=account,
                by=person("rep"),
                at=AT,
            )

        assert not Contact.objects.exists()


class TestDeletedRows:
    def test_an_account_is_never_deleted(self, account, connect_as, transactional_db):
        with pytest.raises(psycopg.errors.CheckViolation, match="never deleted"):
            connect_as("curbstop_owner").execute("delete from customers_account")

        assert Account.objects.count() == 1
