"""From an expression as written to a value over the graph: one small function per form of expression."""

from __future__ import annotations

from tradeplan.dsl.check.algebra import binary, negated
from tradeplan.dsl.check.comparison import compared
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.literals import calendar_date, clock_time, number, quantity
from tradeplan.dsl.check.logic import ago, between, crossing, inside, joined, negation, temporal
from tradeplan.dsl.check.lowering import named_read
from tradeplan.dsl.check.names import NOT_A_VALUE, member_value, name_value
from tradeplan.dsl.check.value import Value, View
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import Node, Op
from tradeplan.dsl.nodes import (
    Ago,
    And,
    Between,
    Binary,
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
    Within,
)

OPTIONAL_PLACE = diagnostic_kind(
    "optional-place", "OPTIONAL stands before a top-level AND part of an entry rule that has another part"
)


class Elaborator(Context):
    """A context that knows every form of expression."""

    def named_read(self, name: str, arguments: tuple[float, ...], view: View) -> Node:
        """The first output of a function of the catalog read on a view with constant arguments."""
        return named_read(self, name, arguments, view)

    def value(self, expression: Expression, view: View | None) -> Value | None:
        """The value of an expression read on a view; None if it is broken, and that was reported."""
        match expression:
            case Name():
                return name_value(self, expression, view)
            case Member():
                return member_value(self, expression, view)
            case Number():
                return number(self, expression)
            case Quantity():
                return quantity(self, expression, view)
            case Compare():
                return compared(self, expression, view)
            case Binary():
                left, right = self.value(expression.left, view), self.value(expression.right, view)
                return None if left is None or right is None else binary(self, expression, left, right)
            case And():
                return joined(self, Op.AND, expression, view)
            case Group():
                return self.value(expression.inner, view)
            case Minus():
                operand = self.value(expression.operand, view)
                return None if operand is None else negated(self, expression, operand)
            case ClockTime():
                return clock_time(self, expression)
            case Date():
                return calendar_date(self, expression)
            case Ago():
                return ago(self, expression, view)
            case Crosses():
                return crossing(self, expression, view)
            case Between():
                return between(self, expression, view)
            case Inside():
                return inside(self, expression, view)
            case Or():
                return joined(self, Op.OR, expression, view)
            case Not():
                return negation(self, expression, view)
            case HeldFor():
                return temporal(self, Op.FOR, expression, view)
            case Within():
                return temporal(self, Op.WITHIN, expression, view)
            case Optional():
                return self.error(
                    OPTIONAL_PLACE,
                    expression.span,
                    "OPTIONAL does not fit here",
                    found=self.text(expression.span),
                    expected=("a part of the rule's outermost AND",),
                    help="in a rule with BUY or SELL write it before a part that AND joins, outside parentheses",
                )
            case _:
                return self.error(
                    NOT_A_VALUE,
                    expression.span,
                    f"`{self.text(expression.span)}` is a view, not a value",
                    found=self.text(expression.span),
                    expected=(f"{self.text(expression.span)}.close",),
                    help=f"say which of its values: `{self.text(expression.span)}.close`",
                )
