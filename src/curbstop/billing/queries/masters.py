"""What stands on a summary: the latest bill of each account of a master, and what each owes."""

from datetime import date

from django.db.models import Q, QuerySet

from curbstop.billing.domain.summary import Summary, SummaryRow
from curbstop.billing.models import Bill, MasterAccount, MasterMember
from curbstop.billing.permissions import SEE_BILLS
from curbstop.billing.queries.statements import letterhead
from curbstop.customers.queries import mailings_of
from curbstop.foundation.access.models import User
from curbstop.ledger.queries import balances_of


def masters_visible_to(user: User) -> QuerySet[MasterAccount]:
    """Return the master accounts a person may see."""
    masters = MasterAccount.objects.select_related("customer")
    return masters if user.may(SEE_BILLS) else masters.none()


def summary_of_master(master: MasterAccount, on: date) -> Summary:
    """Return what a summary says on a day."""
    here = Q(ends_on=None) | Q(ends_on__gt=on)
    members = MasterMember.objects.filter(here, master=master, starts_on__lte=on).select_related("account")
    accounts = [member.account for member in members.order_by("account__number")]
    mailings = mailings_of(account.pk for account in accounts)
    owed = balances_of([account.debtor_id for account in accounts])
    latest = {bill.account_id: bill for bill in _latest_bills([account.pk for account in accounts], on)}
    customer = master.customer
    rows = []
    for account in accounts:
        bill = latest.get(account.pk)
        rows.append(
            SummaryRow(
                account_number=account.number,
                service_address=", ".join(mailings[account.pk].address_lines),
                bill_number=bill.number if bill else None,
                bill_on=bill.bill_on if bill else None,
                due_on=bill.due_on if bill else None,
                current_cents=bill.total_cents if bill else 0,
                balance_cents=owed.get(account.debtor_id, 0),
            )
        )
    sent_to = next(iter(mailings.values()), None)
    return Summary(
        number=master.number,
        customer_name=customer.name,
        language=customer.language,
        mailing_lines=sent_to.mailing_lines if sent_to else (),
        on=on,
        rows=tuple(rows),
        letterhead=letterhead(customer.language, on=on),
    )


def _latest_bills(account_ids: list[int], on: date) -> QuerySet[Bill]:
    standing = Bill.objects.filter(account_id__in=account_ids, cancelled_at=None, bill_on__lte=on)
    return standing.order_by("account_id", "-number").distinct("account_id")
