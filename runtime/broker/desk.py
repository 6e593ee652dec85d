"""Sends what the engine wants and the broker does not have; protection first, entries last."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from tradeplan.runtime.broker.acts import Act, Batch
from tradeplan.runtime.broker.closing import Closings, Next
from tradeplan.runtime.broker.entries import Entries
from tradeplan.runtime.broker.identity import STOP_PASSED, TARGET_PASSED, comment_of, magic_of
from tradeplan.runtime.broker.means import Means, WithMeans
from tradeplan.runtime.broker.memory import Link
from tradeplan.runtime.broker.reading import Reading
from tradeplan.runtime.broker.requests import Traded, close_order, is_price, levels_order, priced, removal
from tradeplan.runtime.broker.retcodes import Verdict
from tradeplan.runtime.broker.sending import Request
from tradeplan.runtime.broker.watchman import Watchman
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import intent_id
from tradeplan.runtime.engine.wanted import Holding
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.structs import Tick
from tradeplan.runtime.mt5.structs import TradePosition as Position
from tradeplan.runtime.mt5.symbol_rules import lifetime


class Levels(NamedTuple):
    """What a position should have; `volume`: what of it is this run's, `missing`: it lacks a stop or has a looser."""

    plan: str
    volume: float
    stop: float
    target: float | None
    missing: bool
    opened: int  # milliseconds


class Desk(WithMeans):
    """Everything that reduces risk, and `entries` for what adds to it."""

    def __init__(self, means: Means, watchman: Watchman, entries: Entries, closings: Closings) -> None:
        super().__init__(means)
        self.watchman, self.entries, self.closings = watchman, entries, closings
        self._lost: Batch = []  # closes whose answer was lost, for the journal
        self._bare: dict[int, int] = {}  # positions whose stop could not be put back, and how often
        self._lagging: dict[int, float] = {}  # since when a position is not as its deals say

    def carry_out(self, engine: Engine, reading: Reading, may_enter: str | None) -> Iterator[Batch]:
        """Send; what is refused comes as acts. `may_enter`: why no entry may be sent, None if they may."""
        pairs = list(self.watchman.pairs(engine, reading))
        held = {link.identifier for _, link, _ in pairs}
        self._orphans(reading, held)
        self._keep(held | {p.identifier for p in reading.positions} | self.memory.orphans)
        for holding, link, position in pairs:
            if position is not None:
                self._position(engine, reading, holding, link, position)
        self._unentered(engine, reading)
        self._removals(engine, reading)
        lost, self._lost = self._lost, []
        if lost:
            yield lost
        yield from self.entries.carry_out(engine, reading, may_enter)

    def _keep(self, there: set[int]) -> None:
        """Forget what was about positions that are gone."""
        self.closings.keep(there)
        for known in (self._bare, self._lagging):
            for identifier in [x for x in known if x not in there]:
                del known[identifier]

    def _orphans(self, reading: Reading, held: set[int]) -> None:
        """What filled after its order was taken back, or without the engine waiting for it, is closed at once."""
        for p in reading.positions:
            if p.identifier in self.memory.orphans and p.identifier not in held:
                self._close(reading, p, p.volume, "it filled too late: nobody waits for it", magic_of(p.identifier, 0))

    def _unentered(self, engine: Engine, reading: Reading) -> None:
        """The stop of a position is watched before the broker shows the deal that opened it."""
        for p in reading.positions:
            if p.sl or p.identifier in self.memory.links or p.identifier in self.memory.orphans:
                continue
            due = self.entries.due(engine, p)
            if due is not None:
                order, leg, stop, target = due
                mine = min(self.traded[order.market].volume(leg.units), p.volume)
                self._levels(reading, p, Levels(order.plan, mine, stop, target, True, order.time))

    def _position(self, engine: Engine, reading: Reading, holding: Holding, link: Link, position: Position) -> None:
        traded = self.traded[holding.market]
        if (position.type == mt5.POSITION_TYPE_BUY) != (holding.side > 0):
            return  # others turned the net position round: nothing of it is ours, and the watchman halts the market
        asked = sum(x.close for x in holding.legs if link.leg in (-1, x.leg))
        whole = sum(x.units for x in holding.legs if link.leg in (-1, x.leg))
        if asked and not (asked < whole and self._lags(position, traded.units(position.volume) != whole)):
            volume = self._closable(reading, holding, link, position, asked, whole)
            intent = intent_id(holding.plan, holding.version, holding.position, f"close/{link.leg}/{whole}")
            gone = self._close(
                reading, position, volume, "", magic_of(intent, 0), comment_of(intent, 0), holding.stop_wanted
            )
            # what is not closed yet keeps its stop: a close may be looked up or refused for long
            if asked >= whole and (gone or position.sl):
                return
        if asked and self.closings.fencing(position):
            return
        half = traded.tick / 2
        side, stop = holding.side, holding.stop_wanted
        missing = position.sl == 0.0 or side * (holding.stop - position.sl) > half
        if link.stop is None:
            link.stop = position.sl
        if not missing and side * (position.sl - stop) > half and position.sl != link.stop:
            stop = position.sl  # tightened by hand: the watchman takes it over
        target = next((x.target for x in holding.legs[::-1] if link.leg in (-1, x.leg)), None)
        if not missing and abs(position.sl - stop) <= half and abs(position.tp - (target or 0.0)) <= half:
            self._bare.pop(position.identifier, None)
            self.pacing.done(("levels", position.identifier))
            return
        if not missing and self._passed(reading, holding, link, position, stop, target):
            return
        mine = self._mine(holding, link, position)
        if self._levels(reading, position, Levels(holding.plan, mine, stop, target, missing, holding.opened)):
            link.stop = stop

    def _lags(self, position: Position, differs: bool) -> bool:
        """Whether the broker may not have shown all deals of a position yet: a part that was closed is not again."""
        if not differs:
            self._lagging.pop(position.identifier, None)
            return False
        return self.timer() - self._lagging.setdefault(position.identifier, self.timer()) < self.patience()

    def _passed(
        self, reading: Reading, holding: Holding, link: Link, position: Position, stop: float, target: float | None
    ) -> bool:
        """Close a position whose new stop or target the market has reached before it could be set: no broker takes it.

        What was decided while nobody was there is such a stop, and so is one that a quick market overtook.
        """
        tick, side = reading.ticks.get(position.symbol), holding.side
        if tick is None or not priced(tick):
            return False
        market = float(tick.bid if side > 0 else tick.ask)
        if side * (stop - market) >= 0.0:
            what, level, part = "stop", stop, STOP_PASSED
        elif target is not None and side * (market - target) >= 0.0:
            what, level, part = "target", target, TARGET_PASSED
        else:
            return False
        text = f"`{holding.plan}`: the market has passed the {what} {level:g} of {position.ticket}: it is closed"
        if self.pacing.news(("passed", position.identifier), text):
            self.say(text)
        mine = self._mine(holding, link, position)
        self._close(reading, position, mine, "", magic_of(position.identifier, part), f"tp.{what}")
        return True

    def _mine(self, holding: Holding, link: Link, position: Position) -> float:
        """What of a position is this run's: all of one on a hedging account, what the run holds on a netting one."""
        if link.leg != -1:
            return position.volume
        return min(self.traded[holding.market].volume(sum(x.units for x in holding.legs)), position.volume)

    def _closable(
        self, reading: Reading, holding: Holding, link: Link, position: Position, asked: int, whole: int
    ) -> float:
        """The volume to close for `asked` of `whole` units: never one that the broker takes in no order."""
        mine = self._mine(holding, link, position)
        volume = mine if asked >= whole else min(self.traded[holding.market].volume(asked), mine)
        info = reading.symbols.get(position.symbol)
        if info is None or volume >= mine:
            return volume
        least = max(volume, info.volume_min)
        if mine - least < info.volume_min - 1e-9:
            least = mine
        if least > volume:
            text = (
                f"`{holding.plan}`: {least:g} lots of {position.ticket} are closed instead of {volume:g}: the broker"
                f" takes no order below {info.volume_min:g}, and what would be left could not be closed either"
            )
            if self.pacing.news(("part", position.identifier), text):
                self.say(text)
        return min(least, mine)

    def _levels(self, reading: Reading, position: Position, wanted: Levels) -> bool:
        """Set stop and target; True: done. A position whose missing stop cannot be put back now is closed."""
        plan, mine, stop, target, missing, opened = wanted
        if missing and position.identifier in self._bare:
            why = "its stop could not be put back"
            self._close(reading, position, mine, why, magic_of(position.identifier, 1))
            return False
        key, wish = ("levels", position.identifier), (stop, target, missing)
        if self.pacing.waits(key, wish):
            return False
        put_back = f"`{plan}`: the stop of {position.ticket} is missing or looser: put back to {stop:g}"
        if missing and opened < self.clock.now() - 1_000 and self.pacing.news(("missing", *key), put_back):
            self.say(put_back)
        sent = self.send(lambda: levels_order(position, stop, target))
        self.answers.note(plan, "level", sent, position.identifier, stop)
        if sent.verdict is Verdict.DONE:
            self.pacing.done(("missing", *key))
            return True
        self.pacing.failed(key, wish)
        if missing and sent.retcode != mt5.TRADE_RETCODE_MARKET_CLOSED:
            self._bare[position.identifier] = self._bare.get(position.identifier, 0) + 1
            if sent.verdict is Verdict.NEVER:
                why = f"its stop could not be put back: {sent.why}"
                self._close(reading, position, mine, why, magic_of(position.identifier, 1))
            return False
        if (missing or sent.verdict is not Verdict.LATER) and self.pacing.news(key, sent.why):
            self.say(f"`{plan}`: stop {stop:g}, target {target or 0.0:g} of {position.ticket}: {sent.why}")
        return False

    def _close(
        self,
        reading: Reading,
        position: Position,
        volume: float,
        why: str,
        magic: int,
        comment: str = "tp.close",
        stop: float = 0.0,
    ) -> bool:
        """Close a position or a part of it; what may have been carried out already is looked up first.

        True: the broker has said that it is done.
        """
        info = reading.symbols.get(position.symbol)
        volume = volume if info is None else min(volume, info.volume_max)
        key, wish = ("close", position.identifier), (volume, position.volume)
        if self.pacing.waits(key, wish):
            return False
        tick = reading.ticks.get(position.symbol)
        traded = next((t for t in self.traded.values() if t.symbol == position.symbol), None)
        if traded is None:
            return False
        then = self.closings.next(reading, position, volume, self.netting(reading))
        if then is Next.FENCE:
            self._fence(position, traded, tick, stop)
        if then is not Next.SEND:
            return self.closings.done(position)
        alert = f"ALERT: {position.symbol} {position.ticket} is closed: {why}"
        if why and self.pacing.news(("alert", *key), alert):
            self.say(alert)
        stands = lifetime(info, self.clock.to_broker(self.clock.now()))
        sent = self.send(
            lambda: self._filled(
                close_order(traded, position, volume, self.quote(position.symbol, tick), magic, comment) | stands
            )
        )
        lost = self.closings.sent(reading, position, volume, sent.verdict, magic, comment)
        link = self.memory.links.get(position.identifier)
        plan = "" if link is None else link.plan
        if lost is not None:
            self._lost.append(Act("unknown", lost | {"plan": plan}))
        self.answers.note(plan, "close", sent, position.identifier, position.volume)
        if sent.verdict is Verdict.DONE:
            self.pacing.done(key)
            return True
        if sent.retcode == mt5.TRADE_RETCODE_INVALID_FILL:
            self.fillings.refused(position.symbol)
        if sent.verdict is not Verdict.UNKNOWN:  # what is unknown waits for what the broker shows
            self.pacing.failed(key, wish)
        if self.pacing.news(key, sent.why):
            then_what = "looked up" if sent.verdict is Verdict.UNKNOWN else "tried again"
            self.say(f"closing {volume:g} of {position.symbol} {position.ticket}: {sent.why}; {then_what}")
        return False

    def _fence(self, position: Position, traded: Traded, tick: Tick | None, wanted: float) -> None:
        """Move a level by one tick: when the broker shows it without the close, the close never reached it.

        A stop that lacks is set with it, unless the market has passed it: then no broker takes it.
        """
        side = 1 if position.type == mt5.POSITION_TYPE_BUY else -1
        market = 0.0 if tick is None else float(tick.bid if side > 0 else tick.ask)
        if not wanted or (is_price(market) and side * (market - wanted) <= 0.0):
            wanted = position.price_open * (1.0 - 0.5 * side)
        stop, target = self.closings.fence(position, traded.tick, wanted)
        link = self.memory.links.get(position.identifier)
        if link is not None:
            link.stop = stop
        key = ("fence", position.identifier)
        text = (
            f"{position.symbol} {position.ticket}: the broker shows nothing of the close whose answer was lost; it is"
            " sent again as soon as the broker shows a level that was moved by a tick after it"
        )
        if self.pacing.news(key, text):
            self.say(text)
        sent = self.send(lambda: levels_order(position, stop, target))
        if sent.verdict is Verdict.NEVER and self.pacing.news(key, sent.why):
            self.say(f"ALERT: {position.symbol} {position.ticket} may be open still: close it by hand: {sent.why}")

    def netting(self, reading: Reading) -> bool:
        """Whether the account nets."""
        return reading.account.margin_mode != mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING

    def quote(self, symbol: str, before: Tick | None) -> Tick | None:
        """The newest quote, or the one before."""
        reply = self.terminal.call("symbol_info_tick", symbol)
        found: Tick | None = reply.value
        return before if found is None else found

    def _filled(self, request: Request) -> Request:
        return request | {"type_filling": self.fillings.of(request)}

    def _removals(self, engine: Engine, reading: Reading) -> None:
        """Orders of ours that the engine does not want any more, or that have filled in part."""
        wanted = self.entries.wanted(engine)
        started = {d.magic for d in reading.deals}
        for order in reading.orders:
            known = self.memory.known.get(order.magic)
            if known is None or (order.magic in wanted and order.magic not in started):
                continue
            if order.state not in (mt5.ORDER_STATE_PLACED, mt5.ORDER_STATE_PARTIAL, mt5.ORDER_STATE_STARTED):
                continue
            ticket, key = order.ticket, ("removal", order.ticket)
            if self.pacing.waits(key):
                continue
            sent = self.answers.note(known.plan, "cancel", self.send(partial(removal, ticket, order.symbol)), ticket)
            if sent.verdict is Verdict.DONE:
                self.pacing.done(key)
                continue
            self.pacing.failed(key)
            if self.pacing.news(key, sent.why):
                self.say(f"`{known.plan}`: order {ticket} could not be taken back: {sent.why}; tried again")
