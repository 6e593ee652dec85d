"""The one spelling of heads, actions and statements, cut into pieces that may stand on lines of their own."""

from __future__ import annotations

from typing import NamedTuple

from tradeplan.dsl.format.expression import amount_text, expression_text, part_text
from tradeplan.dsl.nodes import (
    Action,
    Add,
    Alert,
    And,
    Cancel,
    Cap,
    Close,
    Cooldown,
    Covers,
    Enter,
    Expires,
    Expression,
    Flatten,
    Guard,
    Halt,
    Item,
    Let,
    MaxPer,
    MoveStop,
    Once,
    Or,
    Param,
    Plan,
    Rule,
)
from tradeplan.dsl.source import Span

WIDTH = 88
"""A statement that fits in so many columns stands on one line."""


class Piece(NamedTuple):
    """A part of a statement and where it was written; `lead` comes before it when it has a line of its own."""

    span: Span
    lead: str
    text: str

    @property
    def line(self) -> str:
        """The piece as a line."""
        return self.lead + self.text


def head_pieces(block: Plan | Guard) -> list[Piece]:
    """`PLAN name "title"` and `TRADE market ON timeframe`, always two lines; a guard has the first, and COVERS."""
    title = f' "{block.title.text}"' if block.title else ""
    last = block.title.span if block.title else block.name.span
    first = Span(block.span.start, last.end)
    if isinstance(block, Guard):
        head = [Piece(first, "", f"GUARD {block.name.text}{title}")]
        return head if block.covers is None else [*head, Piece(block.covers.span, "", covers_text(block.covers))]
    trade = f"TRADE {block.market.text} ON {block.timeframe.text}"
    return [
        Piece(first, "", f"PLAN {block.name.text}{title}"),
        Piece(block.market.span.to(block.timeframe.span), "", trade),
    ]


def covers_text(covers: Covers) -> str:
    """`COVERS btc, gold`."""
    return f"COVERS {'PLANS ' if covers.plans else ''}{', '.join(name.text for name in covers.names)}"


def statement_pieces(item: Item) -> list[Piece]:
    """The pieces of a statement; all but rules and LETs are in one."""
    match item:
        case Rule(condition=condition, actions=actions):
            texts = [action_text(action) + ("," if action is not actions[-1] else "") for action in actions]
            leads = ["THEN ", *["     "] * (len(actions) - 1)]
            return _parts("WHEN ", condition) + [
                Piece(action.span, lead, text) for action, lead, text in zip(actions, leads, texts, strict=True)
            ]
        case Let(name=name, value=value):
            return _parts(f"LET {name.text} = ", value)
        case _:
            return [Piece(item.span, "", _plain(item))]


def one_line(item: Item) -> str:
    """The whole statement on one line."""
    pieces = statement_pieces(item)
    return " ".join([pieces[0].line, *(piece.line.strip() for piece in pieces[1:])])


def _parts(lead: str, value: Expression) -> list[Piece]:
    """A condition by its top-level AND or OR parts, the operator in front of each but the first."""
    if not isinstance(value, And | Or):
        return [Piece(value.span, lead, expression_text(value))]
    of_and = isinstance(value, And)
    leads = [lead, *[" AND " if of_and else " OR "] * (len(value.parts) - 1)]
    return [Piece(p.span, ahead, part_text(p, of_and)) for p, ahead in zip(value.parts, leads, strict=True)]


def _plain(item: Item) -> str:
    match item:
        case Param(name=name, value=value, low=low, high=high, step=step):
            text = f"PARAM {name.text} = {expression_text(value)}"
            if low is not None and high is not None:
                text += f" FROM {expression_text(low)} TO {expression_text(high)}"
            return text if step is None else f"{text} STEP {expression_text(step)}"
        case Cap(reading=reading, operator=operator, amount=amount):
            return f"LIMIT {expression_text(reading)} {operator} {amount_text(amount)}"
        case Cooldown(amount=amount):
            return f"COOLDOWN {amount_text(amount)}"
        case MaxPer(count=count, amount=amount):
            return f"MAX {expression_text(count)} PER {amount_text(amount)}"
        case Expires(date=date):
            return f"EXPIRES {expression_text(date)}"
        case Once():
            return "ONCE"
        case Rule() | Let():
            return one_line(item)


def action_text(action: Action) -> str:
    """One action on one line."""
    match action:
        case Enter():
            return _enter(action)
        case Close(amount=amount):
            return "CLOSE" if amount is None else f"CLOSE {amount_text(amount)}"
        case Add(amount=amount):
            return f"ADD {amount_text(amount)}"
        case MoveStop(to=to):
            return f"MOVE STOP TO {expression_text(to)}"
        case Cancel():
            return "CANCEL"
        case Halt(amount=amount, probe=probe):
            text = "HALT" if amount is None else f"HALT FOR {amount_text(amount)}"
            return text if probe is None else f"{text} PROBE {amount_text(probe)}"
        case Flatten():
            return "FLATTEN"
        case Alert(text=text):
            return f'ALERT "{text}"'


def _enter(action: Enter) -> str:
    words = [action.side, "RISK " if action.risk else "", amount_text(action.size)]
    text = f"{words[0]} {words[1]}{words[2]}"
    if action.pending is not None:
        kind = "LIMIT" if action.pending.limit else "STOP"
        text += f" AT {kind} {expression_text(action.pending.price)} FOR {amount_text(action.pending.amount)}"
    text += f" STOP {expression_text(action.stop)}"
    if action.target is not None:
        text += f" TARGET {expression_text(action.target)}"
    for take in action.takes:
        text += f" TAKE {amount_text(take.amount)} AT {expression_text(take.at)}"
    return text
