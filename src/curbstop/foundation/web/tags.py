"""Template filters of every page: cents as dollars, quantities, days, and addresses that keep a query."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django import template
from django.core.paginator import Paginator
from django.template import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString

from curbstop.foundation.money import format_cents

register = template.Library()


@register.filter
def money(cents: int | None) -> str:
    """Return cents as dollars with a true minus sign: `$1,234.56`, `−$5.00`; nothing for None."""
    if cents is None:
        return ""
    return format_cents(int(cents)).replace("-", "−")


@register.filter
def quantity(value: Decimal | int | None) -> str:
    """Return a quantity with thousands separated and no trailing zeros."""
    if value is None:
        return ""
    return f"{Decimal(value).normalize():,f}".replace("-", "−")


@register.filter
def price(value: Decimal) -> str:
    """Return a unit price with at least two decimals, and as many more as it has."""
    decimals = max(2, -int(Decimal(value).normalize().as_tuple().exponent))
    return f"{value:,.{decimals}f}".replace("-", "−")


@register.filter
def day(value: date | None) -> str | SafeString:
    """Return a day as `Nov 22, 2026`, marked up as a time that never wraps."""
    if value is None:
        return ""
    shown = f"{value:%b} {value.day}, {value.year}"
    return format_html('<time class="nowrap" datetime="{}">{}</time>', value.isoformat(), shown)


@register.filter
def shown_pages(paginator: "Paginator[object]", number: int) -> Iterator[int | None]:
    """Yield the page numbers worth showing around one page, with None for each gap."""
    for page in paginator.get_elided_page_range(number, on_each_side=2, on_ends=1):
        yield page if isinstance(page, int) else None


@register.simple_tag(takes_context=True)
def querystring_with(context: RequestContext, name: str, value: object) -> str:
    """Return this page's query string with one value replaced."""
    query = context["request"].GET.copy()
    query[name] = str(value)
    return f"?{query.urlencode()}"
