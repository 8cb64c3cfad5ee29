"""What was said with a customer is written down on the account page, by those who may."""

import pytest

from curbstop.foundation.access.roles import Role

pytestmark = pytest.mark.django_db

SAID = {"channel": "phone", "direction": "inbound", "note": "Asked why the bill doubled; a toilet leaked."}


def write_down(client, account, **changes):
    return client.post(f"/accounts/{account.number}/contacts/", SAID | changes)


def contacts():
    from curbstop.customers.models import Contact

    return Contact.objects.order_by("pk")


class TestLogContact:
    @pytest.mark.parametrize("role", [Role.REPRESENTATIVE, Role.CASHIER, Role.LEAD])
    def test_writes_who_said_what_and_how(self, signed_in, account, role):
        client = signed_in("clerk", role)

        answer = write_down(client, account)

        written = contacts().last()
        assert answer.url == f"/accounts/{account.number}/"
        assert (written.channel, written.direction, written.note) == tuple(SAID.values())
        assert (written.by.username, written.account_id) == ("clerk", account.pk)
        assert SAID["note"] in client.get(answer.url).content.decode()

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"note": ""}, "This field is required."),
            ({"note": "  \n "}, "This field is required."),
            ({"note": "x" * 2001}, "at most 2000 characters"),
            ({"channel": "pigeon"}, "not one of the available choices"),
            ({"direction": ""}, "This field is required."),
        ],
    )
    def test_says_what_is_missing_and_writes_nothing(self, signed_in, account, changes, told):
        before = contacts().count()

        answer = write_down(signed_in("clerk", Role.REPRESENTATIVE), account, **changes)

        assert answer.status_code == 200
        assert told in answer.content.decode()
        assert contacts().count() == before

    def test_is_closed_to_an_auditor(self, signed_in, account):
        before = contacts().count()
        auditor = signed_in("auditor", Role.AUDITOR)

        assert write_down(auditor, account).status_code == 403
        assert "Write down a contact" not in auditor.get(f"/accounts/{account.number}/").content.decode()
        assert contacts().count() == before

    def test_finds_no_unknown_account(self, signed_in, account):
        assert signed_in("clerk", Role.REPRESENTATIVE).post("/accounts/999/contacts/", SAID).status_code == 404

    def test_is_never_a_link(self, signed_in, account):
        client = signed_in("clerk", Role.REPRESENTATIVE)

        assert client.get(f"/accounts/{account.number}/contacts/").status_code == 405
