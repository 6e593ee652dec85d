"""What the server keeps of trading: positions, orders and deals, and their structs; times are UTC milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .clock import ServerClock
from .sequences import CONSTANTS, make

BUY, SELL = 0, 1
EXPERT = CONSTANTS["POSITION_REASON_EXPERT"]


@dataclass
class Position:
    """An open position; `visible_at` is when the terminal shows it."""

    ticket: int
    identifier: int
    symbol: str
    side: int
    volume: float
    price: float
    sl: float
    tp: float
    magic: int
    comment: str
    opened: int
    updated: int
    reason: int = EXPERT
    swap: float = 0.0
    visible_at: int = 0

    def struct(self, clock: ServerClock, current: float, profit: float) -> Any:
        """The TradePosition."""
        opened, updated = clock.broker(self.opened), clock.broker(self.updated)
        return make(
            "TradePosition",
            ticket=self.ticket,
            time=opened // 1000,
            time_msc=opened,
            time_update=updated // 1000,
            time_update_msc=updated,
            type=self.side,
            magic=self.magic,
            identifier=self.identifier,
            reason=self.reason,
            volume=self.volume,
            price_open=self.price,
            sl=self.sl,
            tp=self.tp,
            price_current=current,
            swap=self.swap,
            profit=profit,
            symbol=self.symbol,
            comment=self.comment,
        )


@dataclass
class Order:
    """An order, pending or done; `expiration` is broker seconds as the request gave it."""

    ticket: int
    symbol: str
    kind: int
    volume: float
    price: float
    sl: float
    tp: float
    magic: int
    comment: str
    placed: int
    stoplimit: float = 0.0
    filling: int = 0
    lifetime: int = 0
    expiration: int = 0
    state: int = CONSTANTS["ORDER_STATE_PLACED"]
    done: int = 0
    left: float = -1.0
    position_id: int = 0
    position_by_id: int = 0
    reason: int = EXPERT
    request: dict[str, Any] = field(default_factory=dict)

    def struct(self, clock: ServerClock, current: float) -> Any:
        """The TradeOrder."""
        placed, done = clock.broker(self.placed), clock.broker(self.done) if self.done else 0
        return make(
            "TradeOrder",
            ticket=self.ticket,
            time_setup=placed // 1000,
            time_setup_msc=placed,
            time_done=done // 1000,
            time_done_msc=done,
            time_expiration=self.expiration,
            type=self.kind,
            type_time=self.lifetime,
            type_filling=self.filling,
            state=self.state,
            magic=self.magic,
            position_id=self.position_id,
            position_by_id=self.position_by_id,
            reason=self.reason,
            volume_initial=self.volume,
            volume_current=self.volume if self.left < 0 else self.left,
            price_open=self.price,
            sl=self.sl,
            tp=self.tp,
            price_current=current,
            price_stoplimit=self.stoplimit,
            symbol=self.symbol,
            comment=self.comment,
        )


@dataclass(frozen=True)
class Deal:
    """An execution; `visible_at` is when history shows it."""

    ticket: int
    order: int
    symbol: str
    side: int
    entry: int
    volume: float
    price: float
    profit: float
    commission: float
    magic: int
    comment: str
    position_id: int
    time: int
    reason: int = EXPERT
    visible_at: int = 0

    def struct(self, clock: ServerClock) -> Any:
        """The TradeDeal."""
        msc = clock.broker(self.time)
        return make(
            "TradeDeal",
            ticket=self.ticket,
            order=self.order,
            time=msc // 1000,
            time_msc=msc,
            type=self.side,
            entry=self.entry,
            magic=self.magic,
            position_id=self.position_id,
            reason=self.reason,
            volume=self.volume,
            price=self.price,
            commission=self.commission,
            profit=self.profit,
            symbol=self.symbol,
            comment=self.comment,
        )
