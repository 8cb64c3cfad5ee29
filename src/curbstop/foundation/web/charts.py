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
HISTOGRAM_HEIGHT = 220
LABEL_WIDTH = 60
# Of lying bars: room for their names, for their values, and the height of two of them.
NAME_WIDTH = 180
VALUE_WIDTH = 100
PAIR_HEIGHT = 42
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


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a histogram: where it begins and ends, in words, and how many are in it."""

    from_label: str
    to_label: str
    count: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two amounts that are compared: their name, their sizes, and how they are written."""

    name: str
    first: Decimal
    second: Decimal
    first_said: str
    second_said: str


def histogram(*, bins: Sequence[Bin], title: str, unit: str, key: str) -> SafeString:
    """Return a histogram as an SVG figure followed by its data table; `key` makes its ids unique."""
    highest = max((each.count for each in bins), default=0) or 1
    step = WIDTH / max(len(bins), 1)
    # Only every so many bins have room for their label.
    apart = max(1, round(LABEL_WIDTH / step))
    drawn = []
    for index, each in enumerate(bins):
        height = each.count / highest * (HISTOGRAM_HEIGHT - TOP - BOTTOM)
        drawn.append(
            {
                "bin": each,
                "left": f"{index * step + 0.5:.1f}",
                "width": f"{step - 1:.1f}",
                "top": f"{HISTOGRAM_HEIGHT - BOTTOM - height:.1f}",
                "height": f"{height:.1f}",
                "label": each.from_label if index % apart == 0 else "",
                "tick": f"{index * step:.1f}",
            }
        )
    context = {
        "bins": drawn, "title": title, "unit": unit, "key": key, "width": WIDTH, "height": HISTOGRAM_HEIGHT,
        "ground": HISTOGRAM_HEIGHT - BOTTOM, "label_at": HISTOGRAM_HEIGHT - BOTTOM + 13, "highest": highest, "top": TOP,
    }  # fmt: skip
    return mark_safe(render_to_string("foundation/histogram.html", context))  # noqa: S308


def paired_bars(*, pairs: Sequence[Pair], title: str, sides: tuple[str, str], key: str) -> SafeString:
    """Return amounts side by side, one pair of lying bars each, as an SVG figure followed by its data table."""
    highest = max((max(each.first, each.second) for each in pairs), default=Decimal(0)) or Decimal(1)
    room = WIDTH - NAME_WIDTH - VALUE_WIDTH
    drawn = [
        {
            "pair": each,
            "first_at": index * PAIR_HEIGHT + 4,
            "second_at": index * PAIR_HEIGHT + 19,
            "first_width": f"{max(float(each.first / highest), 0.0) * room:.1f}",
            "second_width": f"{max(float(each.second / highest), 0.0) * room:.1f}",
            "first_ends": f"{NAME_WIDTH + max(float(each.first / highest), 0.0) * room + 5:.1f}",
            "second_ends": f"{NAME_WIDTH + max(float(each.second / highest), 0.0) * room + 5:.1f}",
            "name_at": index * PAIR_HEIGHT + 21,
        }
        for index, each in enumerate(pairs)
    ]
    context = {
        "pairs": drawn, "title": title, "sides": sides, "key": key, "width": WIDTH,
        "height": max(len(pairs), 1) * PAIR_HEIGHT, "left": NAME_WIDTH, "name_ends": NAME_WIDTH - 8,
    }  # fmt: skip
    return mark_safe(render_to_string("foundation/paired_bars.html", context))  # noqa: S308
