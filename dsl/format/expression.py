"""The one spelling of an expression or an amount."""

from __future__ import annotations

from tradeplan.dsl.nodes import (
    Ago,
    And,
    Argument,
    Between,
    Binary,
    Call,
    ClockTime,
    Compare,
    Crosses,
    Date,
    Expression,
    Group,
    HeldFor,
    Inside,
    Member,
    Minus,
    Name,
    Not,
    Number,
    Optional,
    Or,
    Quantity,
    Timeframe,
    View,
    Within,
)

_ATTACHED = frozenset({"%", "R", "ms", "s", "m", "h", "d", "w"})
"""Units that stand directly behind their number; the others keep a blank."""

# How tightly each form binds: a part that binds less tightly than its place asks for needs parentheses.
_OR, _AND, _TERM, _NEGATABLE, _TEMPORAL, _COMPARISON, _SUM, _PRODUCT, _UNARY, _PRIMARY, _POSTFIX = range(11)


def amount_text(amount: Quantity | Name) -> str:
    """A literal with its unit, or the name of a PARAM."""
    if isinstance(amount, Name):
        return amount.name
    return f"{amount.text}{'' if amount.unit in _ATTACHED else ' '}{amount.unit}"


def expression_text(expression: Expression) -> str:
    """The expression on one line. Parentheses stand where they were written, and where the tree needs them."""
    return _at(expression, _OR)


def part_text(part: Expression, of_and: bool) -> str:
    """One part of a top-level AND or OR, with parentheses if the tree needs them."""
    return _at(part, _TERM if of_and else _AND)


def _at(expression: Expression, least: int) -> str:
    text, binds = _spell(expression)
    return text if binds >= least else f"({text})"


def _call(call: Call | None) -> str:
    return "" if call is None else f"({', '.join(_argument(a) for a in call.arguments)})"


def _argument(argument: Argument) -> str:
    """`name = value` as an argument is most often a named one, and is spelt like one."""
    value = argument.value
    if isinstance(value, Compare) and value.op == "=" and isinstance(value.left, Name) and value.left.call is None:
        return f"{value.left.name}={_at(value.right, _SUM)}"
    return expression_text(value)


def _spell(expression: Expression) -> tuple[str, int]:
    match expression:
        # the frequent ones first: they are tried in this order
        case Name(name=name, call=call):
            return name + _call(call), _POSTFIX
        case Quantity():
            return amount_text(expression), _PRIMARY
        case Number(text=text) | ClockTime(text=text) | Date(text=text):
            return text, _PRIMARY
        case Compare(op=op, left=left, right=right):
            return f"{_at(left, _SUM)} {op} {_at(right, _SUM)}", _COMPARISON
        case Member(base=base, name=name, call=call):
            return f"{_at(base, _POSTFIX)}.{name}{_call(call)}", _POSTFIX
        case Group(inner=inner):
            return f"({expression_text(inner)})", _POSTFIX
        case Timeframe(code=code):
            return code, _POSTFIX
        case View(base=base, code=code):
            return f"{_at(base, _POSTFIX)}.{code}", _POSTFIX
        case Ago(base=base, bars=bars):
            return f"{_at(base, _POSTFIX)}[{bars}]", _POSTFIX
        case Minus(operand=operand):
            return f"-{_at(operand, _PRIMARY)}", _UNARY
        case Binary(op=op, left=left, right=right):
            binds = _SUM if op in "+-" else _PRODUCT
            return f"{_at(left, binds)} {op} {_at(right, binds + 1)}", binds
        case Or(parts=parts):
            return " OR ".join(_at(p, _AND) for p in parts), _OR
        case And(parts=parts):
            return " AND ".join(_at(p, _TERM) for p in parts), _AND
        case Optional(operand=operand):
            return f"OPTIONAL {_at(operand, _NEGATABLE)}", _TERM
        case Not(operand=operand):
            return f"NOT {_at(operand, _COMPARISON)}", _NEGATABLE
        case HeldFor(condition=condition, amount=amount):
            return f"{_at(condition, _TEMPORAL)} FOR {amount_text(amount)}", _TEMPORAL
        case Within(condition=condition, amount=amount):
            return f"{_at(condition, _TEMPORAL)} WITHIN {amount_text(amount)}", _TEMPORAL
        case Crosses(above=above, left=left, right=right):
            return f"{_at(left, _SUM)} CROSSES {'ABOVE' if above else 'BELOW'} {_at(right, _SUM)}", _COMPARISON
        case Between(value=value, low=low, high=high):
            return f"{_at(value, _SUM)} BETWEEN {_at(low, _SUM)} AND {_at(high, _SUM)}", _COMPARISON
        case Inside(value=value, zone=zone):
            return f"{_at(value, _SUM)} IN {_at(zone, _SUM)}", _COMPARISON
