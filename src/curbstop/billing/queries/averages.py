"""The averages in force, as inputs of a rate, and the use that an average is reckoned from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import mul
from typing import Any

import polars as pl
from django.db.models import Count, Q, QuerySet, Sum

from curbstop.billing.domain.average_policies import AveragePolicy, read_policy
from curbstop.billing.domain.averages import PeriodOfUse, default_of, inputs_of, window_before
from curbstop.billing.models import AverageSet, UseAverage
from curbstop.billing.permissions import SEE_BILLS
from curbstop.customers.queries import agreements_frame
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.quantities import Unit, ratio
from curbstop.ledger.queries import services
from curbstop.metering.queries import AccountRange, usage_history
from curbstop.ordinances.domain.vocabulary import AVERAGES as CODE
from curbstop.ordinances.queries import value_on, values_under

VOLUMES = (Unit.GALLONS, Unit.KGAL, Unit.CUBIC_FEET, Unit.CCF, Unit.KILOLITER)
ESTIMATED = "estimated"
TEN_THOUSAND = 10_000


@dataclass(frozen=True, slots=True)
class AverageSetSummary:
    """What a person looks at before approving: how many have an average, how many the city's default."""

    averages: int
    defaults: int
    without: int
    total: Decimal
    unit: str


def average_policy_on(name: str, on: date) -> tuple[AveragePolicy, dict[str, Any]]:
    """Return a policy by its name, and its rule as it was written.

    :raises NoSuchRule: if the city has none of that name in force
    """
    rule = value_on(CODE + name, on).value
    return read_policy(rule), rule


def average_sets_visible_to(user: User) -> QuerySet[AverageSet]:
    """Return the computations of averages that a person may see, newest first."""
    sets = AverageSet.objects.select_related("proposed_by", "approved_by")
    return sets if user.may(SEE_BILLS) else sets.none()


def waiting_average_set(policy: str) -> AverageSet | None:
    """Return the computation of a policy that waits for a second person."""
    waiting = AverageSet.objects.filter(policy=policy, approved_at=None, withdrawn_at=None)
    return waiting.select_related("proposed_by").first()


def averages_of(agreement_id: int) -> QuerySet[UseAverage]:
    """Return every average that an agreement has or had, newest first."""
    return UseAverage.objects.filter(agreement_id=agreement_id).order_by("-starts_on", "-pk")


def summary_of(average_set: AverageSet) -> AverageSetSummary:
    """Return what a computation came to, and how many active agreements of the service it leaves without."""
    counted = UseAverage.objects.filter(average_set=average_set, starts_on=average_set.starts_on).aggregate(
        averages=Count("pk", filter=Q(basis=UseAverage.Basis.AVERAGE)),
        defaults=Count("pk", filter=Q(basis=UseAverage.Basis.DEFAULT)),
        total=Sum("value", default=Decimal(0)),
    )
    without = read_frame(
        "select count(*) as without from customers_serviceagreement g"
        "  join customers_servicepoint p on p.id = g.service_point_id join ledger_service s on s.id = p.service_id"
        " where s.code = %s and g.starts_on <= %s and (g.ends_on is null or g.ends_on > %s)"
        "   and not exists (select from billing_useaverage a where a.average_set_id = %s and a.agreement_id = g.id)",
        [average_set.rule["service"], average_set.starts_on, average_set.starts_on, average_set.pk],
        {"without": pl.Int64},
    )
    return AverageSetSummary(
        **counted,
        without=int(without["without"].item()),
        unit=average_set.rule["unit"],
    )


def averages_frame(*, first_account_id: int, last_account_id: int, on: date) -> pl.DataFrame:
    """Return the averages of a range of accounts on a day, as the inputs of their rates.

    Columns: agreement_id, inputs (JSON text): `{"winter_average":"4629","winter_average_basis":"average"}`. An
    agreement that ended has the average of its last day. One that began after its policy was last set has
    the city's default for new customers; without a default it has none, and its bill is held.
    """
    policies = {row.code.removeprefix(CODE): read_policy(row.value) for row in values_under(CODE, on)}
    where = {"on": on, "first": first_account_id, "last": last_account_id, "policies": list(policies)}
    defaults = {name: default_of(policy) for name, policy in policies.items()}
    new = pl.concat(
        [
            _new_agreements(policy, {**where, "policy": name}).with_columns(
                policy=pl.lit(name), value=pl.lit(str(defaults[name])), basis=pl.lit(UseAverage.Basis.DEFAULT.value)
            )
            for name, policy in policies.items()
            if defaults[name] is not None
        ]
        or [pl.DataFrame(schema=IN_FORCE)]
    )
    found = read_frame(_IN_FORCE, where, IN_FORCE) if policies else new
    later = new.join(found, on=["agreement_id", "policy"], how="anti")
    return inputs_of(pl.concat([found, later]), {name: policy.input for name, policy in policies.items()})


IN_FORCE: dict[str, type[pl.DataType]] = {
    "agreement_id": pl.Int64,
    "policy": pl.String,
    "value": pl.String,
    "basis": pl.String,
}
_IN_FORCE = """
    select g.id as agreement_id, u.policy, trim_scale(u.value)::text as value, u.basis
      from customers_serviceagreement g join billing_useaverage u on u.agreement_id = g.id
     where g.account_id between %(first)s and %(last)s and u.policy = any(%(policies)s)
       and daterange(u.starts_on, u.ends_on) @> least(%(on)s::date, g.ends_on - 1)
       and u.approved_at is not null and u.superseded_at is null
     order by g.id, u.policy
"""
_NEW = """
    select g.id as agreement_id
      from customers_serviceagreement g
      join customers_servicepoint p on p.id = g.service_point_id join ledger_service s on s.id = p.service_id
     where g.account_id between %(first)s and %(last)s and s.code = %(service)s
       and g.starts_on > (select max(b.starts_on) from billing_averageset b
                           where b.policy = %(policy)s and b.approved_at is not null
                             and b.starts_on <= least(%(on)s::date, g.ends_on - 1))
"""


def _new_agreements(policy: AveragePolicy, where: dict[str, Any]) -> pl.DataFrame:
    return read_frame(_NEW, {**where, "service": policy.service}, {"agreement_id": pl.Int64})


def use_before(policy: AveragePolicy, begins: date, accounts: AccountRange) -> dict[int, list[PeriodOfUse]]:
    """Return for each agreement that is charged by the average the use of its account, a month at a time.

    Only what was used while the agreement stood counts: who lived there before had an account of their own. What
    several meters counted, or one counted in two reads of a month, is one period.
    """
    since, _ = window_before(policy, begins, winters_ago=policy.prior_winters)
    codes = {service.code: service.pk for service in services()}
    frame = agreements_frame(first_account_id=accounts.first, last_account_id=accounts.last)
    lenders = frame.filter(pl.col("service_id") == codes.get(policy.of, 0)).select("account_id", "agreement_id")
    goes_on = pl.col("ends_on").is_null() | (pl.col("ends_on") > begins)
    is_charged = pl.col("service_id") == codes.get(policy.service, 0)
    charged = frame.filter(is_charged & goes_on & (pl.col("starts_on") <= begins)).select(
        "account_id", begun_on="starts_on", charged_id="agreement_id"
    )
    use = _with_credits(usage_history(lenders["agreement_id"].to_list(), since=since), lenders["agreement_id"])
    if policy.by == "bill_month":
        use = use.join(_billed_on(lenders["agreement_id"], since), on="usage_id", how="left")
    else:
        use = use.with_columns(bill_on=pl.lit(None, pl.Date))
    dated = (
        use.join(lenders, on="agreement_id")
        .join(charged, on="account_id")
        .filter(pl.col("starts_on") >= pl.col("begun_on"))
        .with_columns(counted_on=pl.coalesce("bill_on", "ends_on"))
    )
    found: dict[int, list[PeriodOfUse]] = {each: [] for each in charged["charged_id"]}
    for agreement_id, period in _periods(policy, dated):
        found[agreement_id].append(period)
    return found


def _billed_on(agreement_ids: pl.Series, since: date) -> pl.DataFrame:
    """Return the bill date of each use that a bill charges."""
    return read_frame(
        "select p.usage_id, max(b.bill_on) as bill_on from billing_billedperiod p"
        "  join billing_bill b on b.id = p.bill_id"
        " where p.agreement_id = any(%s) and not p.cancelled and p.usage_id is not null and upper(p.period) > %s"
        " group by p.usage_id",
        [agreement_ids.to_list(), since],
        {"usage_id": pl.Int64, "bill_on": pl.Date},
    )


def _with_credits(use: pl.DataFrame, agreement_ids: pl.Series) -> pl.DataFrame:
    """Add what a leak credit gave back of each use, in ten-thousandths of its unit; nothing where none was granted.

    A credit is for a bill: of several uses on it, the largest was the leak.
    """
    credited = read_frame(
        "select a.id as adjustment_id, p.usage_id, r.billed_units::numeric(18, 4) as units, r.unit as credit_unit"
        "  from billing_billedperiod p join billing_adjustmentrequest r on r.bill_id = p.bill_id"
        "  join billing_adjustment a on a.request_id = r.id"
        " where p.agreement_id = any(%s) and p.usage_id is not null and not p.cancelled"
        "   and r.billed_units is not null and a.kind = 'credit'"
        "   and not exists (select from billing_adjustment b where b.reverses_id = a.id)",
        [agreement_ids.to_list()],
        {"adjustment_id": pl.Int64, "usage_id": pl.Int64, "units": pl.Decimal(18, 4), "credit_unit": pl.String},
    )
    largest = (
        credited.join(use.select("usage_id", "unit", "billed"), on="usage_id")
        .sort("billed", "usage_id", descending=True)
        .unique("adjustment_id", keep="first", maintain_order=True)
    )
    # A credit in gallons on a meter that is billed in CCF is converted, never left out.
    given = (
        largest.with_columns(given_back=pl.struct("units", "credit_unit", "unit").map_elements(_in_own_unit, pl.Int64))
        .group_by("usage_id")
        .agg(pl.col("given_back").sum())
    )
    return use.join(given, on="usage_id", how="left")


def _in_own_unit(row: dict[str, Any]) -> int:
    """Return the ten-thousandths of a use's own unit that a credit gave back."""
    return round(Fraction(row["units"]) * ratio(Unit(row["credit_unit"]), Unit(row["unit"])) * TEN_THOUSAND)


def _periods(policy: AveragePolicy, dated: pl.DataFrame) -> Iterator[tuple[int, PeriodOfUse]]:
    month = pl.col("counted_on").dt.truncate("1mo")
    in_unit = {unit.value: ratio(unit, policy.unit) for unit in VOLUMES}
    used = (pl.col("billed") * TEN_THOUSAND).cast(pl.Int64)
    left = pl.max_horizontal(used - pl.col("given_back").fill_null(0), pl.lit(0, pl.Int64))
    by_meter = dated.group_by("charged_id", "agreement_id", "unit", month=month).agg(
        pl.col("counted_on").max(), pl.col("ends_on").max(), pl.col("days").sum(), used=used.sum(), left=left.sum(),
        is_estimated=(pl.col("read_kind") == ESTIMATED).any(), is_adjusted=pl.col("given_back").is_not_null().any(),
    )  # fmt: skip
    months = by_meter.group_by("charged_id", "month").agg(
        pl.col("counted_on").max(), pl.col("ends_on").max(), pl.col("days").max(),
        pl.col("is_estimated", "is_adjusted").any(), "unit", "used", "left",
    )  # fmt: skip
    for row in months.sort("charged_id", "ends_on").iter_rows(named=True):
        factors = [in_unit[unit] / TEN_THOUSAND for unit in row["unit"]]
        yield (
            row["charged_id"],
            PeriodOfUse(
                counted_on=row["counted_on"],
                ends_on=row["ends_on"],
                days=row["days"],
                used=sum(map(mul, row["used"], factors), Fraction(0)),
                is_estimated=row["is_estimated"],
                adjusted=sum(map(mul, row["left"], factors), Fraction(0)) if row["is_adjusted"] else None,
            ),
        )
