"""Letters as safe text: a few Markdown forms, everything else escaped, and named blanks.

A pack's text is never a program. Blanks such as `{account_number}` are filled by plain search and
replace from a closed list, before escaping, so neither a letter nor a customer's name can bring in
markup or reach an attribute.
"""

import re
from collections.abc import Mapping
from html import escape

BLANKS = frozenset(
    {
        "account_number",
        "amount",
        "amount_due",
        "bill_date",
        "city_name",
        "city_phone",
        "customer_name",
        "due_date",
        "service_address",
        "to_account_number",
    }
)
_BLANK = re.compile(r"\{([^{}\n]*)\}")
_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")
_HEADING = re.compile(r"^(#{1,3}) (.+)$")


def unknown_blanks(body: str) -> tuple[str, ...]:
    """Return the blanks in a letter that nothing fills, in order."""
    return tuple(name for name in _BLANK.findall(body) if name not in BLANKS)


def fill(body: str, values: Mapping[str, str]) -> str:
    """Fill the blanks of a letter once; a value that itself holds braces stays as it is."""
    return _BLANK.sub(lambda blank: values.get(blank[1], blank[0]), body)


def to_html(text: str) -> str:
    """Return headings, lists, paragraphs and bold as HTML; all other markup shows as typed."""
    blocks = (block.strip("\n") for block in re.split(r"\n\s*\n", text.strip()))
    return "\n".join(_block(block) for block in blocks if block)


def to_plain(text: str) -> str:
    """Return the words alone, for a bill or a text message."""
    lines = (_HEADING.sub(r"\2", line) for line in text.strip().splitlines())
    return _STRONG.sub(r"\1", "\n".join(lines))


def _block(block: str) -> str:
    lines = block.splitlines()
    heading = _HEADING.match(lines[0])
    if heading and len(lines) == 1:
        level = len(heading[1]) + 1
        return f"<h{level}>{_inline(heading[2])}</h{level}>"
    if all(line.startswith("- ") for line in lines):
        items = "".join(f"<li>{_inline(line[2:])}</li>" for line in lines)
        return f"<ul>{items}</ul>"
    return f"<p>{_inline(' '.join(line.strip() for line in lines))}</p>"


def _inline(text: str) -> str:
    return _STRONG.sub(r"<strong>\1</strong>", escape(text))
