"""The register of security deposits; its total is the liability in the general ledger."""

from datetime import date

from curbstop.collections.queries import deposit_rows, deposits_in_books, standing_deposits
from curbstop.foundation.money import format_cents
from curbstop.reports.domain.registers import Register, RegisterColumn, Value
from curbstop.reports.queries.ledger import in_words

HELD = (
    RegisterColumn("account", "Account"),
    RegisterColumn("customer", "Customer"),
    RegisterColumn("held_cents", "Amount held", "cents"),
    RegisterColumn("asked_cents", "Asked for", "cents"),
    RegisterColumn("paid_on", "Date paid", "day"),
    RegisterColumn("interest_cents", "Interest accrued", "cents"),
    RegisterColumn("good_months", "Good months", "count"),
    RegisterColumn("eligible_on", "Refund from", "day"),
)


def deposits_held(first_day: date, last_day: date) -> Register:
    """Return every deposit that the city holds at the end of the last day; the first day plays no part."""
    del first_day
    rows: list[dict[str, Value]] = [
        {
            "account": row.account_number,
            "customer": row.depositor,
            "held_cents": row.held_cents,
            "asked_cents": row.amount_cents,
            "paid_on": row.paid_on,
            "interest_cents": row.interest_cents,
            "good_months": row.good_months,
            "eligible_on": row.eligible_on,
        }
        for row in deposit_rows(standing_deposits(last_day), on=last_day)
    ]
    rows.sort(key=lambda row: str(row["account"]))
    parameters = (("As of", in_words(last_day)), ("In the ledger", format_cents(deposits_in_books(last_day))))
    return Register("deposits-held", "Deposits held", parameters, HELD, rows)
