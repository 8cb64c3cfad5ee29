"""What rests on usage that a corrected read superseded: bills that stand, and drafts that are out of date.

Found from the usage, through the agreements of its account: a run of a million bills is not searched for it.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from curbstop.billing.models import Bill, BillingRun
from curbstop.foundation.database.copying import read_frame

BESIDE = """
      from metering_usage u
      join customers_serviceagreement g on g.id = u.agreement_id
      join customers_serviceagreement h on h.account_id = g.account_id"""


def bills_resting_on(usage_ids: Sequence[int]) -> QuerySet[Bill]:
    """Return the bills that charge for these usages and are not cancelled, oldest first."""
    query = f"""
        select distinct p.bill_id {BESIDE}
          join billing_billedperiod p on p.agreement_id = h.id and p.usage_id = u.id and not p.cancelled
         where u.id = any(%s)"""
    numbers = read_frame(query, [list(usage_ids)])
    found = numbers["bill_id"].to_list() if numbers.height else []
    return Bill.objects.filter(number__in=found, cancelled_at=None).order_by("number")


def drafted_on_superseded_use(run: BillingRun) -> list[str]:
    """Return the numbers of the accounts whose drafted bill rests on a usage that no longer stands."""
    query = """
        select distinct a.number
          from metering_usage u
          join customers_serviceagreement g on g.id = u.agreement_id
          join customers_account a on a.id = g.account_id
          join billing_draftline d on d.run_id = %s and d.account_id = a.id and d.usage_id = u.id
         where u.superseded_at is not null order by a.number"""
    numbers = read_frame(query, [run.pk])
    return numbers["number"].to_list() if numbers.height else []


def approved_runs_resting_on(usage_ids: Sequence[int]) -> list[int]:
    """Return the runs that are approved and will bill from one of these usages."""
    query = """
        select distinct d.run_id
          from metering_usage u
          join customers_serviceagreement g on g.id = u.agreement_id
          join billing_billingrun r on r.state = %s
          join billing_draftline d on d.run_id = r.id and d.account_id = g.account_id and d.usage_id = u.id
         where u.id = any(%s) order by d.run_id"""
    runs = read_frame(query, [BillingRun.State.APPROVED.value, list(usage_ids)])
    return runs["run_id"].to_list() if runs.height else []
