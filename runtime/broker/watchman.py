"""Compares what the broker has with what the engine holds: stops moved by hand, positions gone, strangers, money."""

from __future__ import annotations

from collections.abc import Iterator

from tradeplan.runtime.broker.acts import Act, Batch
from tradeplan.runtime.broker.deals import cents, new_deals
from tradeplan.runtime.broker.identity import is_ours
from tradeplan.runtime.broker.means import Means, WithMeans
from tradeplan.runtime.broker.memory import Link, Memory
from tradeplan.runtime.broker.reading import Reading
from tradeplan.runtime.broker.requests import is_price
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.outside import others_of
from tradeplan.runtime.engine.wanted import Holding
from tradeplan.runtime.mt5.structs import TradePosition as Position


def held_by_others(reading: Reading, memory: Memory) -> int:
    """What positions that are not this run's stand at, nights included, in cents."""
    return cents(sum(p.profit + p.swap for p in reading.positions if p.identifier not in memory.links))


class Watchman(WithMeans):
    """Rules by which differences are settled; every one is said."""

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._missing: dict[int, float] = {}
        self._foreign_since: dict[str, float] = {}
        self._uneven_since: dict[int, tuple[int, float]] = {}
        self._uneven_told = set[int]()
        self._told = set[int]()
        self._money: int | None = None

    def acts(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """What a reading says beyond its deals, batch by batch."""
        yield from self._swaps(engine, reading)
        yield from self._stops(engine, reading)
        yield from self._gone(engine, reading)
        yield from self._strangers(engine, reading)
        yield from self._balance(engine, reading)
        self._unheld(engine, reading)
        self._uneven(engine, reading)

    def look_anew(self) -> None:
        """The broker was away: the time in which it may show what it did begins again."""
        self._missing.clear()
        self._foreign_since.clear()
        self._uneven_since.clear()

    def _unheld(self, engine: Engine, reading: Reading) -> None:
        """A position that was this run's and is no plan's any more: its stop stands, a person has to look."""
        held = {link.identifier for _, link, _ in self.pairs(engine, reading)}
        for p in reading.positions:
            if p.identifier in self.memory.links and p.identifier not in held | self._told:
                self._told.add(p.identifier)
                self.say(
                    f"ALERT: {p.symbol} {p.ticket} was opened by `{self.memory.links[p.identifier].plan}` and no plan"
                    " holds it any more: its stop and target stay at the broker; close it by hand"
                )

    def _uneven(self, engine: Engine, reading: Reading) -> None:
        """A position of a hedging account that has another volume than the run holds, for longer than deals take."""
        for holding, link, position in self.pairs(engine, reading):
            if position is None or link.leg == -1:
                continue
            held = sum(x.units for x in holding.legs if x.leg == link.leg)
            more = self.traded[holding.market].units(position.volume) - held
            since = self._uneven_since.setdefault(link.identifier, (more, self.timer()))
            if not more or since[0] != more:
                self._uneven_since.pop(link.identifier)
            elif self.timer() - since[1] >= self.patience() and link.identifier not in self._uneven_told:
                self._uneven_told.add(link.identifier)
                self.say(
                    f"ALERT: `{holding.plan}`: {position.symbol} {position.ticket} has {abs(more)} lot steps"
                    f" {'more' if more > 0 else 'fewer'} at the broker than this run holds: its stop covers all of it,"
                    " and all of it is closed with it"
                )

    def links(self, holding: Holding) -> list[Link]:
        """The positions at the broker that an open position of a plan consists of."""
        legs = {x.leg for x in holding.legs}
        return [x for x in self.memory.latest(holding.plan) if x.leg in legs or x.leg == -1]

    def pairs(self, engine: Engine, reading: Reading) -> Iterator[tuple[Holding, Link, Position | None]]:
        """Every open position part by part, with what the broker has of it."""
        there = {p.identifier: p for p in reading.positions}
        for holding in engine.holdings():
            for link in self.links(holding):
                yield holding, link, there.get(link.identifier)

    def _swaps(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        for holding, link, position in list(self.pairs(engine, reading)):
            if position is None:
                continue
            nights = cents(position.swap) + link.realised - link.charged
            if nights:
                leg = holding.legs[-1].leg if link.leg == -1 else link.leg
                body = {"plan": link.plan, "leg": leg, "amount": nights, "time": self.clock.now()}
                yield [Act("swap", body | {"identifier": link.identifier})]

    def _stops(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """A stop that took effect, or one that somebody tightened, is taken over; others are put right by the desk."""
        there = {p.identifier: p for p in reading.positions}
        for holding in engine.holdings():
            links = self.links(holding)
            found = [there[x.identifier].sl for x in links if x.identifier in there]
            if not found or 0.0 in found:
                continue
            side, half = holding.side, self.traded[holding.market].tick / 2
            # the loosest counts: only what every part has is in force
            price = min(found) if side > 0 else max(found)
            tightest = max(found) if side > 0 else min(found)
            ours = {x.stop for x in links}
            if side * (tightest - holding.stop_wanted) > half and not ours & {tightest, None}:
                self.say(f"`{holding.plan}`: the stop was tightened to {tightest:g} at the broker: taken over")
                yield [Act("stop", {"plan": holding.plan, "price": tightest})]
            elif abs(price - holding.stop_wanted) <= half and abs(holding.stop - holding.stop_wanted) > half:
                yield [Act("stop", {"plan": holding.plan, "price": holding.stop_wanted})]

    def _gone(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """A position that the broker has no more, nor a deal that closed it, counts as closed by hand in the end."""
        if not (reading.positions or reading.orders) and reading.account.margin > 0.0:
            return  # margin is held for something that the terminal does not show (yet)
        for holding, link, position in list(self.pairs(engine, reading)):
            if position is not None:
                self._missing.pop(link.identifier, None)
                continue
            since = self._missing.setdefault(link.identifier, self.timer())
            if self.timer() - since < self.patience():
                continue
            tick = reading.ticks.get(self.traded[holding.market].symbol)
            for leg in holding.legs:
                if link.leg in (-1, leg.leg):
                    price = 0.0 if tick is None else float(tick.bid if holding.side > 0 else tick.ask)
                    price = price if is_price(price) else leg.entry
                    self.say(
                        f"`{holding.plan}`: leg {leg.leg} is gone at the broker and no deal says why: counted as closed"
                        f" by hand at {price:g}; the balance is taken over"
                    )
                    body = {"plan": holding.plan, "leg": leg.leg, "reason": "hand", "rule": -1, "price": price}
                    yield [Act("fill", body | {"units": leg.units, "time": self.clock.now()})]

    def _strangers(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """Numbers of ours that the journal does not know: another runtime; foreign volume on a netting account."""
        memory = self.memory
        magics = {x.magic for x in reading.positions}
        # an order on a position of ours closes it
        closes = (memory.links, memory.orphans)
        magics |= {x.magic for x in reading.orders if not any(x.position_id in known for known in closes)}
        magics |= {d.magic for d in new_deals(reading, memory) if d.entry == 0}
        unknown = {m for m in magics if is_ours(m) and m not in memory.known and m not in memory.closing}
        if unknown - self.memory.strange:
            self.say(
                f"{len(unknown)} orders or positions carry this program's mark and are not in this journal: another"
                " runtime trades on this account; no entries until `plan resume`, so stop the other one first"
            )
            why = "another runtime trades on this account"
            yield [Act("halt", {"scope": "", "why": why, "strangers": sorted(unknown | self.memory.strange)})]
        if engine.account.netting:
            yield from self._foreign(engine, reading)

    def _foreign(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """Volume on a netting account that is not ours: the market is disarmed."""
        held = {h.market: sum(x.units for x in h.legs) * h.side for h in engine.holdings()}
        unentered = set(self._unentered(engine, reading))
        for market, traded in self.traded.items():
            there = sum(
                traded.units(p.volume) * (1 if p.type == 0 else -1)
                for p in reading.positions
                if p.symbol == traded.symbol
            )
            ours = held.get(market, 0)
            if there == ours or market in unentered:
                self._foreign_since.pop(market, None)
                continue
            since = self._foreign_since.setdefault(market, self.timer())
            if self.timer() - since >= self.patience() and market not in engine.held:
                self.say(
                    f"{traded.symbol} holds {there} lot steps and this run {ours}: others trade it on this netting"
                    f" account; no entries on `{market}` until `plan resume {market}`"
                )
                yield [Act("halt", {"scope": market, "why": "others trade it on this netting account"})]

    def _unentered(self, engine: Engine, reading: Reading) -> Iterator[str]:
        """The markets of positions that came from an order of this run whose deal the broker does not show yet."""
        waits = {o.intent: o.market for o in engine.orders()}
        for p in reading.positions:
            known = self.memory.known.get(p.magic)
            if known is not None and known.intent in waits and p.identifier not in self.memory.links:
                yield waits[known.intent]

    def _balance(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """The balance as the broker has it, once two readings agree that it differs."""
        amount = self._amount(reading)
        if amount == round(engine.balance * 100) or any(p is None for _, _, p in self.pairs(engine, reading)):
            self._money = None
        elif self._money != amount:
            self._money = amount
        else:
            self._money = None
            # together: a position of others that closed must not be in the balance and among what they hold
            yield [Act("balance", {"amount": amount}), *self._others(engine, reading)]

    def _amount(self, reading: Reading) -> int:
        """The balance that the engine should have: with the nights that it has been charged already."""
        links = (self.memory.links.get(p.identifier) for p in reading.positions)
        running = sum(x.charged - x.realised for x in links if x is not None)
        return cents(reading.account.balance + reading.account.credit) + round(running)

    def others(self, engine: Engine, reading: Reading) -> Iterator[Batch]:
        """What others hold, for the step that comes next; not while the balance is another one than the run's."""
        if self._amount(reading) == round(engine.balance * 100):
            batch = self._others(engine, reading)
            if batch:
                yield batch

    def _others(self, engine: Engine, reading: Reading) -> Batch:
        loop, amount = engine.standing, held_by_others(reading, self.memory)
        return [] if loop is None or others_of(loop) == amount else [Act("others", {"amount": amount})]
