"""The lists of a run: its bills, its exceptions, and what it does not bill; sorted, paged and downloadable."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from curbstop.billing.domain.advising import advice_on, evidence_words
from curbstop.foundation.web.tables import DayColumn, MoneyColumn, Table

BADGE = '<span class="badge badge--{}">{}</span>'


class RunBills(Table):
    """The bills that a run released."""

    title = "Bills"
    number = django_tables2.Column("Bill", linkify=("billing:bill", [django_tables2.A("number")]))
    account = django_tables2.Column("Account", accessor="account__number")
    customer = django_tables2.Column(
        "Customer", accessor="account__customer__name", order_by="account__customer__sort_key"
    )
    address = django_tables2.Column("Address", accessor="account__premises__address_line")
    days = django_tables2.Column("Days", attrs={"td": {"class": "amount"}, "th": {"class": "amount"}})
    prior_balance_cents = MoneyColumn(verbose_name="Balance before")
    payments_cents = MoneyColumn(verbose_name="Payments since")
    total_cents = MoneyColumn(verbose_name="Charges")
    due_on = DayColumn("Due")


class DraftedBills(Table):
    """The bills that a run has drafted."""

    title = "Drafted bills"
    account = django_tables2.Column("Account", accessor="account__number")
    customer = django_tables2.Column(
        "Customer", accessor="account__customer__name", order_by="account__customer__sort_key"
    )
    address = django_tables2.Column("Address", accessor="account__premises__address_line")
    days = django_tables2.Column("Days", attrs={"td": {"class": "amount"}, "th": {"class": "amount"}})
    prior_balance_cents = MoneyColumn(verbose_name="Balance before")
    total_cents = MoneyColumn(verbose_name="Charges")
    held = django_tables2.Column("Bill")

    def render_account(self, value: str, record: Any) -> SafeString:
        """Return the account, leading to its drafted bill."""
        return _drafted(record.run_id, record.account_id, value)

    def render_held(self, *, value: bool) -> SafeString:
        """Return where the bill stands."""
        return standing(is_held=value)

    def value_held(self, *, value: bool) -> str:
        """Return where the bill stands, for a download."""
        return "held" if value else "goes out"


class PreList(DraftedBills):
    """The list that is read before anything goes out: all drafted bills, or those with an exception."""

    title = "Pre-list"
    codes = django_tables2.Column("Exceptions", orderable=False, empty_values=(None,))

    def render_codes(self, value: list[str]) -> str:
        """Return the exceptions by name."""
        return "; ".join(advice_on(code).name for code in value)

    def value_codes(self, value: list[str]) -> str:
        """Return the exceptions by code, for a download."""
        return " ".join(value)


class Exceptions(Table):
    """What a person should look at before the bills leave."""

    title = "Exceptions"
    account = django_tables2.Column("Account", accessor="account__number")
    customer = django_tables2.Column(
        "Customer", accessor="account__customer__name", order_by="account__customer__sort_key"
    )
    code = django_tables2.Column("Exception")
    evidence = django_tables2.Column("What was found", orderable=False)
    total_cents = MoneyColumn(verbose_name="Bill")
    is_held = django_tables2.Column("State")

    def render_account(self, value: str, record: Any) -> SafeString | str:
        """Return the account, leading to its drafted bill while there is one."""
        return value if record.total_cents is None else _drafted(record.run_id, record.account_id, value)

    def render_code(self, value: str) -> str:
        """Return the exception by its name."""
        return advice_on(value).name

    def render_evidence(self, value: dict[str, Any], record: Any) -> str:
        """Return the evidence as a sentence."""
        return evidence_words(record.code, value)

    def value_evidence(self, value: dict[str, Any], record: Any) -> str:
        """Return the evidence as a sentence, for a download."""
        return evidence_words(record.code, value)

    def render_is_held(self, *, value: bool) -> SafeString:
        """Return where the bill stands."""
        return standing(is_held=value)

    def value_is_held(self, *, value: bool) -> str:
        """Return where the bill stands, for a download."""
        return "held" if value else "goes out"


class Unbilled(Table):
    """The agreements that a run does not bill, and why."""

    title = "Not billed"
    account = django_tables2.Column(
        "Account", accessor="account__number", linkify=("staff:account", [django_tables2.A("account__number")])
    )
    customer = django_tables2.Column(
        "Customer", accessor="account__customer__name", order_by="account__customer__sort_key"
    )
    service = django_tables2.Column("Service", accessor="agreement__service_point__service__name_en")
    kind = django_tables2.Column("Outcome")
    reason = django_tables2.Column("Reason")
    detail = django_tables2.Column("Detail")
    by = django_tables2.Column("By", accessor="by__username", default="")

    def render_kind(self, value: str) -> str:
        """Return the outcome with a capital."""
        return value.capitalize()

    def render_reason(self, value: str) -> str:
        """Return the reason by its name."""
        return advice_on(value).name


def standing(*, is_held: bool) -> SafeString:
    """Return a badge that says whether a drafted bill goes out."""
    return format_html(BADGE, *(("bad", "Held") if is_held else ("good", "Goes out")))


def _drafted(run_id: int, account_id: int, account_number: str) -> SafeString:
    return format_html(
        '<a href="{}">{}</a>', reverse("billing:drafted_bill", args=[run_id, account_id]), account_number
    )
