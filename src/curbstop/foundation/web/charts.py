"""Charts drawn on the server as SVG, each with its numbers as a table for those who cannot see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

WIDTH = 640
HEIGHT = 150
TOP = 16
BOTTOM = 30
GAP_SHARE = 0.28
BARS_MIN = 7  # A young account has few bars; they stay as narrow as a year of them.


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its short label, what the table calls it, its height, and `now` or `then` if marked."""

    label: str
    name: str
    value: Decimal
    mark: str = ""


def bar_chart(*, bars: Sequence[Bar], title: str, unit: str, key: str) -> SafeString:
    """Return a bar chart as an SVG figure followed by its data table; `key` makes its ids unique."""
    highest = max((bar.value for bar in bars), default=Decimal(0))
    step = WIDTH / max(len(bars), BARS_MIN)
    drawn = [
        _placed(bar, left=index * step, step=step, share=float(bar.value / highest) if highest else 0)
        for index, bar in enumerate(bars)
    ]
    context = {
        "bars": drawn,
        "title": title,
        "unit": unit,
        "key": key,
        "width": WIDTH,
        "height": HEIGHT,
        "ground": HEIGHT - BOTTOM,
        "label_at": HEIGHT - BOTTOM + 13,
    }
    # The template escapes every value; the mark is Django's own.
    return mark_safe(render_to_string("foundation/bar_chart.html", context))  # noqa: S308


def _placed(bar: Bar, *, left: float, step: float, share: float) -> dict[str, object]:
    """Return a bar's text and its box in the chart's units; a negative value has no height."""
    height = max(share, 0.0) * (HEIGHT - TOP - BOTTOM)
    top = HEIGHT - BOTTOM - height
    gap = step * GAP_SHARE
    return {
        "bar": bar,
        "left": f"{left + gap / 2:.1f}",
        "width": f"{step - gap:.1f}",
        "top": f"{top:.1f}",
        "height": f"{height:.1f}",
        "middle": f"{left + step / 2:.1f}",
        "value_at": f"{top - 4:.1f}",
    }
