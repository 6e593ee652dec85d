"""Entries and ADDs: checked against broker and limits, sent once, looked up when nobody knows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tradeplan.runtime.broker.acts import Act, Batch
from tradeplan.runtime.broker.identity import comment_of, magic_of
from tradeplan.runtime.broker.limits import Asked, Limits
from tradeplan.runtime.broker.means import Means, WithMeans
from tradeplan.runtime.broker.reading import Reading
from tradeplan.runtime.broker.requests import Traded, is_price, market_order, pending_order, priced
from tradeplan.runtime.broker.retcodes import Verdict
from tradeplan.runtime.broker.sending import Request, Sent
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.wanted import Order, OrderLeg
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.structs import SymbolInfo, Tick
from tradeplan.runtime.mt5.structs import TradePosition as Position
from tradeplan.runtime.mt5.symbol_rules import ends_with_the_day, lifetime, untaken
from tradeplan.runtime.mt5.symbols import unlike
from tradeplan.runtime.mt5.terminal import BridgeError

_OVER = {mt5.ORDER_STATE_CANCELED: "cancelled", mt5.ORDER_STATE_EXPIRED: "expired", mt5.ORDER_STATE_REJECTED: "refused"}
MANY = 256
"""Parts that are remembered before those of orders that wait no more are forgotten."""
RESUMED, LIVE, UNKNOWN, OVER = "resumed", "live", "unknown", "over"


@dataclass(slots=True)
class Part:
    """Where one part of an order stands: `resumed` (from the journal), `live`, `unknown` or `over`."""

    state: str
    since: float
    outcome: str = ""
    why: str = ""


class Entries(WithMeans):
    """Sends entries and ADDs, part by part."""

    def __init__(self, means: Means, limits: Limits) -> None:
        super().__init__(means)
        self.limits = limits
        self._parts: dict[int, Part] = {}
        self._times = deque[int]()
        self._resumed = False
        self._waits: dict[int, str] = {}  # parts that the broker did not take yet, and why

    def resume(self, engine: Engine) -> None:
        """After a restart: whatever waits may have been sent, so it is looked up before anything."""
        self._resumed = True
        for order in engine.orders():
            for magic, _ in self.parts(order):
                state = UNKNOWN if magic in self.memory.unknown else RESUMED
                self._parts[magic] = Part(state, self.timer())

    def look_anew(self) -> None:
        """The broker was away: the time in which it may show what was sent begins again."""
        for part in self._parts.values():
            part.since = self.timer()

    def parts(self, order: Order) -> list[tuple[int, OrderLeg]]:
        """The magic numbers of an order's parts; on a netting account there is one part."""
        intent = order.intent
        if order.about == "add" or len(order.legs) == 1:
            part = 0 if order.about == "add" else order.legs[0].leg
            return [(magic_of(intent, part), order.legs[0])]
        return [(magic_of(intent, leg.leg), leg) for leg in order.legs]

    def wanted(self, engine: Engine) -> set[int]:
        """The numbers of all parts that may still fill."""
        found = {
            magic
            for order in engine.orders()
            for magic, _ in self.merged(engine, order)
            if (order.valid is None or self.clock.now() < order.valid) and not _held(engine, order)
        }
        for holding in engine.holdings():
            links = self.memory.latest(holding.plan)
            if links:
                newest = max(links, key=lambda x: x.identifier)
                found |= {magic_of(newest.intent, leg) for leg in holding.waits}
        return found

    def due(self, engine: Engine, position: Position) -> tuple[Order, OrderLeg, float, float | None] | None:
        """The order that a position came from while its deal is not entered, the part of it, its stop and target."""
        for order in engine.orders():
            for magic, leg in self.merged(engine, order):
                if magic == position.magic:
                    return order, leg, *_bracket(engine, order, leg, position.price_open)
        return None

    def look_up(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """What the broker has of the orders that wait; what is over without a fill, and what was lost."""
        signs = seen(reading)
        said = {x.comment for x in reading.positions} | {x.comment for x in reading.orders}
        said |= {x.comment for x in reading.done} | {x.comment for x in reading.deals}
        told = (self.memory.known.by_comment(comment) for comment in said)
        signs |= {magic_of(x.intent, x.part) for x in told if x is not None}
        ended = {o.magic: o for o in reading.done if o.state in _OVER}
        filled = {d.magic for d in reading.deals}
        for order in engine.orders():
            parts = self.merged(engine, order)
            for magic, _ in parts:
                part = self._parts.get(magic)
                if magic in signs:
                    part = self._parts.setdefault(magic, Part(LIVE, self.timer()))
                    part.state = OVER if magic in ended and magic not in filled else LIVE
                    if part.state == OVER:
                        part.outcome, part.why = _OVER[ended[magic].state], ended[magic].comment
                        if order.valid is not None and self.clock.now() >= order.valid:
                            part.outcome = "expired"
                elif part is not None and part.state == UNKNOWN and self.timer() - part.since >= self.patience():
                    part.state, part.outcome = OVER, "lost"
                    self.say(f"`{order.plan}`: no answer came and the broker does not have the order: given up as lost")
            states = [self._parts.get(magic) for magic, _ in parts]
            if all(part is not None and part.state == OVER for part in states):
                yield self.over(order, states[0])
        if len(self._parts) > MANY:
            waits = {magic for order in engine.orders() for magic, _ in self.merged(engine, order)}
            self._parts = {magic: part for magic, part in self._parts.items() if magic in waits}

    def over(self, order: Order, part: Part | None) -> Batch:
        """The act that says that an order will not fill."""
        outcome, why = ("refused", "") if part is None else (part.outcome, part.why)
        body = {"plan": order.plan, "about": order.about, "rule": order.rule, "outcome": outcome}
        return [Act("refused", body | {"time": self.clock.now(), "why": why})]

    def merged(self, engine: Engine, order: Order) -> list[tuple[int, OrderLeg]]:
        """The parts as they are sent: on a netting account all legs together."""
        if engine.account.netting and len(order.legs) > 1:
            whole = OrderLeg(0, order.units, order.legs[-1].target)
            return [(magic_of(order.intent, 0), whole)]
        return self.parts(order)

    def carry_out(self, engine: Engine, reading: Reading, may_enter: str | None) -> Iterator[Batch]:
        """Send what has not been sent; what cannot be sent any more is refused."""
        if self._resumed:  # the limit of a minute holds across a restart
            self._resumed, sent = False, (*reading.orders, *reading.done)
            times = (self.clock.to_utc_ms(x.time_setup_msc / 1000) for x in sent if x.magic in self.memory.known)
            self._times = deque(sorted(t for t in times if t > self.clock.now() - 60_000))
        for order in engine.orders():
            unsent = [x for x in self.merged(engine, order) if self._unsent(x[0])]
            if not unsent:
                continue
            objection = self._objection(engine, reading, order, may_enter)
            if objection is not None:
                outcome, why = objection
                if outcome != "wait":
                    self.say(f"`{order.plan}`: its {order.about} is not sent: {why}")
                    for magic, _ in unsent:
                        self._parts[magic] = Part(OVER, self.timer(), outcome, why)
                    if len(unsent) == len(self.merged(engine, order)):
                        yield self.over(order, self._parts[unsent[0][0]])
                continue
            if not self.pacing.waits(("entry", unsent[0][0])):
                yield from self._send(engine, reading, order, unsent)

    def _unsent(self, magic: int) -> bool:
        part = self._parts.get(magic)
        return part is None or (part.state == RESUMED and self.timer() - part.since >= self.patience())

    def _objection(
        self, engine: Engine, reading: Reading, order: Order, may_enter: str | None
    ) -> tuple[str, str] | None:
        """Why an order is not sent: outcome and words; `wait` is for later."""
        now, traded = self.clock.now(), self.traded[order.market]
        if order.valid is not None and now >= order.valid:
            return "expired", "its time is over"
        if now - order.time > order.max_age:
            waited = next((self._waits[m] for m, _ in self.merged(engine, order) if m in self._waits), "")
            return "late", f"decided {(now - order.time) / 1000:.0f} s ago" + (f"; {waited}" if waited else "")
        if may_enter is not None:
            return "refused", may_enter
        if _held(engine, order):
            return "wait", "a person halted it since it was decided"
        info, tick = reading.symbols[traded.symbol], reading.ticks.get(traded.symbol)
        if tick is None or not priced(tick):
            return "wait", "there is no price"
        told = _of_symbol(order, info, tick, traded) or self._of_account(reading, order, traded)
        if told is None:
            told = self.limits.refusal(self._asked(engine, reading, order, tick))
        return None if told is None else ("refused", told)

    def _of_account(self, reading: Reading, order: Order, traded: Traded) -> str | None:
        """On an account that closes the oldest position first nobody else may hold one of the symbol."""
        if not reading.account.fifo_close:
            return None
        mine = {x.identifier for x in self.memory.latest(order.plan)}
        if any(p.symbol == traded.symbol and p.identifier not in mine for p in reading.positions):
            return f"{traded.symbol} has a position already, and this account closes only the oldest first (FIFO)"
        return None

    def _asked(self, engine: Engine, reading: Reading, order: Order, tick: Tick) -> Asked:
        now, traded = self.clock.now(), self.traded[order.market]
        while self._times and self._times[0] <= now - 60_000:
            self._times.popleft()
        market = tick.ask if order.side > 0 else tick.bid
        price = order.price or market
        holdings, orders = engine.holdings(), engine.orders()
        units = sum(x.units for h in holdings if h.market == order.market for x in h.legs)
        units += sum(o.units for o in orders if o.market == order.market)
        risk = sum(h.risk for h in holdings) + sum(o.risk for o in orders)
        return Asked(
            lots=traded.volume(order.units),
            open_lots=traded.volume(units),
            notional=sum(h.notional for h in holdings) + sum(o.notional for o in orders),
            risk=100.0 * risk / max(reading.account.equity, 0.01),
            orders=len(self._times) + sum(self._unsent(magic) for magic, _ in self.merged(engine, order)),
            distance=100.0 * max(abs(price - market), abs(order.stop - market)) / market,
        )

    def _send(
        self, engine: Engine, reading: Reading, order: Order, unsent: list[tuple[int, OrderLeg]]
    ) -> Iterator[Batch]:
        traded, tick = self.traded[order.market], reading.ticks[self.traded[order.market].symbol]
        for number, (magic, leg) in enumerate(unsent):
            intent = order.intent
            known = self.memory.known.get(magic)
            comment = comment_of(intent, leg.leg if known is None else known.part)

            def made(magic: int = magic, leg: OrderLeg = leg, comment: str = comment) -> Request:
                return self._request(engine, reading, order, magic, leg, comment, traded, tick)

            why = self._margin(reading, made())
            if not why:
                self._times.append(self.clock.now())
            sent = Sent(Verdict.NEVER, why) if why else self.send(made)
            if not why:
                self.answers.note(order.plan, order.about, sent, magic, 0.0, intent, leg.leg)
            part = self._parts[magic] = Part(LIVE, self.timer(), why=sent.why)
            self._waits.pop(magic, None)
            if sent.retcode == mt5.TRADE_RETCODE_INVALID_FILL:
                self.fillings.refused(traded.symbol)
            if sent.verdict is Verdict.UNKNOWN:
                part.state = UNKNOWN
                self.say(f"`{order.plan}`: {sent.why}: looked up, not sent again")
                yield [Act("unknown", {"magic": magic, "plan": order.plan})]
            elif sent.verdict is Verdict.LATER:
                del self._parts[magic]  # until it is late
                self._waits[magic] = sent.why
                self.pacing.failed(("entry", magic))
                return
            elif sent.verdict is Verdict.DONE:
                self._told_of_day(order, reading.symbols[traded.symbol])
            else:
                part.state = OVER
                part.outcome = "abandoned" if sent.verdict is Verdict.AGAIN else "refused"
                self.say(f"`{order.plan}`: its {order.about} was {part.outcome}: {sent.why}")
                if number == 0 and len(unsent) == len(self.merged(engine, order)):
                    for other, _ in unsent[1:]:
                        self._parts[other] = part
                    yield self.over(order, part)
                    return

    def _request(
        self,
        engine: Engine,
        reading: Reading,
        order: Order,
        magic: int,
        leg: OrderLeg,
        comment: str,
        traded: Traded,
        before: Tick,
    ) -> Request:
        """The request of one part with prices of now; levels given as distances are worked out from them."""
        info, waits = reading.symbols[traded.symbol], order.kind != "market"
        until = None if order.valid is None or not waits else self.clock.to_broker(order.valid)
        stands = lifetime(info, self.clock.to_broker(self.clock.now()), until)
        if waits:
            return pending_order(
                traded,
                order.kind,
                order.side,
                leg.units,
                order.price,
                order.stop,
                leg.target,
                magic,
                comment,
                stands,
            )
        tick = self._quote(traded.symbol, before)
        stop, target = _bracket(engine, order, leg, tick.ask if order.side > 0 else tick.bid)
        request = market_order(traded, order.side, leg.units, tick, stop, target, magic, comment) | stands
        return request | {"type_filling": self.fillings.of(request)}

    def _told_of_day(self, order: Order, info: SymbolInfo) -> None:
        text = f"`{order.plan}`: {info.name} takes orders for a day only: what has not filled by its end is `expired`"
        if order.kind != "market" and ends_with_the_day(info) and self.pacing.news(("day", info.name), text):
            self.say(text)

    def _quote(self, symbol: str, before: Tick) -> Tick:
        try:
            found: Tick | None = self.terminal.call("symbol_info_tick", symbol).value
        except BridgeError:
            return before
        return before if found is None or not priced(found) else found

    def _margin(self, reading: Reading, request: Request) -> str:
        """Why a request is not sent: no stop in it, or not enough margin; empty if nothing is known against it."""
        if not (is_price(request["sl"]) and is_price(request["price"])):
            # INVARIANT: 0 would mean no stop; an entry never goes out without one
            return f"its price {request['price']:g} or stop {request['sl']:g} is none"
        kind = request["type"] % 2
        try:
            reply = self.terminal.call(
                "order_calc_margin", kind, request["symbol"], request["volume"], request["price"]
            )
        except BridgeError:
            return ""
        free = reading.account.margin_free
        if reply.value is not None and reply.value > free:
            return f"it needs a margin of {reply.value:.2f}, {free:.2f} is free"
        return ""


def _bracket(engine: Engine, order: Order, leg: OrderLeg, price: float) -> tuple[float, float | None]:
    """Stop and target of an order's part that is filled at a price."""
    if order.about != "entry" or order.fixed:
        return order.stop, leg.target
    stop, legs = engine.bracket(order.plan, price)
    own = None if engine.account.netting else next((x for x in legs if x.leg == leg.leg), None)
    return stop, (own or legs[-1]).target


def _held(engine: Engine, order: Order) -> bool:
    """Whether its plan, its market or the account was halted by a person, or for a person to look at."""
    return not engine.held.isdisjoint(("", order.plan, order.market))


def _of_symbol(order: Order, info: SymbolInfo, tick: Tick, traded: Traded) -> str | None:
    """What the symbol's specification has against an order."""
    modes = {
        mt5.SYMBOL_TRADE_MODE_DISABLED: "trading is disabled",
        mt5.SYMBOL_TRADE_MODE_CLOSEONLY: "positions may only be closed",
        mt5.SYMBOL_TRADE_MODE_LONGONLY: "only long positions are allowed" if order.side < 0 else "",
        mt5.SYMBOL_TRADE_MODE_SHORTONLY: "only short positions are allowed" if order.side > 0 else "",
    }
    if modes.get(info.trade_mode):
        return f"{info.name}: {modes[info.trade_mode]}"
    other = "" if traded.profile is None else unlike(traded.profile, info)
    if other:
        return f"{info.name} is not what its profile says: {other}; `plan mt5 doctor` tells what to write"
    for leg in order.legs:
        volume = traded.volume(leg.units)
        step = Decimal(repr(info.volume_step))
        if not info.volume_min <= volume <= info.volume_max or Decimal(repr(volume)) % step:
            return (
                f"{info.name} takes {info.volume_min:g} to {info.volume_max:g} lots in steps of {step}, not {volume:g}"
            )
    told = untaken(info, order.kind, any(leg.target is not None for leg in order.legs))
    if told:
        return told
    near = info.trade_stops_level * info.point
    now = (tick.bid if order.side > 0 else tick.ask) if order.kind == "market" else order.price
    if near and order.side * (now - order.stop) < near - info.point / 2:
        return f"the stop {order.stop:g} is nearer to {now:g} than {info.trade_stops_level} points"
    return None


def seen(reading: Reading) -> set[int]:
    """The magic numbers of everything in a reading."""
    found = {x.magic for x in reading.positions} | {x.magic for x in reading.orders}
    return found | {x.magic for x in reading.done} | {x.magic for x in reading.deals}
