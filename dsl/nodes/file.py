"""The parts of a plan file, as written."""

from __future__ import annotations

from typing import NamedTuple

from tradeplan.dsl.nodes.actions import Action
from tradeplan.dsl.nodes.expressions import Date, Expression, Name, Number, Quantity
from tradeplan.dsl.record import record
from tradeplan.dsl.source import Source, Span


class Identifier(NamedTuple):
    """A name that is being defined or chosen: of a plan, a market, a timeframe, a LET, a unitless word."""

    span: Span
    text: str


class Text(NamedTuple):
    """A quoted text, without its quotes."""

    span: Span
    text: str


class Let(NamedTuple):
    """`LET name = expression`."""

    span: Span
    name: Identifier
    value: Expression


class Param(NamedTuple):
    """`PARAM name = literal [FROM literal TO literal [STEP literal]]`; literals may be `Minus` of one."""

    span: Span
    name: Identifier
    value: Expression
    low: Expression | None
    high: Expression | None
    step: Expression | None


class Cooldown(NamedTuple):
    """`COOLDOWN span`."""

    span: Span
    amount: Quantity | Name


@record
class MaxPer:
    """`MAX n PER span`; the count is whole or the Name of a PARAM, the span may be the Name `day` or `week`."""

    span: Span
    count: Number | Name
    amount: Quantity | Name


class Once(NamedTuple):
    """`ONCE`."""

    span: Span


class Expires(NamedTuple):
    """`EXPIRES date`, or the Name of a PARAM."""

    span: Span
    date: Date | Name


class Cap(NamedTuple):
    """`LIMIT reading <= amount` of a guard; `operator` as written."""

    span: Span
    reading: Expression
    operator: str
    amount: Quantity | Name


class Rule(NamedTuple):
    """`WHEN condition THEN action, ...`; an action that could not be read is left out, and refused the plan."""

    span: Span
    condition: Expression
    actions: tuple[Action, ...]


Item = Let | Param | Cap | Cooldown | MaxPer | Once | Expires | Rule


class Plan(NamedTuple):
    """`PLAN name ["title"] TRADE market ON timeframe item...`."""

    span: Span
    name: Identifier
    title: Text | None
    market: Identifier
    timeframe: Identifier
    items: tuple[Item, ...]


class Covers(NamedTuple):
    """`COVERS market, ...` or `COVERS PLANS name, ...`: what a guard is about."""

    span: Span
    plans: bool
    names: tuple[Identifier, ...]


class Guard(NamedTuple):
    """`GUARD name ["title"] [COVERS ...] item...`."""

    span: Span
    name: Identifier
    title: Text | None
    items: tuple[Item, ...]
    covers: Covers | None = None


@record
class File:
    """All plans and guards of one source, with the spans of its comments.

    `lost` names the LETs and PARAMs that a syntax error kept out of the tree: what uses them is no mistake of its own.
    `holes` are places where a part of a statement could not be read: a Name without letters stands there, and what is
    said of a text with a hole in it is no mistake of its own either.
    """

    source: Source
    blocks: tuple[Plan | Guard, ...]
    comments: tuple[Text, ...] = ()
    lost: tuple[Identifier, ...] = ()
    holes: tuple[Span, ...] = ()
