"""Builds the nodes of the syntax tree, one function per rule of the grammar, with exact places.

Children are tokens, nodes, or the small tuples that `size`, `span` and `trailer` rules leave for the rule above them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradeplan.dsl.nodes import (
    Add,
    Ago,
    Alert,
    And,
    Argument,
    Between,
    Binary,
    Call,
    Cancel,
    Cap,
    ClockTime,
    Close,
    Compare,
    Cooldown,
    Covers,
    Crosses,
    Date,
    Enter,
    Expires,
    Expression,
    Flatten,
    Group,
    Guard,
    Halt,
    HeldFor,
    Identifier,
    Inside,
    Let,
    MaxPer,
    Member,
    Minus,
    MoveStop,
    Name,
    Not,
    Number,
    Once,
    Optional,
    Or,
    Param,
    PendingOrder,
    Plan,
    Quantity,
    Rule,
    Take,
    Text,
    Timeframe,
    View,
    Within,
)
from tradeplan.dsl.source import Span

Children = list[Any]


def _identifier(token: Any) -> Identifier:
    return Identifier(Span(token[2], token[3]), token[1])


def _text(token: Any) -> Text:
    return Text(Span(token[2], token[3]), token[1][1:-1])


def _over(c: Children) -> Span:
    """From a keyword to the end of the last node."""
    return Span(c[0][2], c[-1].span.end)


def _between(c: Children) -> Span:
    """From the start of the first node to the end of the last."""
    return Span(c[0].span.start, c[-1].span.end)


def start(c: Children) -> tuple[Plan | Guard, ...]:
    """All blocks of a file."""
    return tuple(c)


def plan(c: Children) -> Plan:
    """PLAN NAME [STRING] TRADE NAME ON TIMEFRAME item*."""
    title = _text(c[2]) if c[2][0] == "STRING" else None
    trade = 2 if title is None else 3
    items = c[trade + 4 :]
    end = items[-1].span.end if items else c[trade + 3][3]
    market, timeframe = _identifier(c[trade + 1]), _identifier(c[trade + 3])
    return Plan(Span(c[0][2], end), _identifier(c[1]), title, market, timeframe, tuple(items))


def guard(c: Children) -> Guard:
    """GUARD NAME [STRING] [covers] item*."""
    title = _text(c[2]) if len(c) > 2 and c[2][0] == "STRING" else None
    items = c[2:] if title is None else c[3:]
    end = items[-1].span.end if items else c[-1][3]
    covered = items.pop(0) if items and isinstance(items[0], Covers) else None
    return Guard(Span(c[0][2], end), _identifier(c[1]), title, tuple(items), covered)


def covers(c: Children) -> Covers:
    """COVERS [PLANS] NAME, NAME."""
    plans = c[1][0] == "PLANS"
    names = tuple(_identifier(token) for token in c[2 if plans else 1 :: 2])
    return Covers(Span(c[0][2], c[-1][3]), plans, names)


def let(c: Children) -> Let:
    """LET NAME = expression."""
    return Let(_over(c), _identifier(c[1]), c[3])


def param(c: Children) -> Param:
    """PARAM NAME = literal [FROM literal TO literal [STEP literal]]."""
    low, high = (c[5], c[7]) if len(c) > 4 else (None, None)
    return Param(_over(c), _identifier(c[1]), c[3], low, high, c[9] if len(c) > 8 else None)


def max_per(c: Children) -> MaxPer:
    """MAX count PER amount."""
    return MaxPer(_over(c), c[1], c[3])


def expires(c: Children) -> Expires:
    """EXPIRES day."""
    return Expires(_over(c), c[1])


def rule(c: Children) -> Rule:
    """WHEN expression THEN action, action; one that could not be read is None."""
    actions = tuple(action for action in c[3::2] if action is not None)
    end = (actions[-1] if actions else c[1]).span.end
    return Rule(Span(c[0][2], end), c[1], actions)


def enter(c: Children) -> Enter:
    """SIDE size [pending] STOP x [target] take*."""
    pending = c[2] if isinstance(c[2], PendingOrder) else None
    stop = 3 if pending is None else 4
    rest = c[stop + 1 :]
    target = rest[0] if rest and not isinstance(rest[0], Take) else None
    risk, size = c[1]
    takes = tuple(rest if target is None else rest[1:])
    return Enter(_over(c), c[0][1], risk, size, pending, c[stop], target, takes)


def pending_order(c: Children) -> PendingOrder:
    """AT LIMIT|STOP price FOR amount."""
    return PendingOrder(_over(c), c[1][0] == "LIMIT", c[2], c[4])


def take(c: Children) -> Take:
    """TAKE amount AT x."""
    return Take(_over(c), c[1], c[3])


def close(c: Children) -> Close:
    """CLOSE [amount]."""
    return Close(_over(c), c[1]) if len(c) > 1 else Close(c[0].span, None)


def halt(c: Children) -> Halt:
    """HALT [FOR amount] [PROBE amount]."""
    if len(c) == 1:
        return Halt(c[0].span, None)
    said = {token[0]: amount for token, amount in zip(c[1::2], c[2::2], strict=True)}
    return Halt(_over(c), said.get("FOR"), said.get("PROBE"))


def alert(c: Children) -> Alert | None:
    """ALERT STRING; without its quotes it stands for an action that could not be read."""
    if not c[1][1]:
        return None
    return Alert(Span(c[0][2], c[1][3]), c[1][1][1:-1])


def quantity(c: Children) -> Quantity:
    """A number and its unit."""
    return Quantity(Span(c[0][2], c[1][3]), c[0][1], c[1][1])


def reference(c: Children) -> Name:
    """The name of a PARAM where a literal may stand."""
    return Name(Span(c[0][2], c[0][3]), c[0][1])


def temporal(c: Children) -> Expression:
    """A condition and its FOR and WITHIN, from the inside out."""
    node: Expression = c[0]
    for kind, amount in c[1:]:
        node = kind(Span(node.span.start, amount.span.end), node, amount)
    return node


def crosses(c: Children) -> Crosses:
    """a CROSSES ABOVE|BELOW b."""
    return Crosses(_between(c), c[2][0] == "ABOVE", c[0], c[3])


def arithmetic(c: Children) -> Expression:
    """a + b - c, from the left."""
    node: Expression = c[0]
    for i in range(1, len(c), 2):
        right = c[i + 1]
        node = Binary(Span(node.span.start, right.span.end), c[i][1], node, right)
    return node


def postfix(c: Children) -> Expression:
    """A name and what the dots and brackets behind it take from it, from the left."""
    node: Expression = c[0]
    for trailer in c[1:]:
        node = trailer(node)
    return node


def name(c: Children) -> Name:
    """NAME [call]."""
    call_ = c[1] if len(c) > 1 else None
    return Name(Span(c[0][2], c[0][3] if call_ is None else call_.span.end), c[0][1], call_)


def member(c: Children) -> Callable[[Expression], Member]:
    """.NAME [call] behind a base."""
    call_ = c[2] if len(c) > 2 else None
    token = c[1]
    end = token[3] if call_ is None else call_.span.end
    return lambda base: Member(Span(base.span.start, end), base, token[1], Span(token[2], token[3]), call_)


def view(c: Children) -> Callable[[Expression], View]:
    """.TIMEFRAME behind a base."""
    token = c[1]
    return lambda base: View(Span(base.span.start, token[3]), base, token[1], Span(token[2], token[3]))


def ago(c: Children) -> Callable[[Expression], Ago]:
    """[n] behind a base."""
    return lambda base: Ago(Span(base.span.start, c[2][3]), base, int(c[1][1]))


def call(c: Children) -> Call:
    """The parentheses of a call."""
    return Call(Span(c[0][2], c[-1][3]), tuple(Argument(value.span, value) for value in c[1:-1:2]))


BUILDERS: dict[str, Callable[[Children], Any]] = {
    "start": start,
    "plan": plan,
    "guard": guard,
    "covers": covers,
    "let": let,
    "param": param,
    "cooldown": lambda c: Cooldown(_over(c), c[1]),
    "max_per": max_per,
    "cap": lambda c: Cap(_over(c), c[1], c[2][1], c[3]),
    "once": lambda c: Once(c[0].span),
    "expires": expires,
    "rule": rule,
    "enter": enter,
    "risk": lambda c: (True, c[1]),
    "lots": lambda c: (False, c[0]),
    "pending": pending_order,
    "target": lambda c: c[1],
    "take": take,
    "close": close,
    "add": lambda c: Add(_over(c), c[1]),
    "move_stop": lambda c: MoveStop(_over(c), c[3]),
    "cancel": lambda c: Cancel(c[0].span),
    "halt": halt,
    "flatten": lambda c: Flatten(c[0].span),
    "alert": alert,
    "reference": reference,
    "quantity": quantity,
    "minus": lambda c: Minus(_over(c), c[1]),
    "number": lambda c: Number(c[0].span, c[0][1]),
    "clock_time": lambda c: ClockTime(c[0].span, c[0][1]),
    "date": lambda c: Date(c[0].span, c[0][1]),
    "expr": lambda c: Or(_between(c), tuple(c[::2])),
    "all_of": lambda c: And(_between(c), tuple(c[::2])),
    "optional": lambda c: Optional(_over(c), c[1]),
    "negation": lambda c: Not(_over(c), c[1]),
    "temporal": temporal,
    "held_for": lambda c: (HeldFor, c[1]),
    "within": lambda c: (Within, c[1]),
    "compare": lambda c: Compare(_between(c), c[1][1], c[0], c[2]),
    "crosses": crosses,
    "between": lambda c: Between(_between(c), c[0], c[2], c[4]),
    "inside": lambda c: Inside(_between(c), c[0], c[2]),
    "sum": arithmetic,
    "product": arithmetic,
    "postfix": postfix,
    "name": name,
    "timeframe": lambda c: Timeframe(c[0].span, c[0][1]),
    "group": lambda c: Group(Span(c[0][2], c[2][3]), c[1]),
    "member": member,
    "view": view,
    "ago": ago,
    "call": call,
}
"""The builder of each rule or alias of the grammar; a test compares the names with the grammar's."""
