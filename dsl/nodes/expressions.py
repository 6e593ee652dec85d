"""Expressions as written. Every node carries its span; `Group` keeps parentheses for the formatter."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.source import Span


@dataclass(frozen=True, slots=True)
class Number:
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


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit: `0.2%`, `15 pips`, `2R`, `1.5 ATR`, `1h`, `5 bars`, `1000 USD`, `0.10 lots`."""

    span: Span
    text: str
    unit: str

    @property
    def value(self) -> float:
        """The number before the unit."""
        return float(self.text)


@dataclass(frozen=True, slots=True)
class ClockTime:
    """`15:45`; only a comparison with `time(zone)` gives it a zone."""

    span: Span
    text: str

    @property
    def seconds(self) -> int:
        """Seconds since midnight (may be out of range when mistyped: the checker says so)."""
        parts = [int(p) for p in self.text.split(":")]
        return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)


@dataclass(frozen=True, slots=True)
class Date:
    """`2026-12-31`; the text is checked for being a day of the calendar later."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; `name = value` arrives as a `Compare`, the checker tells whether it names a parameter."""

    span: Span
    value: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """The parentheses behind a name and what stands in them."""

    span: Span
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A name standing alone, perhaps called: `close`, `rsi(14)`, `floor`, `dxy`."""

    span: Span
    name: str
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Timeframe:
    """A timeframe as a view on the plan's market: `M15` in `M15.close`."""

    span: Span
    code: str


@dataclass(frozen=True, slots=True)
class Member:
    """`base.name` or `base.name(...)`: a function on a view, or a named result."""

    span: Span
    base: Expression
    name: str
    name_span: Span
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class View:
    """`base.H1`: another timeframe of a market."""

    span: Span
    base: Expression
    code: str
    code_span: Span


@dataclass(frozen=True, slots=True)
class Ago:
    """`base[n]`: n bars ago on the expression's own clock."""

    span: Span
    base: Expression
    bars: int


@dataclass(frozen=True, slots=True)
class Group:
    """Parentheses."""

    span: Span
    inner: Expression


@dataclass(frozen=True, slots=True)
class Minus:
    """`-x`."""

    span: Span
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right` with op one of `+ - * /`."""

    span: Span
    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right` with op one of `< <= > >= = !=`."""

    span: Span
    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Crosses:
    """`left CROSSES ABOVE right` or BELOW."""

    span: Span
    above: bool
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Between:
    """`value BETWEEN low AND high`, both ends included."""

    span: Span
    value: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Inside:
    """`value IN zone`."""

    span: Span
    value: Expression
    zone: Expression


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT condition`."""

    span: Span
    operand: Expression


@dataclass(frozen=True, slots=True)
class Optional:
    """`OPTIONAL condition`: an UNKNOWN part of an entry rule counts as met."""

    span: Span
    operand: Expression


@dataclass(frozen=True, slots=True)
class And:
    """`a AND b AND ...`."""

    span: Span
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """`a OR b OR ...`."""

    span: Span
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class HeldFor:
    """`condition FOR span`: on every bar of the span. The span is a Quantity or the Name of a PARAM."""

    span: Span
    condition: Expression
    amount: Quantity | Name


@dataclass(frozen=True, slots=True)
class Within:
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
