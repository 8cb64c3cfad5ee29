"""How a row's keys are found in a rate table: meter sizes are written in several ways.

`1|1/2"`, `1 1/2"` and `1-1/2"` are one meter. Because the vertical bar also separates the keys of
a table with several, keys are joined first and compared in one spelling after.
"""

import re
from collections import Counter
from collections.abc import Sequence

SEPARATOR = "|"
_MIXED_NUMBER = re.compile(r"(?<![\d/.])(\d+)[\s|-]+(\d+/\d+)")
# Inches are written with several marks and words: 5/8”, 5/8'', 5/8 inch.
_INCHES = re.compile(r"""\s*(?:["”″]|''|’’|(?<=\d)\s?inch(?:es)?\b|(?<=\d)\s?in\.)""")
# 1.0 is 1 and 0.750 is 0.75, where they stand alone between bars.
_IDLE_ZEROS = re.compile(r"(?<![^|])(\d+(?:\.\d*?[1-9])?)\.?0*(?![^|])")
_AROUND_BAR = re.compile(r"\s*\|\s*")


def canonical(key: str) -> str:
    """Return the one spelling in which keys are compared."""
    one_line = _AROUND_BAR.sub(SEPARATOR, " ".join(key.split()))
    inches = _INCHES.sub('"', _MIXED_NUMBER.sub(r"\1 \2", one_line))
    return _IDLE_ZEROS.sub(r"\1", inches)


def by_spelling(table_keys: Sequence[str]) -> dict[str, int]:
    """Return the place of each key by its one spelling, unless two keys of a table share it."""
    spelled = [canonical(key) for key in table_keys]
    often = Counter(spelled)
    return {key: place for place, key in enumerate(spelled) if often[key] == 1}
