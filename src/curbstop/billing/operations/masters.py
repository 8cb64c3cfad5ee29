"""Master accounts: opened for a customer, joined by their accounts, left again."""

from datetime import date, datetime

from curbstop.billing.models import MasterAccount, MasterMember
from curbstop.customers.models import Account, Customer
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.foundation.numbering import next_number

SERIES = "billing.master_account"


class MasterRefused(Exception):
    """The master account was left as it is; the message says why."""


@transaction
def open_master(*, customer: Customer, by: User, at: datetime) -> MasterAccount:
    """Open a master account in the name of a customer."""
    master = MasterAccount.objects.create(
        number=f"M{next_number(SERIES)}", customer=customer, opened_by=by, opened_at=at
    )
    audit.record(actor=by, event="billing.master_account.opened", subject=master, at=at)
    return master


@transaction
def join_master(*, master: MasterAccount, account: Account, on: date, by: User, at: datetime) -> MasterMember:
    """Put the bills of an account on a summary from a day on.

    :raises MasterRefused: if the account is another customer's, or stands on a summary already
    """
    elsewhere = MasterRefused(f"Account {account.number} stands on a summary already.")
    other = MasterRefused(f"Account {account.number} is another customer's: two customers never share a summary.")
    with refused_by("one_master_per_account", elsewhere), refused_by("master_of_one_customer", other):
        member = MasterMember.objects.create(master=master, account=account, starts_on=on)
    _record("joined", member, by=by, at=at)
    return member


@transaction
def leave_master(*, master: MasterAccount, account: Account, on: date, by: User, at: datetime) -> None:
    """Take the bills of an account off a summary from a day on.

    :raises MasterRefused: if the account is not on this summary, or came to it on that day or later
    """
    member = MasterMember.objects.filter(master=master, account=account, ends_on=None).first()
    if member is None:
        raise MasterRefused(f"Account {account.number} is not on summary {master.number}.")
    with refused_by("master_member_has_days", MasterRefused(f"It came to the summary on {member.starts_on}.")):
        member.ends_on = on
        member.save(update_fields=["ends_on"])
    _record("left", member, by=by, at=at)


def _record(what: str, member: MasterMember, *, by: User, at: datetime) -> None:
    audit.record(
        actor=by,
        event=f"billing.master_account.{what}",
        subject=member.master,
        at=at,
        detail={"account": member.account.number},
    )
