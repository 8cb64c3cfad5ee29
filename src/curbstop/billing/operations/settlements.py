"""Settling a day with an agency: what was collected of its lines becomes payable to it, less the city's fee."""

from datetime import date, datetime

from curbstop.billing.domain.agencies import Agency
from curbstop.billing.models import Settlement
from curbstop.billing.queries.settlements import agencies_on, agency_days
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import Line, post_entry
from curbstop.ledger.queries import chart_of_accounts, current_business_day, services


class SettlementRefused(Exception):
    """The day was not settled; the message says why."""


@transaction
def prepare_settlement(*, agency: str, business_date: date, by: User, at: datetime) -> Settlement:
    """Write down what one day that is over collected for an agency, for a second person to approve.

    :raises SettlementRefused: if the day is not over, was settled before, or nothing was collected on it
    """
    if business_date >= current_business_day():
        raise SettlementRefused(f"The business day {business_date} is not over: settle it tomorrow.")
    found = [row for row in agency_days(business_date, business_date) if row.agency.code == agency]
    if not found or not (found[0].collected_cents or found[0].reversed_cents):
        raise SettlementRefused(f"Nothing was collected for {agency} on {business_date}.")
    day = found[0]
    with refused_by("day_settled_once", SettlementRefused(f"{agency} was settled for {business_date} before.")):
        settlement = Settlement.objects.create(
            agency=agency,
            business_date=business_date,
            collected_cents=day.collected_cents,
            reversed_cents=day.reversed_cents,
            fee_cents=day.fee_cents,
            remitted_cents=day.remitted_cents,
            prepared_by=by,
            prepared_at=at,
        )
    audit.record(actor=by, event="billing.settlement.prepared", subject=settlement, at=at)
    return settlement


@transaction
def approve_settlement(*, settlement: Settlement, by: User, at: datetime) -> Settlement:
    """Make payable to the agency what somebody else prepared.

    :raises SettlementRefused: if it was approved before, or the same person prepared it
    """
    settlement = Settlement.objects.select_for_update().get(pk=settlement.pk)
    refuse_same_person(settlement.prepared_by, by, SettlementRefused("Another person approves what you prepared."))
    if settlement.approved_by_id is not None:
        raise SettlementRefused("This settlement was approved before.")
    if settlement.collected_cents != settlement.reversed_cents:
        settlement.entry = _post(settlement, by=by, at=at)
    settlement.approved_by, settlement.approved_at = by, at
    settlement.save(update_fields=["entry", "approved_by", "approved_at"])
    audit.record(
        actor=by,
        event="billing.settlement.approved",
        subject=settlement,
        at=at,
        detail={"remitted_cents": settlement.remitted_cents, "fee_cents": settlement.fee_cents},
    )
    return settlement


def _post(settlement: Settlement, *, by: User, at: datetime) -> Entry:
    """Move what was collected from what is owed with the bill to what is payable now."""
    agency = next((each for each in agencies_on(settlement.business_date) if each.code == settlement.agency), None)
    if agency is None:
        raise SettlementRefused(f"The city pack has no agency {settlement.agency} on {settlement.business_date}.")
    lines = [
        *_moved(_owed_account(agency), settlement.reversed_cents - settlement.collected_cents),
        *_moved(_account(agency.payable), settlement.remitted_cents),
        *(_moved(_account(agency.fee_revenue), settlement.fee_cents) if settlement.fee_cents else ()),
    ]
    return post_entry(
        kind="settlement",
        lines=lines,
        source=str(settlement),
        business_date=current_business_day(),
        actor=by,
        posted_at=at,
        memo=f"Collected for {agency.code} on {settlement.business_date}",
    )


def _moved(account: int, cents: int) -> tuple[Line, ...]:
    """Return the credit of an amount, or the debit of a negative one."""
    if not cents:
        return ()
    return (Line.credit(account, cents) if cents > 0 else Line.debit(account, -cents),)


def _owed_account(agency: Agency) -> int:
    accounts = set(services().filter(code__in=agency.services).values_list("revenue_id", flat=True))
    if len(accounts) != 1:
        raise SettlementRefused(f"The services of {agency.code} post to {len(accounts)} accounts (expected one).")
    return accounts.pop()


def _account(code: str) -> int:
    found = chart_of_accounts().filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise SettlementRefused(f"The chart of accounts has no {code}, which the agency's rule names.")
    return found
