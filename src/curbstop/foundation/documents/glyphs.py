"""Which characters Public Sans can draw, read from the font's own character map.

PDF/UA-1 refuses a page with a missing glyph, and one customer's emoji must not stop a billing run.
"""

import struct
import unicodedata
from functools import cache
from pathlib import Path

FONT = Path(__file__).parents[1] / "web/static/vendor/uswds/fonts/public-sans/PublicSans-Regular.ttf"
REPLACEMENT = "?"
# Inches and feet, as typed in meter sizes.
NEAREST = {"″": '"', "′": "'"}  # noqa: RUF001  # the primes are the point
WHITESPACE = frozenset("\n\t ")


def printable(text: str) -> str:
    """Return the text with each undrawable character decomposed to a drawable one, or as `?`."""
    composed = unicodedata.normalize("NFC", text)
    drawable = _drawable()
    if drawable.issuperset(composed):
        return composed
    return "".join(char if char in drawable else _nearest(char) for char in composed)


def _nearest(char: str) -> str:
    if char in NEAREST:
        return NEAREST[char]
    if unicodedata.category(char) in {"Cc", "Cf", "Mn"}:
        return ""
    plain = [part for part in unicodedata.normalize("NFKD", char) if part in _drawable()]
    return "".join(plain) or REPLACEMENT


@cache
def _drawable() -> frozenset[str]:
    """Return the characters in the `cmap` table's format 4 map (OpenType specification)."""
    font = FONT.read_bytes()
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    for index in range(count):
        (offset,) = struct.unpack_from(">4xI", font, cmap + 4 + 8 * index)
        (layout,) = struct.unpack_from(">H", font, cmap + offset)
        if layout == 4:  # noqa: PLR2004  # the segment map of the Basic Multilingual Plane
            # Controls and invisible marks have no business on paper, whatever the font says.
            seen = (char for char in _segments(font, cmap + offset) if unicodedata.category(char)[0] != "C")
            return WHITESPACE.union(seen)
    raise AssertionError("the font has no character map of format 4")


def _table(font: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        tag, offset = struct.unpack_from(">4s4xI", font, 12 + 16 * index)
        if tag == name:
            return int(offset)
    raise AssertionError(f"the font has no table {name!r}")


def _segments(font: bytes, at: int) -> frozenset[str]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + doubled)
    return frozenset(
        chr(code)
        for start, end in zip(starts, ends, strict=True)
        if end != 0xFFFF  # noqa: PLR2004  # the map's closing segment
        for code in range(start, end + 1)
    )
