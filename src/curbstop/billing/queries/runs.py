"""Whom a run bills, who waits for a last bill, and what a run adds up to beside its forecast."""

from collections.abc import Sequence
from datetime import date

import polars as pl
from django.db.models import Q, Sum

from curbstop.billing.domain.partitions import Stretch
from curbstop.billing.models import BillingRun, CycleAssignment, DraftBill
from curbstop.billing.queries.columns import billed_to, chosen_accounts
from curbstop.customers.queries import account_names, agreements_ended


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
    """Return the accounts (number, other run) of a draft that go out with another approved run as well."""
    others = BillingRun.objects.filter(state=BillingRun.State.APPROVED).exclude(pk=run.pk)
    other_ids = list(others.values_list("pk", flat=True))
    if not other_ids:
        return []
    ours = DraftBill.objects.filter(run_id=run.pk, held=False).values("account_id")
    twice = DraftBill.objects.filter(run_id__in=other_ids, held=False, account_id__in=ours)
    return list(twice.order_by("account_id").values_list("account__number", "run_id"))


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
