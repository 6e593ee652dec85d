"""One frozen, interned node of the graph, and the clock it runs on."""

from __future__ import annotations

from collections.abc import Hashable
from enum import StrEnum
from typing import NamedTuple

from tradeplan.dsl.record import record

ACCOUNT_MARKET = "account"
"""The market name of the lane on which guards step: every minute in which any traded market is open."""


class Lane(NamedTuple):
    """A clock: the closed bars of a market and timeframe, or (`steps`) the scheduled closes on which a plan decides.

    A step lane ticks at every scheduled close inside the session, whether or not a bar came; market values reach it
    through JOIN only, calendar values live on any lane.
    """

    market: str
    timeframe: str
    steps: bool = False


class Op(StrEnum):
    """What a node computes. Values are float64 with NaN for UNKNOWN; conditions are Kleene bytes (see kernels)."""

    # an enumeration hashes in Python, and every node of a graph is looked up by its operation
    __hash__ = str.__hash__

    CONST = "const"  # data=(value,); lane None; a condition constant has value 0.0 or 1.0
    FIELD = "field"  # data=(bar field,); bar lanes only: open high low close tick_volume real_volume spread
    CALENDAR = "calendar"  # data=(what, zone, at_close); any lane: seconds weekday day, as float
    FEATURE = "feature"  # data=(name, stream, arguments...); bar lanes, and any lane where the stream is `calendar`
    CALL = "call"  # data=(function name, p values..., number of outputs); inputs on the same lane or CONST
    OUTPUT = "output"  # data=(index,); inputs=(CALL,)
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"  # x / 0 is UNKNOWN
    NEG = "neg"
    ABS = "abs"
    MIN = "min"  # UNKNOWN if either input is
    MAX = "max"
    GREATEST = "greatest"  # of those that are known; of the position only, columns call `strongest`
    LEAST = "least"
    CHOOSE = "choose"  # inputs=(condition, a, b): a if TRUE, b if FALSE; of the position only, columns call `choose`
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    EQ = "eq"
    NE = "ne"
    AND = "and"  # Kleene, two or more inputs
    OR = "or"
    NOT = "not"
    KNOWN = "known"  # of a value or a condition: TRUE or FALSE
    BECAME = "became"  # of a condition: TRUE now and FALSE on the bar before; UNKNOWN if either bar is (CROSSES)
    FOR = "for"  # data=(bars,): TRUE on each of the last n; Kleene AND over the span, missing bars are UNKNOWN
    WITHIN = "within"  # data=(bars,): TRUE on at least one of the last n; Kleene OR over the span
    AGO = "ago"  # data=(bars,): n bars ago on the same lane, UNKNOWN before the first bar
    JOIN = "join"  # inputs=(x,): newest value of x's lane at this lane's time, UNKNOWN if none, stale or closed
    POSITION = "position"  # data=(name,): entry stop size profit best held side r first; step lane; UNKNOWN while flat
    AT_ENTRY = "at_entry"  # inputs=(x,): x at the step that sent the entry; UNKNOWN while flat
    ACCOUNT = (
        "account"  # data=(name, TimeSpan or None): drawdown loss loss_rate equity balance; and system/feed readings
    )


CONDITION_OPS = frozenset(
    {Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.NE, Op.AND, Op.OR, Op.NOT, Op.KNOWN, Op.BECAME, Op.FOR, Op.WITHIN}
)
"""Operations whose result is always a condition."""


@record
class Node:
    """A value or condition on a lane. Made by `Graph.node` only: equal nodes are the same object.

    `condition`: Kleene byte instead of float64. `positional`: depends on POSITION, AT_ENTRY or ACCOUNT, so it is
    evaluated in the order loop and not as a column. `lane` is None for constants and what is made of them alone.
    """

    op: Op
    lane: Lane | None
    inputs: tuple[Node, ...]
    data: tuple[Hashable, ...]
    condition: bool
    positional: bool
    identity: int  # the order of creation in its graph: inputs come before the nodes that read them

    __eq__ = object.__eq__
    __hash__ = object.__hash__
