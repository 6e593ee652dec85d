"""Expressions as written. Every node carries its span; `Group` keeps parentheses for the formatter."""

from __future__ import annotations

from typing import NamedTuple

from tradeplan.dsl.source import Span


class Number(NamedTuple):
    """A bare number; `text` is its spelling, an integer has no point."""

    span: Span
    text: str

    @property
    def value(self) -> float:
        """The number."""
        return float(self.text)

    @property
    def is_integer(self) -> bool:
        """Whether it was written without a decimal point."""
        return "." not in self.text


class Quantity(NamedTuple):
    """A number with a unit: `0.2%`, `15 pips`, `2R`, `1.5 ATR`, `1h`, `5 bars`, `1000 USD`, `0.10 lots`."""

    span: Span
    text: str
    unit: str

    @property
    def value(self) -> float:
        """The number before the unit."""
        return float(self.text)


class ClockTime(NamedTuple):
    """`15:45`; only a comparison with `time(zone)` gives it a zone."""

    span: Span
    text: str

    @property
    def seconds(self) -> int:
        """Seconds since midnight (may be out of range when mistyped: the checker says so)."""
        parts = [int(p) for p in self.text.split(":")]
        return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)


class Date(NamedTuple):
    """`2026-12-31`; the text is checked for being a day of the calendar later."""

    span: Span
    text: str


class Argument(NamedTuple):
    """One argument of a call; `name = value` arrives as a `Compare`, the checker tells whether it names a parameter."""

    span: Span
    value: Expression


class Call(NamedTuple):
    """The parentheses behind a name and what stands in them."""

    span: Span
    arguments: tuple[Argument, ...]


class Name(NamedTuple):
    """A name standing alone, perhaps called: `close`, `rsi(14)`, `floor`, `dxy`."""

    span: Span
    name: str
    call: Call | None = None


class Timeframe(NamedTuple):
    """A timeframe as a view on the plan's market: `M15` in `M15.close`."""

    span: Span
    code: str


class Member(NamedTuple):
    """`base.name` or `base.name(...)`: a function on a view, or a named result."""

    span: Span
    base: Expression
    name: str
    name_span: Span
    call: Call | None = None


class View(NamedTuple):
    """`base.H1`: another timeframe of a market."""

    span: Span
    base: Expression
    code: str
    code_span: Span


class Ago(NamedTuple):
    """`base[n]`: n bars ago on the expression's own clock."""

    span: Span
    base: Expression
    bars: int


class Group(NamedTuple):
    """Parentheses."""

    span: Span
    inner: Expression


class Minus(NamedTuple):
    """`-x`."""

    span: Span
    operand: Expression


class Binary(NamedTuple):
    """`left op right` with op one of `+ - * /`."""

    span: Span
    op: str
    left: Expression
    right: Expression


class Compare(NamedTuple):
    """`left op right` with op one of `< <= > >= = !=`."""

    span: Span
    op: str
    left: Expression
    right: Expression


class Crosses(NamedTuple):
    """`left CROSSES ABOVE right` or BELOW."""

    span: Span
    above: bool
    left: Expression
    right: Expression


class Between(NamedTuple):
    """`value BETWEEN low AND high`, both ends included."""

    span: Span
    value: Expression
    low: Expression
    high: Expression


class Inside(NamedTuple):
    """`value IN zone`."""

    span: Span
    value: Expression
    zone: Expression


class Not(NamedTuple):
    """`NOT condition`."""

    span: Span
    operand: Expression


class Optional(NamedTuple):
    """`OPTIONAL condition`: an UNKNOWN part of an entry rule counts as met."""

    span: Span
    operand: Expression


class And(NamedTuple):
    """`a AND b AND ...`."""

    span: Span
    parts: tuple[Expression, ...]


class Or(NamedTuple):
    """`a OR b OR ...`."""

    span: Span
    parts: tuple[Expression, ...]


class HeldFor(NamedTuple):
    """`condition FOR span`: on every bar of the span. The span is a Quantity or the Name of a PARAM."""

    span: Span
    condition: Expression
    amount: Quantity | Name


class Within(NamedTuple):
    """`condition WITHIN span`: on at least one bar of the span."""

    span: Span
    condition: Expression
    amount: Quantity | Name


Expression = (
    Number
    | Quantity
    | ClockTime
    | Date
    | Name
    | Timeframe
    | Member
    | View
    | Ago
    | Group
    | Minus
    | Binary
    | Compare
    | Crosses
    | Between
    | Inside
    | Not
    | Optional
    | And
    | Or
    | HeldFor
    | Within
)
