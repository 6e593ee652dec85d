"""Closes whose outcome nobody knows: looked up first, and sent again only when a second one cannot do harm."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from tradeplan.runtime.broker.memory import Memory
from tradeplan.runtime.broker.reading import Reading
from tradeplan.runtime.broker.retcodes import Verdict
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.structs import TradePosition as Position

PLAIN = "tp."
"""How comments of closes begin that follow from no intent: they say nothing about which of them one is."""
_ENDED = (
    mt5.ORDER_STATE_FILLED,
    mt5.ORDER_STATE_CANCELED,
    mt5.ORDER_STATE_EXPIRED,
    mt5.ORDER_STATE_REJECTED,
)


class Next(Enum):
    """What is to be done about a close that is wanted."""

    SEND = "send"
    WAIT = "wait"
    FENCE = "fence"  # a change of levels is sent and looked for, so that what was sent before it is over


@dataclass(slots=True)
class Closing:
    """A close that was sent, for `units` lots of a position that had `volume`; `known`: what carried its tag before."""

    volume: float
    units: float
    verdict: Verdict
    since: float
    magic: int
    comment: str
    known: frozenset[int]
    fence: tuple[float, float] | None = None  # stop and target by which it will be known that the server has moved on
    fenced: float = 0.0


@dataclass(slots=True)
class Closings:
    """What was sent and is not settled, by position.

    A close that names the ticket of a hedging account's position and closes all of it can be sent twice: the server
    refuses the second. Everything else must never be carried out twice: a part would be closed twice, and on a netting
    account a second close opens a position the other way round.
    """

    memory: Memory
    patience: Callable[[], float]
    timer: Callable[[], float]
    _sent: dict[int, Closing] = field(default_factory=dict)

    def next(self, reading: Reading, position: Position, volume: float, netting: bool) -> Next:
        """What to do about closing `volume` of a position now."""
        before = self._sent.get(position.identifier) or self._remembered(position)
        if before is None or before.verdict not in (Verdict.DONE, Verdict.UNKNOWN):
            return Next.SEND
        harmless = not netting and volume >= position.volume - 1e-9
        other = (before.volume, before.units) != (position.volume, volume)
        if self._settled(reading, before) or (harmless and other):
            self._forget(position)
            return Next.SEND
        waited = self.timer() - before.since
        if waited < self.patience() or any(x.magic == before.magic for x in reading.orders):
            return Next.WAIT
        if harmless:
            return Next.SEND
        if before.fence is not None and _stands(position, before.fence):
            # INVARIANT: one terminal, one connection: what was sent before a change that the server shows has arrived
            # by now or never will; it left no order and no deal, so it never did
            self._forget(position)
            return Next.SEND
        if before.fence is None or self.timer() - before.fenced >= self.patience():
            return Next.FENCE
        return Next.WAIT

    def fence(self, position: Position, tick: float, wanted: float) -> tuple[float, float]:
        """Stop and target that differ by one tick from those that stand: a target moves away, or the stop nearer.

        `wanted`: a stop for a position that has none.
        """
        side = 1 if position.type == mt5.POSITION_TYPE_BUY else -1
        stop, target = position.sl or _on_tick(wanted, tick), position.tp
        if target:
            target = _on_tick(target + side * tick, tick)
        elif position.sl:
            stop = _on_tick(stop + side * tick, tick)
        closing = self._sent[position.identifier]
        closing.fence, closing.fenced = (stop, target), self.timer()
        return stop, target

    def sent(
        self, reading: Reading, position: Position, volume: float, verdict: Verdict, magic: int, comment: str
    ) -> dict[str, Any] | None:
        """Take down a close that was sent; what the journal must know of it, where its answer was lost."""
        self._forget(position)
        known = frozenset(_tagged(reading, magic, comment))
        closing = Closing(position.volume, volume, verdict, self.timer(), magic, comment, known)
        self._sent[position.identifier] = closing
        if verdict is not Verdict.UNKNOWN:
            return None
        body = {"magic": magic, "comment": comment, "close": position.identifier, "known": sorted(known)}
        return body | {"volume": position.volume, "units": volume}

    def keep(self, there: Container[int]) -> None:
        """Forget what was sent about positions that neither the run nor the broker has: their deals are entered."""
        for identifier in [x for x in self._sent if x not in there]:
            del self._sent[identifier]

    def _forget(self, position: Position) -> None:
        self._sent.pop(position.identifier, None)
        self.memory.closes.pop(position.identifier, None)

    def done(self, position: Position) -> bool:
        """Whether the broker has said that a close is done which it does not show yet."""
        before = self._sent.get(position.identifier)
        return before is not None and before.verdict is Verdict.DONE

    def fencing(self, position: Position) -> bool:
        """Whether levels of a position must be left as they are until the broker shows them."""
        before = self._sent.get(position.identifier)
        return before is not None and before.fence is not None

    def _remembered(self, position: Position) -> Closing | None:
        """A close whose answer was lost in a former life: its time to show begins anew."""
        body = self.memory.closes.pop(position.identifier, None)
        if body is None:
            return None
        closing = Closing(
            float(body["volume"]),
            float(body["units"]),
            Verdict.UNKNOWN,
            self.timer(),
            int(body["magic"]),
            str(body["comment"]),
            frozenset(body["known"]),
        )
        self._sent[position.identifier] = closing
        return closing

    def _settled(self, reading: Reading, closing: Closing) -> bool:
        """Whether the broker shows what became of it: an order that has ended, with all deals that it made.

        A deal without its order is enough when it has stood as long as anything may take to show.
        """
        done = [o for o in reading.done if _is(o, closing) and o.ticket not in closing.known]
        deals = [d for d in reading.deals if _is(d, closing) and d.ticket not in closing.known]
        for order in done:
            filled = sum(Decimal(repr(d.volume)) for d in deals if d.order == order.ticket)
            missing = Decimal(repr(order.volume_initial)) - Decimal(repr(order.volume_current))
            if order.state in _ENDED and filled >= missing:
                return True
        return bool(deals) and not done and self.timer() - closing.since >= self.patience()


def _is(x: Any, closing: Closing) -> bool:
    return bool(x.magic == closing.magic or (not closing.comment.startswith(PLAIN) and x.comment == closing.comment))


def _tagged(reading: Reading, magic: int, comment: str) -> list[int]:
    closing = Closing(0.0, 0.0, Verdict.DONE, 0.0, magic, comment, frozenset())
    ended = [x.ticket for x in reading.done if _is(x, closing)]
    return ended + [x.ticket for x in reading.deals if _is(x, closing)]


def _stands(position: Position, fence: tuple[float, float]) -> bool:
    return abs(position.sl - fence[0]) < 1e-9 * max(1.0, fence[0]) and abs(position.tp - fence[1]) < 1e-9 * max(
        1.0, fence[1]
    )


def _on_tick(price: float, tick: float) -> float:
    """A price on the tick, without the noise of binary sums."""
    step = Decimal(repr(tick))
    return float((Decimal(repr(price)) / step).quantize(Decimal(1)) * step)
