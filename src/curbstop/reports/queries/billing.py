"""The billing register: every bill of some days, with its charges by service."""

from datetime import date
from typing import Any

import polars as pl

from curbstop.billing.queries.register import register_frame
from curbstop.customers.queries import account_names
from curbstop.ledger.queries import services
from curbstop.reports.domain.registers import Register, RegisterColumn
from curbstop.reports.queries.ledger import days

LEADING = (
    RegisterColumn("number", "Bill", "count"),
    RegisterColumn("cycle", "Cycle"),
    RegisterColumn("account", "Account"),
    RegisterColumn("customer", "Customer"),
    RegisterColumn("bill_on", "Billed", "day"),
    RegisterColumn("due_on", "Due", "day"),
    RegisterColumn("days", "Days", "count"),
)
TRAILING = (
    RegisterColumn("total_cents", "Charges", "cents"),
    RegisterColumn("prior_balance_cents", "Prior balance", "cents"),
    RegisterColumn("payments_cents", "Payments", "cents"),
    RegisterColumn("state", "State"),
)


def billing_register(first_day: date, last_day: date) -> Register:
    """Return every bill with a bill date in some days, both included; canceled ones are marked, not left out."""
    frame = register_frame(first_day=first_day, last_day=last_day)
    charged = [RegisterColumn(service.code, service.name_en, "cents") for service in services()]
    columns = (*LEADING, *charged, *TRAILING)
    if frame.is_empty():
        return Register("billing", "Billing register", days(first_day, last_day), columns, [])
    by_service = frame.select("number", "service", "cents").pivot("service", index="number", values="cents")
    bills = frame.drop("service", "cents").unique("number", maintain_order=True).join(by_service, on="number")
    names = account_names(bills["account_id"].to_list())
    missing = [pl.lit(0).alias(column.name) for column in charged if column.name not in bills.columns]
    rows = bills.with_columns(missing).fill_null(0).to_dicts()
    return Register(
        "billing", "Billing register", days(first_day, last_day), columns, [_row(row, names) for row in rows]
    )


def _row(row: dict[str, Any], names: dict[int, tuple[str, str]]) -> dict[str, Any]:
    number, customer = names[row["account_id"]]
    state = "Canceled" if row["is_cancelled"] else ""
    return {**row, "account": number, "customer": customer, "state": state}
