"""Formulas of rate files, such as `service_charge + 1.03*usage_ccf`, parsed by a grammar.

A formula is text from outside: it is never handed to an interpreter. It knows numbers, names,
percentages, `+ - * /` and parentheses; in our own tariffs also a few functions, such as
`round(area, 2000) / 2000`, and `if(excess > 6, 25, 0)`.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, partial, reduce

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from curbstop.rates.domain import nodes
from curbstop.rates.domain.nodes import Node, Operator

_GRAMMAR = r"""
?start: sum
?sum: product | sum "+" product -> add | sum "-" product -> subtract
?product: factor | product "*" factor -> multiply | product "/" factor -> divide
?factor: atom | "-" factor -> negative | "+" factor
?atom: NUMBER -> number | NUMBER "%" -> percent | NAME -> name | "(" sum ")"{more}
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?/
NAME: /[A-Za-z_][A-Za-z0-9_.]*/
%import common.WS
%ignore WS
"""
_FUNCTIONS = r""" | call | choice
call: NAME "(" sum ("," sum)* ")"
choice: "if" "(" condition "," sum "," sum ")"
?condition: conjunct | condition "or" conjunct -> either
?conjunct: comparison | conjunct "and" comparison -> both
comparison: sum RELATION sum
RELATION: "<=" | ">=" | "<" | ">" | "=="
"""
_OPERATORS = {
    "add": Operator.ADD,
    "subtract": Operator.SUBTRACT,
    "multiply": Operator.MULTIPLY,
    "divide": Operator.DIVIDE,
    # Conditions are 1 or 0: both hold where the lesser is 1, either where the greater is.
    "both": Operator.MINIMUM,
    "either": Operator.MAXIMUM,
}
LONGEST = 2_000
DEEPEST = 200

Resolve = Callable[[str], Node]


class NotAFormula(ValueError):
    """A text is neither a number nor a formula."""


def parse(text: str, resolve: Resolve) -> Node:
    """Return the node that a formula of a rate file stands for; `resolve` says what a name stands for.

    :raises NotAFormula: if the text does not follow the grammar
    """
    return _node(_tree(text, "start", has_functions=False), resolve, 0)


def parse_ours(text: str, resolve: Resolve) -> Node:
    """Return the node that a formula of a tariff stands for, which may call functions.

    :raises NotAFormula: if the text does not follow the grammar
    """
    return _node(_tree(text, "start", has_functions=True), resolve, 0)


def parse_condition(text: str, resolve: Resolve) -> Node:
    """Return the node, 1 or 0, that a condition such as `usage > 6 and persons >= 2` stands for.

    :raises NotAFormula: if the text does not follow the grammar
    """
    return _node(_tree(text, "condition", has_functions=True), resolve, 0)


@lru_cache(maxsize=2)
def _parser(*, has_functions: bool) -> Lark:
    starts = ["start", "condition"] if has_functions else ["start"]
    return Lark(_GRAMMAR.replace("{more}", _FUNCTIONS if has_functions else ""), parser="lalr", start=starts)


@lru_cache(maxsize=4096)
def _tree(text: str, start: str, *, has_functions: bool) -> Tree[Token]:
    if len(text) > LONGEST:
        raise NotAFormula(f"a formula has at most {LONGEST} characters")
    try:
        return _parser(has_functions=has_functions).parse(text, start=start)
    except LarkError as problem:
        column = getattr(problem, "column", -1)
        where = f" at character {column}" if isinstance(column, int) and column > 0 else ""
        sought = "a condition" if start == "condition" else "a number or a formula"
        raise NotAFormula(f"“{text}” is not {sought}{where}") from None


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
    match kind:
        case "negative":
            made: Node = nodes.Operation(Operator.SUBTRACT, nodes.Number(Fraction(0)), below[0])
        case "call":
            made = _called(str(tree.children[0]), below)
        case "choice":
            made = nodes.Chosen(*below)
        case "comparison":
            made = nodes.Compared(nodes.Relation(str(tree.children[1])), *below)
        case _:
            made = _operation(_OPERATORS[kind], *below)
    return made


def _operation(operator: Operator, left: Node, right: Node) -> Node:
    if isinstance(left, nodes.Number) and isinstance(right, nodes.Number):
        folded = _folded(operator, left.value, right.value)
        if folded is not None:
            return folded
    return nodes.Operation(operator, left, right)


def _called(name: str, given: list[Node]) -> Node:
    """Return what a function gives: `min` and `max` of any numbers, `round…` to a step, which is 1 if left out."""
    if name in {"min", "max"} and len(given) > 1:
        return reduce(partial(nodes.Operation, Operator(name)), given)
    if name not in _ROUNDED or not 1 <= len(given) <= 2:  # noqa: PLR2004 - a number and a step
        known = ", ".join(("min", "max", *_ROUNDED))
        raise NotAFormula(f"“{name}” with {len(given)} numbers is no function; there are {known}")
    step = given[1] if len(given) > 1 else nodes.Number(Fraction(1))
    if not isinstance(step, nodes.Number) or step.value <= 0:
        raise NotAFormula(f"the step of {name} is a number above zero")
    return nodes.multiply(_ROUNDED[name](nodes.divide(given[0], step)), step)


def _rounded_up(node: Node) -> Node:
    nothing = nodes.Number(Fraction(0))
    below = nodes.Operation(Operator.SUBTRACT, nothing, node)
    return nodes.Operation(Operator.SUBTRACT, nothing, nodes.Floor(below))


_ROUNDED: dict[str, Callable[[Node], Node]] = {
    "round": lambda node: nodes.RoundedUp(node, 0),
    "round_up": _rounded_up,
    "round_down": nodes.Floor,
}


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
