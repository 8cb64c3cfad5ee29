"""Formulas of rate files, such as `service_charge + 1.03*usage_ccf`, parsed by a grammar.

A formula is text from outside: it is never handed to an interpreter. It knows numbers, names,
percentages, `+ - * /` and parentheses, and nothing else.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from curbstop.rates.domain import nodes
from curbstop.rates.domain.nodes import Node, Operator

_GRAMMAR = r"""
?start: sum
?sum: product | sum "+" product -> add | sum "-" product -> subtract
?product: factor | product "*" factor -> multiply | product "/" factor -> divide
?factor: atom | "-" factor -> negative | "+" factor
?atom: NUMBER -> number | NUMBER "%" -> percent | NAME -> name | "(" sum ")"
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?/
NAME: /[A-Za-z_][A-Za-z0-9_.]*/
%import common.WS
%ignore WS
"""
_OPERATORS = {
    "add": Operator.ADD,
    "subtract": Operator.SUBTRACT,
    "multiply": Operator.MULTIPLY,
    "divide": Operator.DIVIDE,
}
LONGEST = 2_000
DEEPEST = 200

Resolve = Callable[[str], Node]


class NotAFormula(ValueError):
    """A text is neither a number nor a formula."""


def parse(text: str, resolve: Resolve) -> Node:
    """Return the node that a formula stands for; `resolve` says what a name stands for.

    :raises NotAFormula: if the text does not follow the grammar
    """
    return _node(_tree(text), resolve, 0)


def names_in(text: str) -> list[str]:
    """Return the names that a formula mentions, in order.

    :raises NotAFormula: if the text does not follow the grammar
    """
    tokens = _tree(text).scan_values(lambda value: isinstance(value, Token) and value.type == "NAME")
    return [str(each) for each in tokens]


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


@lru_cache(maxsize=4096)
def _tree(text: str) -> Tree[Token]:
    if len(text) > LONGEST:
        raise NotAFormula(f"a formula has at most {LONGEST} characters")
    try:
        return _parser().parse(text)
    except LarkError as problem:
        column = getattr(problem, "column", -1)
        where = f" at character {column}" if isinstance(column, int) and column > 0 else ""
        raise NotAFormula(f"“{text}” is not a number or a formula{where}") from None


def _node(tree: Tree[Token], resolve: Resolve, depth: int) -> Node:
    if depth > DEEPEST:
        raise NotAFormula(f"a formula nests at most {DEEPEST} deep")
    kind = str(tree.data)
    if kind in {"number", "percent", "name"}:
        text = str(tree.children[0])
        if kind == "name":
            return resolve(text)
        return nodes.Number(Fraction(text) / (100 if kind == "percent" else 1))
    below = [_node(each, resolve, depth + 1) for each in tree.children if isinstance(each, Tree)]
    if kind == "negative":
        return nodes.Operation(Operator.SUBTRACT, nodes.Number(Fraction(0)), below[0])
    left, right = below
    if isinstance(left, nodes.Number) and isinstance(right, nodes.Number):
        folded = _folded(_OPERATORS[kind], left.value, right.value)
        if folded is not None:
            return folded
    return nodes.Operation(_OPERATORS[kind], left, right)


def _folded(operator: Operator, left: Fraction, right: Fraction) -> Node | None:
    match operator:
        case Operator.ADD:
            return nodes.Number(left + right)
        case Operator.SUBTRACT:
            return nodes.Number(left - right)
        case Operator.MULTIPLY:
            return nodes.Number(left * right)
        case Operator.DIVIDE if right:
            return nodes.Number(left / right)
        case _:
            return None
