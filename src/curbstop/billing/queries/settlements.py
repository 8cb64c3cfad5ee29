"""Partner settlement: what was billed, collected, given back and adjusted of each agency's lines, day by day."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import QuerySet

from curbstop.billing.domain.agencies import Agency, read_agencies
from curbstop.billing.models import Settlement
from curbstop.billing.permissions import SEE_RUNS
from curbstop.foundation.access.models import User
from curbstop.foundation.database.copying import read_frame
from curbstop.ordinances.queries import NoSuchRule, value_on

AGENCIES = "billing.agencies"
# Money that came in, or came in earlier and is applied now; all else changes what is owed without money.
MONEY = ("payment", "credit_applied")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyDay:
    """One agency on one business day, in cents; `receivable_cents` is what customers owe it at the end of the day."""

    agency: Agency
    business_date: date
    billed_cents: int
    collected_cents: int
    reversed_cents: int
    adjusted_cents: int
    receivable_cents: int

    @property
    def net_cents(self) -> int:
        """Return what was collected less what was given back."""
        return self.collected_cents - self.reversed_cents

    @property
    def fee_cents(self) -> int:
        """Return the city's fee."""
        return self.agency.fee_on(self.net_cents)

    @property
    def remitted_cents(self) -> int:
        """Return what is paid out to the agency; below zero it is taken off the next day."""
        return self.net_cents - self.fee_cents


def agencies_on(on: date) -> tuple[Agency, ...]:
    """Return the agencies that own lines of the city's bills on a day."""
    try:
        return read_agencies(value_on(AGENCIES, on).value)
    except NoSuchRule:
        return ()


def agency_names(on: date, language: str) -> dict[str, str]:
    """Return the name of the owner by service code, for services that are not the city's own."""
    return {
        service: agency.names.get(language) or agency.names.get("en", agency.code)
        for agency in agencies_on(on)
        for service in agency.services
    }


def agency_days(first_day: date, last_day: date) -> list[AgencyDay]:
    """Return each agency on each business day of a range on which anything moved, by day and agency."""
    found = []
    moves = _moves(first_day, last_day)
    for agency in agencies_on(last_day):
        own = moves.filter(pl.col("service").is_in(list(agency.services)))
        for (day,), rows in sorted(own.group_by("business_date"), key=lambda group: group[0]):
            sums = {name: int(rows[name].sum() or 0) for name in ("billed", "collected", "reversed", "adjusted")}
            found.append(
                AgencyDay(
                    agency=agency,
                    business_date=day,
                    billed_cents=sums["billed"],
                    collected_cents=sums["collected"],
                    reversed_cents=sums["reversed"],
                    adjusted_cents=sums["adjusted"],
                    receivable_cents=receivable_of(agency, day),
                )
            )
    return sorted(found, key=lambda row: (row.business_date, row.agency.code))


def receivable_of(agency: Agency, on: date) -> int:
    """Return what customers owe an agency at the end of a day, from its control accounts."""
    frame = read_frame(
        "select coalesce(sum(p.debit_cents - p.credit_cents), 0)::bigint as cents"
        "  from ledger_posting p join ledger_entry e on e.id = p.entry_id"
        "  join ledger_service s on s.receivable_id = p.gl_account_id"
        " where s.code = any(%s) and e.business_date <= %s",
        [sorted(agency.services), on],
        {"cents": pl.Int64},
    )
    return int(frame["cents"][0])


def settlements_visible_to(user: User) -> QuerySet[Settlement]:
    """Return the settlements a person may see, newest first."""
    settlements = Settlement.objects.select_related("prepared_by", "approved_by")
    return settlements if user.may(SEE_RUNS) else settlements.none()


def _moves(first_day: date, last_day: date) -> pl.DataFrame:
    """Return by service and day what items were made of, and what was allocated to them, forward and back."""
    cents = dict.fromkeys(("billed", "collected", "reversed", "adjusted"), pl.Int64)
    return read_frame(
        """
        select s.code as service, e.business_date, i.amount_cents as billed, 0::bigint as collected,
               0::bigint as reversed, 0::bigint as adjusted
          from ledger_openitem i join ledger_entry e on e.id = i.entry_id join ledger_service s on s.id = i.service_id
         where e.business_date between %(first)s and %(last)s
        union all
        select s.code, e.business_date, 0,
               case when a.reverses_id is null and e.kind = any(%(money)s) then a.amount_cents else 0 end,
               case when a.reverses_id is not null and f.kind = any(%(money)s) then a.amount_cents else 0 end,
               case when a.reverses_id is null and e.kind <> all(%(money)s) then a.amount_cents
                    when a.reverses_id is not null and f.kind <> all(%(money)s) then -a.amount_cents else 0 end
          from ledger_allocation a
          join ledger_entry e on e.id = a.entry_id
          join ledger_openitem i on i.id = a.open_item_id
          join ledger_service s on s.id = i.service_id
          left join ledger_allocation o on o.id = a.reverses_id
          left join ledger_entry f on f.id = o.entry_id
         where e.business_date between %(first)s and %(last)s
        """,
        {"first": first_day, "last": last_day, "money": list(MONEY)},
        {"service": pl.String, "business_date": pl.Date, **cents},
    )
