"""Adjustments as they are read: reasons in force, what waits, how much of a limit is left, and the register."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import QuerySet

from curbstop.billing.domain.adjustments import Ground, Standing, read_grounds
from curbstop.billing.models import Adjustment, AdjustmentRequest
from curbstop.billing.permissions import SEE_ADJUSTMENTS
from curbstop.billing.queries.settlements import agencies_on
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.money import to_cents
from curbstop.ledger.models import Service
from curbstop.ledger.queries import services
from curbstop.ordinances.queries import NoSuchRule, RuleValueRow, value_on

REASONS = "adjustment.reasons"

# The same sums that the database holds a row to; what was taken back, and what takes back, does not count.
USED = """
select coalesce(sum(amount_cents) filter (where account_id = %(account)s
         and posted_on > %(on)s::date - %(days)s::int), 0)::bigint,
       coalesce(sum(amount_cents) filter (where account_id = %(account)s
         and %(person)s in (authorized_by_id, requested_by_id)
         and posted_on > %(on)s::date - make_interval(months => %(months)s)), 0)::bigint,
       coalesce(sum(amount_cents) filter (where authorized_by_id = %(person)s and posted_on = %(on)s), 0)::bigint
  from billing_adjustment a
 where (account_id = %(account)s or authorized_by_id = %(person)s and posted_on = %(on)s) and reverses_id is null
   and not exists (select from billing_adjustment r where r.reverses_id = a.id)
"""

REGISTER = """
select a.posted_on, c.number as account, case when a.reverses_id is null then a.kind else 'reversal' end as kind,
       q.reason, s.name_en as service,
       (case a.kind when 'credit' then -1 else 1 end * coalesce(l.amount_cents, a.amount_cents))::bigint as cents,
       case when coalesce(l.line_number, 1) = 1 then q.billed_units end as units,
       enters.username as entered_by, approves.username as approved_by, q.evidence, q.reference,
       case when coalesce(l.line_number, 1) = 1 then (
         select sum(b.amount_cents) from billing_adjustment b
          where b.account_id = a.account_id and b.posted_on > a.posted_on - %(days)s::int and b.id <= a.id
            and b.reverses_id is null
            and not exists (select from billing_adjustment r where r.reverses_id = b.id and r.id <= a.id))
       end::bigint as cumulative_cents
  from billing_adjustment a
  join billing_adjustmentrequest q on q.id = a.request_id
  join customers_account c on c.id = a.account_id
  join foundation_user enters on enters.id = a.requested_by_id
  join foundation_user approves on approves.id = a.authorized_by_id
  left join billing_adjustmentline l on l.request_id = coalesce(
    (select o.request_id from billing_adjustment o where o.id = a.reverses_id), a.request_id)
  left join ledger_service s on s.id = l.service_id
 where a.posted_on between %(first)s and %(last)s
 order by a.posted_on, a.id, l.line_number
"""
REGISTER_COLUMNS: dict[str, type[pl.DataType]] = {
    "posted_on": pl.Date,
    "account": pl.String,
    "kind": pl.String,
    "reason": pl.String,
    "service": pl.String,
    "cents": pl.Int64,
    "units": pl.Float64,
    "entered_by": pl.String,
    "approved_by": pl.String,
    "evidence": pl.String,
    "reference": pl.String,
    "cumulative_cents": pl.Int64,
}
BY_PERSON = """
select a.posted_on, u.username as person, q.reason, count(*)::bigint as credits,
       count(distinct a.account_id)::bigint as accounts, sum(a.amount_cents)::bigint as cents,
       count(*) filter (where a.authorized_by_id = a.requested_by_id)::bigint as alone,
       max(a.amount_cents)::bigint as largest_cents
  from billing_adjustment a
  join billing_adjustmentrequest q on q.id = a.request_id
  join foundation_user u on u.id = a.requested_by_id
 where a.posted_on between %(first)s and %(last)s and a.kind = 'credit'
 group by a.posted_on, u.username, q.reason order by a.posted_on, cents desc, u.username
"""
BY_PERSON_COLUMNS: dict[str, type[pl.DataType]] = {
    "posted_on": pl.Date,
    "person": pl.String,
    "reason": pl.String,
    "credits": pl.Int64,
    "accounts": pl.Int64,
    "cents": pl.Int64,
    "alone": pl.Int64,
    "largest_cents": pl.Int64,
}


def grounds_on(on: date) -> tuple[Ground, ...]:
    """Return the reasons that the city accepts on a day; none if it has not written any."""
    rule = rule_or_none(REASONS, on)
    return () if rule is None else read_grounds(rule.value)


def rule_or_none(code: str, on: date) -> RuleValueRow | None:
    """Return a rule in force on a day, or nothing where the city has none."""
    try:
        return value_on(code, on)
    except NoSuchRule:
        return None


def standing_of(person: User, account_id: int, *, on: date) -> Standing:
    """Return how much of a person's limit is used and left on an account on a day."""
    limits = [rule_or_none(f"adjustment.{role.value}_max", on) for role in person.roles]
    limit = max((rule.cents for rule in limits if rule is not None), default=0)
    days, months = value_on("adjustment.window_days", on).number, value_on("adjustment.person_months", on).number
    share = rule_or_none("adjustment.person_day_factor", on)
    facts: dict[str, Any] = {
        "account": account_id, "person": person.pk, "on": on, "days": days, "months": months,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(USED, facts)
        window, year, day = cursor.fetchone()
    return Standing(
        limit_cents=limit,
        window_days=days,
        window_cents=window,
        year_cents=year,
        day_limit_cents=None if share is None else to_cents(share.decimal * limit / 100),
        day_cents=day,
    )


def adjustment_requests_visible_to(user: User) -> QuerySet[AdjustmentRequest]:
    """Return every request with who asked and what became of it, newest first, for those who may see them."""
    requests = AdjustmentRequest.objects.select_related(
        "account__customer", "account__premises", "requested_by", "turned_down_by", "adjustment__authorized_by"
    ).order_by("-pk")
    return requests if user.may(SEE_ADJUSTMENTS) else requests.none()


def waiting_adjustments(user: User) -> QuerySet[AdjustmentRequest]:
    """Return the requests that wait for a second person, oldest first."""
    waiting = adjustment_requests_visible_to(user).filter(adjustment=None, turned_down_at=None)
    return waiting.order_by("pk")


def services_adjustable_by(user: User, *, on: date) -> QuerySet[Service]:
    """Return the services whose charges a person may adjust on a day.

    Another agency's lines are that agency's to adjust, unless it lets the city (rulebook §1.7).
    """
    others = {code for agency in agencies_on(on) if not agency.lets_adjust for code in agency.services}
    adjustable = services().exclude(code__in=others)
    return adjustable if user.may(SEE_ADJUSTMENTS) else adjustable.none()


def leak_credits_of(account_id: int, reasons: Iterable[str], *, besides: Iterable[int] = ()) -> tuple[date, ...]:
    """Return the days on which leaks of an account were credited and not taken back, besides some requests."""
    given = Adjustment.objects.filter(account_id=account_id, request__reason__in=list(reasons), reverses=None)
    given = given.exclude(request_id__in=list(besides))
    return tuple(given.filter(reversal=None).order_by("posted_on").values_list("posted_on", flat=True))


def adjustments_frame(*, first_day: date, last_day: date) -> pl.DataFrame:
    """Return each line of the adjustments of some days, both included, with the window's sum on its account."""
    rule = rule_or_none("adjustment.window_days", last_day)
    facts = {"first": first_day, "last": last_day, "days": 30 if rule is None else rule.number}
    return read_frame(REGISTER, facts, REGISTER_COLUMNS)


def credits_by_person_frame(*, first_day: date, last_day: date) -> pl.DataFrame:
    """Return non-cash credits by day, person and reason: how many, to how many accounts, how much, how many alone."""
    return read_frame(BY_PERSON, {"first": first_day, "last": last_day}, BY_PERSON_COLUMNS)
