"""Setting averages: one person computes a policy for everybody, a second approves, and only then does it price.

Computing again supersedes: after a leak adjustment of a winter bill was approved, after a corrected read.
"""

import json
from datetime import date, datetime

import polars as pl
from django.db.models import Exists, OuterRef

from curbstop.billing import queries
from curbstop.billing.domain.average_policies import AveragePolicy
from curbstop.billing.domain.averages import average_of, effective_days
from curbstop.billing.models import AverageSet, UseAverage
from curbstop.customers.queries import account_bounds
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.database.copying import copy_frame
from curbstop.foundation.database.transactions import transaction
from curbstop.metering.queries import AccountRange

# So many accounts at a time are held in memory; it changes no result.
ACCOUNTS_AT_ONCE = 20_000


class AveragesRefused(Exception):
    """The averages were not computed or not approved."""


def _overlapping() -> AveragesRefused:
    return AveragesRefused("Another average holds for some of these days (one_average_in_force): set them again.")


@transaction
def set_averages(*, policy: str, on: date, by: User, at: datetime) -> AverageSet:
    """Compute a policy's averages for every agreement of its service, and leave them to a second person.

    They are those that begin last before `on`. Takes the place of an unapproved computation of the policy.

    :raises NoSuchRule: if the city has no policy of that name in force
    :raises AveragesRefused: if nobody is charged by it
    """
    rule, said = queries.average_policy_on(policy, on)
    begins, ends = effective_days(rule, on)
    AverageSet.objects.filter(policy=policy, approved_at=None, withdrawn_at=None).update(withdrawn_at=at)
    average_set = AverageSet.objects.create(
        policy=policy, rule=said, starts_on=begins, ends_on=ends, proposed_by=by, proposed_at=at
    )
    lowest, highest = account_bounds()
    computed = sum(
        _compute(average_set, rule, AccountRange(first, min(first + ACCOUNTS_AT_ONCE - 1, highest)))
        for first in range(lowest, highest + 1, ACCOUNTS_AT_ONCE)
    )
    if not computed:
        raise AveragesRefused(f"No agreement of {rule.service} has an average or a default from {begins} on.")
    audit.record(
        actor=by, event="billing.averages.proposed", subject=average_set, at=at,
        detail={"policy": policy, "from": begins.isoformat(), "averages": computed},
    )  # fmt: skip
    return average_set


def _compute(average_set: AverageSet, policy: AveragePolicy, accounts: AccountRange) -> int:
    rows = []
    for agreement_id, periods in queries.use_before(policy, average_set.starts_on, accounts).items():
        average = average_of(policy, average_set.starts_on, periods)
        if average is not None:
            basis = UseAverage.Basis.DEFAULT if average.is_default else UseAverage.Basis.AVERAGE
            rows.append((agreement_id, average.value, basis.value, json.dumps(average.derivation)))
    frame = pl.DataFrame(
        rows,
        schema={"agreement_id": pl.Int64, "value": pl.Decimal(18, 4), "basis": pl.String, "derivation": pl.String},
        orient="row",
    )
    return copy_frame(
        UseAverage._meta.db_table,
        frame.with_columns(
            average_set_id=pl.lit(average_set.pk, pl.Int64),
            policy=pl.lit(average_set.policy),
            starts_on=pl.lit(average_set.starts_on),
            ends_on=pl.lit(average_set.ends_on),
            unit=pl.lit(policy.unit.value),
        ),
    )


@transaction(refusals={"one_average_in_force": _overlapping})
def approve_averages(*, average_set: AverageSet, by: User, at: datetime) -> AverageSet:
    """Put averages in force that somebody else computed; what they overlap is superseded and stays on record.

    :raises AveragesRefused: if they were approved or computed again meanwhile, or the same person did both
    """
    average_set = AverageSet.objects.select_for_update().get(pk=average_set.pk)
    one_person = AveragesRefused("Who computed the averages cannot approve them: ask a second person.")
    refuse_same_person(average_set.proposed_by, by, one_person)
    if average_set.approved_at is not None:
        raise AveragesRefused("These averages are approved already.")
    if average_set.withdrawn_at is not None:
        raise AveragesRefused("These averages were computed again since: approve the later ones.")
    mine = UseAverage.objects.filter(average_set=average_set)
    overlaps = mine.filter(
        agreement_id=OuterRef("agreement_id"), starts_on__lt=OuterRef("ends_on"), ends_on__gt=OuterRef("starts_on")
    )
    in_force = UseAverage.objects.filter(policy=average_set.policy, approved_at__isnull=False, superseded_at=None)
    superseded = in_force.filter(Exists(overlaps)).update(superseded_at=at)
    average_set.approved_by, average_set.approved_at = by, at
    average_set.save(update_fields=["approved_by", "approved_at"])
    approved = mine.update(approved_at=at)
    audit.record(
        actor=by, event="billing.averages.approved", subject=average_set, at=at,
        detail={"averages": approved, "superseded": superseded},
    )  # fmt: skip
    return average_set
