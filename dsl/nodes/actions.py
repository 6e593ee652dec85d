"""What a rule does, as written."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.nodes.expressions import Expression, Name, Quantity
from tradeplan.dsl.source import Span


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """`AT LIMIT price FOR span` or `AT STOP price FOR span`."""

    span: Span
    limit: bool
    price: Expression
    amount: Quantity | Name


@dataclass(frozen=True, slots=True)
class Take:
    """`TAKE p% AT x`."""

    span: Span
    amount: Quantity | Name
    at: Expression


@dataclass(frozen=True, slots=True)
class Enter:
    """`BUY|SELL size [AT ...] STOP x [TARGET x] [TAKE p% AT x]...`; `risk` says that the size is RISK."""

    span: Span
    side: str
    risk: bool
    size: Quantity | Name
    pending: PendingOrder | None
    stop: Expression
    target: Expression | None
    takes: tuple[Take, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """`CLOSE [p%]`."""

    span: Span
    amount: Quantity | Name | None


@dataclass(frozen=True, slots=True)
class Add:
    """`ADD p%`."""

    span: Span
    amount: Quantity | Name


@dataclass(frozen=True, slots=True)
class MoveStop:
    """`MOVE STOP TO price`."""

    span: Span
    to: Expression


@dataclass(frozen=True, slots=True)
class Cancel:
    """`CANCEL`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Halt:
    """`HALT [FOR span] [PROBE p%]`."""

    span: Span
    amount: Quantity | Name | None
    probe: Quantity | Name | None = None


@dataclass(frozen=True, slots=True)
class Flatten:
    """`FLATTEN`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Alert:
    """`ALERT "text"`; `text` is without quotes."""

    span: Span
    text: str


Action = Enter | Close | Add | MoveStop | Cancel | Halt | Flatten | Alert
