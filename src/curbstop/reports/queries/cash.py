"""Registers of the counter and treasury: drawers and deposits."""

from datetime import date

from curbstop.cashiering.queries import drawer_totals
from curbstop.reports.domain.registers import Register, RegisterColumn
from curbstop.reports.queries.ledger import days
from curbstop.treasury.queries import deposits_between

CASH = (
    RegisterColumn("business_day", "Day", "day"),
    RegisterColumn("office", "Office"),
    RegisterColumn("till", "Till"),
    RegisterColumn("cashier", "Cashier"),
    RegisterColumn("first_receipt", "First receipt", "count"),
    RegisterColumn("last_receipt", "Last receipt", "count"),
    RegisterColumn("receipts", "Receipts", "count"),
    RegisterColumn("voids", "Voids", "count"),
    RegisterColumn("cash_cents", "Cash", "cents"),
    RegisterColumn("check_cents", "Checks", "cents"),
    RegisterColumn("card_cents", "Cards", "cents"),
    RegisterColumn("rounding_cents", "Rounding", "cents"),
    RegisterColumn("counted_cents", "Counted less float", "cents"),
    RegisterColumn("over_cents", "Over", "cents"),
    RegisterColumn("short_cents", "Short", "cents"),
    RegisterColumn("state", "State"),
)


def daily_cash(first_day: date, last_day: date) -> Register:
    """Return every drawer of some days with its receipts by tender, without voids, and its count."""
    rows = drawer_totals(first_day=first_day, last_day=last_day)
    return Register("daily-cash", "Daily cash", days(first_day, last_day), CASH, rows)


def deposit_summary(first_day: date, last_day: date) -> Register:
    """Return every deposit of some days."""
    columns = (
        RegisterColumn("number", "Deposit", "count"),
        RegisterColumn("business_day", "Day", "day"),
        RegisterColumn("bag_number", "Bag"),
        RegisterColumn("prepared_by", "Made up by"),
        RegisterColumn("verified_by", "Verified by"),
        RegisterColumn("validated_on", "Validated", "day"),
        RegisterColumn("cash_cents", "Cash", "cents"),
        RegisterColumn("check_cents", "Checks", "cents"),
        RegisterColumn("total_cents", "Total", "cents"),
    )
    rows = deposits_between(first_day=first_day, last_day=last_day)
    return Register("deposits", "Deposits", days(first_day, last_day), columns, rows)
