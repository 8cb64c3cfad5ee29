"""Registers of the ledger: aged receivables, the distribution and the trial balance."""

from datetime import date, timedelta

from curbstop.customers.queries import account_labels
from curbstop.foundation.money import format_cents
from curbstop.ledger.queries import credit_on, journal_frame, owed_on, services, trial_balance
from curbstop.reports.domain.aging import BUCKETS, bucket_of
from curbstop.reports.domain.registers import Register, RegisterColumn, Value

AGED = (
    RegisterColumn("account", "Account"),
    RegisterColumn("customer", "Customer"),
    RegisterColumn("current", "Current", "cents"),
    RegisterColumn("days_1_30", "1–30", "cents"),
    RegisterColumn("days_31_60", "31–60", "cents"),
    RegisterColumn("days_61_90", "61–90", "cents"),
    RegisterColumn("days_91_120", "91–120", "cents"),
    RegisterColumn("days_over_120", "Over 120", "cents"),
    RegisterColumn("credit", "Credit", "cents"),
    RegisterColumn("total", "Total", "cents"),
)
NAMES = tuple(name for name, _ in BUCKETS)
MONEY = (RegisterColumn("debit_cents", "Debit", "cents"), RegisterColumn("credit_cents", "Credit", "cents"))


def aged_receivables(first_day: date, last_day: date) -> Register:
    """Return what every account owes at the end of the last day; the first day plays no part."""
    del first_day
    credit = credit_on(last_day)
    by_debtor: dict[int, dict[str, int]] = {debtor: dict.fromkeys(NAMES, 0) for debtor in credit}
    for debtor, due_on, cents in owed_on(last_day):
        ages = by_debtor.setdefault(debtor, dict.fromkeys(NAMES, 0))
        ages[bucket_of(due_on, on=last_day)] += cents
    labels = account_labels(by_debtor)
    rows: list[dict[str, Value]] = [
        {
            "account": labels[debtor].number if debtor in labels else "",
            "customer": labels[debtor].customer_name if debtor in labels else "",
            **ages,
            "credit": -credit.get(debtor, 0),
            "total": sum(ages.values()) - credit.get(debtor, 0),
        }
        for debtor, ages in by_debtor.items()
    ]
    rows.sort(key=lambda row: str(row["account"]))
    parameters = (("As of", in_words(last_day)), ("In the ledger", format_cents(_control_total(last_day))))
    return Register("aged-receivables", "Aged receivables", parameters, AGED, rows)


def _control_total(on: date) -> int:
    """Return what the control accounts of the ledger hold: the register's total must equal it."""
    receivables = {service.receivable.code for service in services()}
    rows = trial_balance(starts_on=on, ends_on=on + timedelta(days=1))
    owed = sum(row.closing_cents for row in rows if row.code in receivables)
    return owed - sum(credit_on(on).values())


def gl_distribution(first_day: date, last_day: date) -> Register:
    """Return the debits and credits of some days by day, account, service, kind and source."""
    frame = journal_frame(starts_on=first_day, ends_on=last_day + timedelta(days=1))
    columns = (
        RegisterColumn("business_date", "Day", "day"),
        RegisterColumn("code", "Account"),
        RegisterColumn("name", "Name"),
        RegisterColumn("service", "Service"),
        RegisterColumn("kind", "Kind"),
        RegisterColumn("source", "Source"),
        *MONEY,
    )
    rows = frame.select([column.name for column in columns]).to_dicts()
    return Register("gl-distribution", "GL distribution", days(first_day, last_day), columns, rows)


def trial_balance_register(first_day: date, last_day: date) -> Register:
    """Return every account with what it began with, what moved in some days and what it ends with."""
    columns = (
        RegisterColumn("code", "Account"),
        RegisterColumn("name", "Name"),
        RegisterColumn("kind", "Kind"),
        RegisterColumn("opening_cents", "Beginning", "cents"),
        *MONEY,
        RegisterColumn("closing_cents", "Ending", "cents"),
    )
    found = trial_balance(starts_on=first_day, ends_on=last_day + timedelta(days=1))
    rows = [{column.name: getattr(row, column.name) for column in columns} for row in found]
    return Register("trial-balance", "Trial balance", days(first_day, last_day), columns, rows)


def days(first_day: date, last_day: date) -> tuple[tuple[str, str], ...]:
    """Return the parameters of a register of some days."""
    return (("From", in_words(first_day)), ("Through", in_words(last_day)))


def in_words(day: date) -> str:
    """Return a day as people write it: July 1, 2026."""
    return f"{day:%B} {day.day}, {day.year}"
