"""The lists of what waits for a person: reads, and alerts of endpoints."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from curbstop.foundation.web.tables import DayColumn, Table
from curbstop.metering.domain.exceptions import found_words
from curbstop.metering.domain.interval_alerts import alert_words

BADGE = '<span class="badge badge--{}">{}</span>'


class Exceptions(Table):
    """What was noticed about reads, with what it was compared with."""

    title = "Read exceptions"
    code = django_tables2.Column("Exception")
    meter = django_tables2.Column("Meter", accessor="installation__meter__serial")
    account = django_tables2.Column(
        "Account", accessor="agreement__account__number", default="nobody", order_by="agreement__account__number"
    )
    address = django_tables2.Column("Address", accessor="installation__service_point__premises__address_line")
    read_on = DayColumn("Read on")
    kind = django_tables2.Column("Read", accessor="read__get_kind_display", orderable=False)
    found = django_tables2.Column("What was found", accessor="values", orderable=False)
    holds = django_tables2.Column("Read is")

    def render_code(self, value: str, record: Any) -> SafeString:
        """Return the code, leading to the page that decides."""
        return format_html('<a href="{}">{}</a>', reverse("metering:exception", args=[record.pk]), value)

    def value_code(self, value: str) -> str:
        """Return the code for a download."""
        return value

    def render_found(self, value: dict[str, Any], record: Any) -> str:
        """Return what was found as a sentence."""
        return found_words(record.code, value, baseline=record.baseline, source=record.baseline_source)

    def value_found(self, value: dict[str, Any], record: Any) -> str:
        """Return what was found as a sentence, for a download."""
        return self.render_found(value, record)

    def render_holds(self, *, value: bool) -> SafeString:
        """Return whether the read is billed before somebody decides."""
        return format_html(BADGE, *(("bad", "Held") if value else ("good", "Used")))

    def value_holds(self, *, value: bool) -> str:
        """Return whether the read is billed before somebody decides, for a download."""
        return "held" if value else "used"


class Alerts(Table):
    """What intervals gave notice of, with the evidence."""

    title = "Interval alerts"
    code = django_tables2.Column("Alert")
    meter = django_tables2.Column("Meter", accessor="installation__meter__serial")
    address = django_tables2.Column("Address", accessor="installation__service_point__premises__address_line")
    starts_on = DayColumn("Since")
    found = django_tables2.Column("What was found", accessor="values", orderable=False)

    def render_code(self, value: str, record: Any) -> SafeString:
        """Return the code, leading to the day."""
        return format_html('<a href="{}">{}</a>', reverse("metering:alert", args=[record.pk]), value)

    def value_code(self, value: str) -> str:
        """Return the code for a download."""
        return value

    def render_found(self, value: dict[str, int], record: Any) -> str:
        """Return the evidence as a sentence."""
        return alert_words(record.code, value)

    def value_found(self, value: dict[str, int], record: Any) -> str:
        """Return the evidence as a sentence, for a download."""
        return self.render_found(value, record)
