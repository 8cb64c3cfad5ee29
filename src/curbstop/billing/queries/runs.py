"""Whom a run bills, who waits for a last bill, and what a run adds up to beside its forecast."""

from collections.abc import Sequence
from datetime import date

import polars as pl
from django.db.models import Q, Sum

from curbstop.billing.domain.partitions import Stretch
from curbstop.billing.models import BillingRun, CycleAssignment, DraftBill
from curbstop.billing.queries.columns import billed_to, chosen_accounts
from curbstop.customers.queries import account_names, agreements_ended
from curbstop.foundation.database.copying import read_frame


def accounts_of_run(run: BillingRun, stretch: Stretch) -> set[int]:
    """Return the accounts of a stretch that a run bills."""
    return set(chosen_accounts(run, stretch)["account_id"])


def approved_elsewhere(account_ids: Sequence[int]) -> list[tuple[str, int]]:
    """Return the accounts (number, run) that have a bill going out with a run that is approved and not released."""
    waiting = DraftBill.objects.filter(
        account_id__in=account_ids, held=False, run__state=BillingRun.State.APPROVED
    ).values_list("account__number", "run_id")
    return list(waiting.order_by("account_id"))


def billed_by_another(run: BillingRun) -> list[tuple[str, int]]:
    """Return the accounts (number, other run) of a draft whose days go out, or went out meanwhile, with another run."""
    others = BillingRun.objects.exclude(pk=run.pk).filter(
        Q(state=BillingRun.State.APPROVED) | Q(released_at__gte=run.drafted_at)
    )
    other_ids = list(others.values_list("pk", flat=True))
    if not other_ids:
        return []
    query = """
        with ours as (
          select l.account_id, l.agreement_id, daterange(min(l.starts_on), max(l.ends_on)) as days
            from billing_draftline l
            join billing_draftbill d on d.run_id = l.run_id and d.account_id = l.account_id and not d.held
           where l.run_id = %(run)s group by l.account_id, l.agreement_id)
        select distinct a.number, t.run_id
          from (select o.account_id, b.run_id from ours o
                  join billing_bill b on b.account_id = o.account_id and b.run_id = any(%(others)s)
                  join billing_billedperiod p on p.bill_id = b.id and p.agreement_id = o.agreement_id
                   and not p.cancelled and p.period && o.days
                 union
                select o.account_id, d.run_id from ours o
                  join billing_draftbill d on d.account_id = o.account_id and not d.held
                  join billing_billingrun r on r.id = d.run_id and r.state = 'approved' and r.id = any(%(others)s)) t
          join customers_account a on a.id = t.account_id
         order by a.number"""
    rows = read_frame(query, {"run": run.pk, "others": other_ids}, {"number": pl.String, "run_id": pl.Int64})
    return list(rows.iter_rows())


def accounts_without_cycle(account_ids: Sequence[int]) -> list[str]:
    """Return the numbers of the accounts that never were in a billing cycle."""
    placed = set(CycleAssignment.objects.filter(account_id__in=account_ids).values_list("account_id", flat=True))
    names = account_names([each for each in account_ids if each not in placed])
    return sorted(number for number, _ in names.values())


def accounts_with_final_bills(through: date) -> list[int]:
    """Return the accounts, in order, with a service that ended by a day and is not billed to its end.

    What ended before the account's first day in a cycle was billed by the system before this one.
    """
    ended = agreements_ended(by=through)
    begun = dict(
        CycleAssignment.objects.filter(account_id__in=ended["account_id"].unique().to_list())
        .order_by("account_id", "-starts_on")
        .values_list("account_id", "starts_on")
    )
    begins = pl.col("account_id").replace_strict(begun or {0: through}, default=None, return_dtype=pl.Date)
    waiting = (
        ended.with_columns(begins_on=begins)
        .filter(pl.col("begins_on").is_not_null())
        .join(billed_to(ended["agreement_id"]), on="agreement_id", how="left")
        .filter(pl.coalesce("billed_to", pl.max_horizontal("starts_on", "begins_on")) < pl.col("ends_on"))
    )
    return sorted(waiting["account_id"].unique().to_list())


def total_and_forecast(run: BillingRun) -> tuple[int, int]:
    """Return what the bills going out add up to and what was to be expected, of the accounts that have a past."""
    known = DraftBill.objects.filter(Q(forecast_cents__isnull=False), run_id=run.pk, held=False)
    sums = known.aggregate(total=Sum("total_cents"), forecast=Sum("forecast_cents"))
    return sums["total"] or 0, sums["forecast"] or 0
