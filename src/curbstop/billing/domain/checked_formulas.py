"""The formulas of derivations, read and worked out by the checker alone: `round((21.46/60),8)`.

Quotients are carried to sixty digits and read to forty, so that 3 × (1 ÷ 6) is a half again.
"""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from operator import eq, ge, gt, le, lt

Numbers = Mapping[str, Decimal]
Formula = Callable[[Numbers], Decimal]

CARRIED = Context(prec=60, rounding=ROUND_HALF_EVEN)
READ = Context(prec=40, rounding=ROUND_HALF_EVEN)
ZERO, ONE = Decimal(0), Decimal(1)
KEPT = 50_000
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([a-z_][a-z0-9_]*)|([-+*/(),]))")


class Unreadable(ValueError):
    """A derivation is not what docs/derivations.md describes."""


@lru_cache(KEPT)
def formula_of(text: str) -> Formula:
    """Read a formula of numbers, names, + - * /, parentheses and the functions of docs/derivations.md.

    :raises Unreadable: if it is none
    """
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Unreadable(f"“{text}” is not a formula")
        tokens.append(found[0].strip())
        at = found.end()
    reader = _Reader(text, tokens)
    formula = reader.sum()
    if reader.left:
        raise reader.unreadable()
    return formula


class _Reader:
    """Reads one formula, token by token."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.left = tokens[::-1]

    def unreadable(self) -> Unreadable:
        """Return the refusal of this formula."""
        return Unreadable(f"“{self.text}” is not a formula")

    def take(self, expected: str = "") -> str:
        """Return the next token, which must be the expected one if one is."""
        found = self.left.pop() if self.left else ""
        if not found or (expected and found != expected):
            raise self.unreadable()
        return found

    def sum(self) -> Formula:
        """Read terms with + and - between them."""
        formula = self.product()
        while self.left and self.left[-1] in {"+", "-"}:
            formula = _BETWEEN[self.take()](formula, self.product())
        return formula

    def product(self) -> Formula:
        """Read factors with * and / between them."""
        formula = self.factor()
        while self.left and self.left[-1] in {"*", "/"}:
            formula = _BETWEEN[self.take()](formula, self.factor())
        return formula

    def factor(self) -> Formula:
        """Read a number, a name, a function or a parenthesis."""
        found = self.take()
        if found == "(":
            formula = self.sum()
            self.take(")")
            return formula
        if found[0].isdigit():
            number = Decimal(found)
            return lambda _: number
        if self.left and self.left[-1] == "(":
            return self.function(found)
        return lambda names: names[found]

    def function(self, name: str) -> Formula:
        """Read a function with its arguments."""
        self.take("(")
        arguments = [self.sum()]
        while self.left and self.left[-1] == ",":
            self.take()
            arguments.append(self.sum())
        self.take(")")
        if name not in _FUNCTIONS or _FUNCTIONS[name][0] != len(arguments):
            raise self.unreadable()
        return _FUNCTIONS[name][1](*arguments)


_BETWEEN: Mapping[str, Callable[[Formula, Formula], Formula]] = {
    "+": lambda left, right: lambda numbers: left(numbers) + right(numbers),
    "-": lambda left, right: lambda numbers: left(numbers) - right(numbers),
    "*": lambda left, right: lambda numbers: left(numbers) * right(numbers),
    "/": lambda left, right: lambda numbers: left(numbers) / right(numbers),
}


def _rounded(number: Formula, decimals: Formula) -> Formula:
    return lambda numbers: READ.plus(number(numbers)).quantize(ONE.scaleb(-int(decimals(numbers))), ROUND_HALF_UP)


def _chosen(which: Formula, low: Formula, high: Formula, inside: Formula, outside: Formula) -> Formula:
    # Only the chosen side is worked out: the other may divide by nothing.
    return lambda numbers: (inside if low(numbers) <= which(numbers) <= high(numbers) else outside)(numbers)


def _compared(holds: Callable[[Decimal, Decimal], bool]) -> Callable[..., Formula]:
    # Quotients are read alike on both sides, so that 3 × (1 ÷ 6) is no less than a half.
    def compared(left: Formula, right: Formula) -> Formula:
        return lambda numbers: ONE if holds(READ.plus(left(numbers)), READ.plus(right(numbers))) else ZERO

    return compared


_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Formula]]] = {
    "min": (2, lambda left, right: lambda numbers: min(left(numbers), right(numbers))),
    "max": (2, lambda left, right: lambda numbers: max(left(numbers), right(numbers))),
    "round": (2, _rounded),
    "round_even": (1, lambda inner: lambda numbers: READ.plus(inner(numbers)).quantize(ONE, ROUND_HALF_EVEN)),
    "floor": (1, lambda inner: lambda numbers: READ.plus(inner(numbers)).to_integral_value(ROUND_FLOOR)),
    "within": (5, _chosen),
    "is_below": (2, _compared(lt)),
    "is_at_most": (2, _compared(le)),
    "is_equal": (2, _compared(eq)),
    "is_at_least": (2, _compared(ge)),
    "is_above": (2, _compared(gt)),
    "choose": (3, lambda is_so, then, other: lambda numbers: (then if is_so(numbers) else other)(numbers)),
}
