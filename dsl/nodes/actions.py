"""What a rule does, as written."""

from __future__ import annotations

from typing import NamedTuple

from tradeplan.dsl.nodes.expressions import Expression, Name, Quantity
from tradeplan.dsl.source import Span


class PendingOrder(NamedTuple):
    """`AT LIMIT price FOR span` or `AT STOP price FOR span`."""

    span: Span
    limit: bool
    price: Expression
    amount: Quantity | Name


class Take(NamedTuple):
    """`TAKE p% AT x`."""

    span: Span
    amount: Quantity | Name
    at: Expression


class Enter(NamedTuple):
    """`BUY|SELL size [AT ...] STOP x [TARGET x] [TAKE p% AT x]...`; `risk` says that the size is RISK."""

    span: Span
    side: str
    risk: bool
    size: Quantity | Name
    pending: PendingOrder | None
    stop: Expression
    target: Expression | None
    takes: tuple[Take, ...]


class Close(NamedTuple):
    """`CLOSE [p%]`."""

    span: Span
    amount: Quantity | Name | None


class Add(NamedTuple):
    """`ADD p%`."""

    span: Span
    amount: Quantity | Name


class MoveStop(NamedTuple):
    """`MOVE STOP TO price`."""

    span: Span
    to: Expression


class Cancel(NamedTuple):
    """`CANCEL`."""

    span: Span


class Halt(NamedTuple):
    """`HALT [FOR span] [PROBE p%]`."""

    span: Span
    amount: Quantity | Name | None
    probe: Quantity | Name | None = None


class Flatten(NamedTuple):
    """`FLATTEN`."""

    span: Span


class Alert(NamedTuple):
    """`ALERT "text"`; `text` is without quotes."""

    span: Span
    text: str


Action = Enter | Close | Add | MoveStop | Cancel | Halt | Flatten | Alert
