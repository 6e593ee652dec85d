"""The value of an expression while a plan is checked: its kind, its node, and what else may be asked of it."""

from __future__ import annotations

from enum import Enum

from tradeplan.dsl.catalog import Function, MarketFacts
from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.dsl.kinds import Base, Kind
from tradeplan.dsl.record import mutable_record

BAR_FIELDS = ("open", "high", "low", "close", "tick_volume", "real_volume", "spread")
"""What a bar holds; these names are never functions."""

POSITION_VALUES = ("entry", "stop", "size", "profit", "best", "held")
"""What a plan may ask of its position."""

SOURCE_NAMES = ("account", "news", "system", "feed", "trades")
"""What stands before the dot beside markets."""


class Mode(Enum):
    """Where an expression stands: it decides which names are legal."""

    LET = "a LET"
    ENTRY = "a rule with BUY or SELL"
    MANAGE = "a rule without BUY or SELL"
    GUARD = "a guard"


@mutable_record
class View:
    """A market and timeframe; `explicit` if it was written, not the plan's own by default."""

    facts: MarketFacts
    timeframe: str
    explicit: bool
    lane: Lane


@mutable_record
class Results:
    """The call behind a value, so that `.upper` can be asked of it; of a function that expands, the values."""

    function: Function
    call: Node | None
    kinds: tuple[Kind, ...]
    values: tuple[Value, ...] = ()


@mutable_record
class Value:
    """A checked expression; never changed once made.

    `node` of a zone is its `exists`; `zone` is then (low, high, exists). `literal`: written as a number (or a PARAM),
    so that it may become a price. `ambient`: the node is a recipe without a lane (see Context.place).
    """

    kind: Kind
    node: Node
    literal: bool = False
    ambient: bool = False
    zone: tuple[Node, Node, Node] | None = None
    results: Results | None = None

    @property
    def constant(self) -> float | None:
        """The number, if it is known now."""
        if self.node.op is Op.CONST:
            number = self.node.data[0]
            return number if isinstance(number, float) else None
        return None

    @property
    def is_number(self) -> bool:
        """Whether it is a number or a count."""
        return self.kind.base is Base.NUMBER or self.kind.base is Base.COUNT


_PLURALS = {
    Base.NUMBER: "a number",
    Base.COUNT: "a number",
    Base.PERCENT: "a percent",
    Base.R_MULTIPLE: "an R distance",
    Base.CLOCK_TIME: "a clock time",
    Base.MONEY: "money",
    Base.LOTS: "lots",
    Base.BARS: "a number of bars",
    Base.SPAN: "a duration or bars",
}


def spoken(kind: Kind) -> str:
    """A kind with its article, for messages."""
    plain = _PLURALS.get(kind.base)
    if plain is None:
        return f"a {kind}"
    return f"{plain} in {kind.of}" if kind.of and kind.base is Base.MONEY else plain
