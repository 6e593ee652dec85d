"""A terminal that outlives the programs that trade on it, meets orders with faults, and notes what it must not see."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import numpy as np
from tradeplan.runtime.mt5.terminal import Call

from tests.kill.broker_life import ZONE
from tests.kill.moments import label
from tests.kill.worker import open_bars
from tests.mt5.in_process import InProcess
from tests.mt5.stand_in.MetaTrader5.faults import Fault
from tests.mt5.stand_in.MetaTrader5.sequences import RATES
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World

OURS = 0x5450
"""What the top bits of a magic number of this program are, by docs/guide/broker.md's word and not by its code."""
ANY: dict[str, tuple[str, int, dict[str, Any]]] = {
    "requote": ("refuse", 1, {"retcode": 10004}),
    "requotes": ("refuse", 6, {"retcode": 10020}),
    "price off": ("refuse", 2, {"retcode": 10021}),
    "too many requests": ("refuse", 1, {"retcode": 10024}),
    "lost answer": ("lost", 1, {"code": -10005}),
    "timed out, done": ("lost", 1, {"retcode": 10012}),
    "no connection, done": ("lost", 1, {"retcode": 10031}),
    "no connection, not done": ("refuse", 1, {"retcode": 10031}),
    "lost request": ("error", 1, {"code": -10005}),
    "disconnect": ("error", 12, {"code": -10004}),
    "switched off": ("refuse", 1, {"retcode": 10027}),
    "market closed": ("refuse", 3, {"retcode": 10018}),
}
"""Faults that any request may meet: kind, how often, and what it answers."""
OF_DEALS = {
    "partial": ("partial", 1, {"part": 0.5}),
    "shown late": ("bare", 1, {"late": 45_000}),
    "deal shown late": ("lag", 1, {"late": 45_000}),
}
OF_STOPS = {"stop refused": ("refuse", 1, {"retcode": 10016})}
OF_ENTRIES = {"comment cut": ("comment", 1, {"length": 6}), "shown very late": ("bare", 1, {"late": 90_000})}


def is_ours(magic: int) -> bool:
    """Whether an order carries this program's mark."""
    return magic >> 47 == OURS


@dataclass
class Troubles:
    """Which requests meet a fault: a share of all of them, whatever else happens."""

    random: random.Random
    share: float
    requests: int = 0
    met: Counter[tuple[str, str]] = field(default_factory=Counter)  # fault, what was asked for
    readings: int = 0
    stops_removed: int = 0
    at: list[int] = field(default_factory=list)  # when, in the server's time

    def plan(self, world: World, what: str) -> None:
        """Before a round trip: perhaps plan a fault for it, and perhaps delete a stop by hand."""
        faults, chance = world.faults, self.random
        if what == "reading":
            if chance.random() < self.share / 10:
                call = chance.choice(["account_info", "positions_get", "history_deals_get", "orders_get"])
                faults.add("error", call, 0, 1, code=chance.choice([-10004, -10005]), name="reading")
            held = [p for p in world.ledger.positions if is_ours(p.magic) and p.sl]
            if held and chance.random() < self.share / 20:
                world.remove_stop(chance.choice(held).ticket)
                self.stops_removed += 1
            return
        if chance.random() >= self.share or faults.planned:
            return
        known = dict(ANY)
        if what in ("entry", "close"):
            known |= OF_DEALS
        if what in ("entry", "pending", "levels"):
            known |= OF_STOPS
        if what in ("entry", "pending"):
            known |= OF_ENTRIES if what == "entry" else {"comment cut": OF_ENTRIES["comment cut"]}
        name = chance.choice(sorted(known))
        kind, times, data = known[name]
        call = "*" if name == "disconnect" else "order_send"
        faults.add(kind, call, 0, chance.randint(1, times), **data, name=name)

    def count(self, world: World, what: str, before: Sequence[tuple[Fault, int]]) -> None:
        """After a round trip: which of the planned faults it met; those that had their day are forgotten."""
        sends = what in ("entry", "pending", "close", "levels", "removal")
        self.requests += sends
        for fault, times in before:
            if fault.times != times:
                self.at.append(world.now)
                if sends:
                    self.met[str(fault.data["name"]), what] += 1
                else:
                    self.readings += 1
        kept = ("refuse", "error")
        world.faults.planned[:] = [f for f in world.faults.planned if f.times and f.kind in kept]


class Server:
    """A world for one client at a time; what it sees of positions without a stop is kept in `bare`."""

    def __init__(self, data: Path, market: str, start: int, end: int, mode: str, troubles: Troubles) -> None:
        bars = open_bars(data, start, end).bars(market, "M1")
        assert bars is not None
        rows = np.zeros(len(bars), RATES)
        rows["time"] = bars.open_time // 1000
        for name in ("open", "high", "low", "close"):
            rows[name] = getattr(bars, name)
        self.world = World(start, ZONE, margin_mode=0 if mode == "netting" else 2)
        self.world.add(Symbol("BTCUSD", 2, 1.0, "BTC", calc_mode=4, spread=1200), rows, "M1")
        self.terminal = InProcess(StandIn(self.world))
        self.terminal.call("initialize")
        self.troubles = troubles
        self.bare: list[str] = []
        self.looked = 0  # positions of ours that were looked at when the market moved on
        self._seen_bare: dict[int, int] = {}
        self._lock = threading.RLock()
        self._listener = Listener(family="AF_UNIX", backlog=8)  # TCP would wait for acknowledgements
        self.address = str(self._listener.address)
        threading.Thread(target=self._serve, daemon=True).start()

    def settle(self, outage: int = 0) -> None:
        """After a death: wait until all that the dead had asked for is done, then let the market go on alone."""
        with Client(self.address) as line:  # clients are served in turn, so an answer means that the others are over
            line.send(("now", ()))
            line.recv()
        with self._lock:
            self._seen_bare.clear()
            if outage:
                self.world.advance_to(self.world.now + outage)

    def _serve(self) -> None:
        while True:
            try:
                with self._listener.accept() as line:
                    self._answer(line)
            except OSError:
                continue  # one that died on the threshold

    def _answer(self, line: Connection) -> None:
        while True:
            try:
                what, arguments = line.recv()
                with self._lock:
                    answer = self._do(what, arguments)
                line.send(answer)
            except (EOFError, OSError):
                return

    def _do(self, what: str, arguments: tuple[Any, ...]) -> Any:
        if what == "batch":
            calls = [Call(*c) for c in arguments[0]]
            name = label(calls)
            self.troubles.plan(self.world, name)
            before = [(fault, fault.times) for fault in self.world.faults.planned]
            replies = [tuple(reply) for reply in self.terminal.batch(calls)]
            self.troubles.count(self.world, name, before)
            return replies
        if what == "advance_to" and arguments[0] > self.world.now:
            self._look()
            self.world.advance_to(arguments[0])
        return self.world.now

    def _look(self) -> None:
        """A living run lets a minute pass: a stop that was missing when the one before passed is a poll too late."""
        troubled = sum(self.troubles.met.values()) + self.troubles.readings
        now = self.world.now
        # what the terminal does not show yet nobody can look after
        there = [p for p in self.world.ledger.positions if is_ours(p.magic) and p.visible_at <= now]
        self.looked += len(there)
        missing = {p.identifier for p in there if not p.sl}
        for identifier in list(self._seen_bare):
            if identifier not in missing:
                del self._seen_bare[identifier]
        for p in there:
            if p.identifier not in missing:
                continue
            # a fault that was met meanwhile gives it one poll more
            if self._seen_bare.get(p.identifier, -1) == troubled:
                self.bare.append(f"{p.symbol} {p.identifier} at {now}")
            self._seen_bare[p.identifier] = troubled
