"""Partner settlement: what was billed and collected of the lines that other agencies own."""

from datetime import date

from curbstop.billing.queries import agency_days
from curbstop.foundation.money import dollars
from curbstop.reports.domain.registers import Register, RegisterColumn, Value
from curbstop.reports.queries.ledger import days

COLUMNS = (
    RegisterColumn("business_date", "Day", "day"),
    RegisterColumn("agency", "Agency"),
    RegisterColumn("billed_cents", "Billed", "cents"),
    RegisterColumn("collected_cents", "Collected", "cents"),
    RegisterColumn("reversed_cents", "Reversed", "cents"),
    RegisterColumn("adjusted_cents", "Adjusted", "cents"),
    RegisterColumn("fee_cents", "Fee", "cents"),
    RegisterColumn("remitted_cents", "To remit", "cents"),
    # A balance, not a sum of the page.
    RegisterColumn("receivable", "Receivable at day's end", "quantity"),
)


def partner_settlement(first_day: date, last_day: date) -> Register:
    """Return each agency on each day on which anything of its lines moved (rulebook §1.7, §11)."""
    rows: list[dict[str, Value]] = [
        {
            "business_date": row.business_date,
            "agency": row.agency.names.get("en", row.agency.code),
            "billed_cents": row.billed_cents,
            "collected_cents": row.collected_cents,
            "reversed_cents": row.reversed_cents,
            "adjusted_cents": row.adjusted_cents,
            "fee_cents": row.fee_cents,
            "remitted_cents": row.remitted_cents,
            "receivable": dollars(row.receivable_cents),
        }
        for row in agency_days(first_day, last_day)
    ]
    return Register("partner-settlement", "Partner settlement", days(first_day, last_day), COLUMNS, rows)
