"""Credits and charges that no meter made: the register with its running sums, and non-cash credits by person."""

from datetime import date

from curbstop.billing.queries.adjustments import adjustments_frame, credits_by_person_frame, grounds_on
from curbstop.foundation.money import dollars
from curbstop.reports.domain.registers import Register, RegisterColumn, Value
from curbstop.reports.queries.ledger import days

ADJUSTMENTS = (
    RegisterColumn("posted_on", "Date", "day"),
    RegisterColumn("account", "Account"),
    RegisterColumn("kind", "Type"),
    RegisterColumn("reason", "Reason"),
    RegisterColumn("service", "Service"),
    RegisterColumn("cents", "Amount", "cents"),
    RegisterColumn("units", "Units", "quantity"),
    RegisterColumn("entered_by", "Entered by"),
    RegisterColumn("approved_by", "Approved by"),
    RegisterColumn("evidence", "Support"),
    RegisterColumn("reference", "Support reference"),
    # Not a sum of the page: what the window of the limits held after this row.
    RegisterColumn("cumulative", "Sum of the window", "quantity"),
)
BY_PERSON = (
    RegisterColumn("posted_on", "Date", "day"),
    RegisterColumn("person", "Entered by"),
    RegisterColumn("reason", "Reason"),
    RegisterColumn("credits", "Credits", "count"),
    RegisterColumn("accounts", "Accounts", "count"),
    RegisterColumn("alone", "Without a second person", "count"),
    RegisterColumn("cents", "Amount", "cents"),
    RegisterColumn("largest", "Largest", "quantity"),
)


def adjustments_register(first_day: date, last_day: date) -> Register:
    """Return every adjustment of some days, both included, with the sum that the limits look at (rulebook §11)."""
    labels = {ground.code: ground.label_en for ground in grounds_on(last_day)}
    rows = [
        row | {"reason": labels.get(row["reason"], row["reason"]), "cumulative": _dollars(row["cumulative_cents"])}
        for row in adjustments_frame(first_day=first_day, last_day=last_day).to_dicts()
    ]
    return Register("adjustments", "Adjustments", days(first_day, last_day), ADJUSTMENTS, rows)


def non_cash_credits(first_day: date, last_day: date) -> Register:
    """Return what each person credited without cash on each day, and how much of it alone (rulebook §3.3)."""
    labels = {ground.code: ground.label_en for ground in grounds_on(last_day)}
    rows = [
        row | {"reason": labels.get(row["reason"], row["reason"]), "largest": _dollars(row["largest_cents"])}
        for row in credits_by_person_frame(first_day=first_day, last_day=last_day).to_dicts()
    ]
    return Register("non-cash-credits", "Non-cash credits by user", days(first_day, last_day), BY_PERSON, rows)


def _dollars(cents: int | None) -> Value:
    return None if cents is None else dollars(cents)
