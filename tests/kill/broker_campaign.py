"""Kills a run with a broker outside at random moments, with faults of the broker if wanted, and looks at what is left.

python -m tests.kill.broker_campaign --data DIR --kills 100 --seed 1 [--faults] [--outage] [--days 2]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import numpy as np
from tradeplan.runtime.broker.identity import is_ours
from tradeplan.runtime.mt5.terminal import Call

from tests.kill.broker_life import ZONE, Order, main
from tests.kill.plans import CASES
from tests.kill.worker import open_bars
from tests.mt5.in_process import InProcess
from tests.mt5.stand_in.MetaTrader5.sequences import RATES
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World

MINUTE = 60_000
DONE = (10_008, 10_009, 10_010)
PRELOAD = ["tests.kill.broker_life", "numba"]


class Server:
    """A world that outlives the programs that trade on it; one client at a time."""

    def __init__(self, data: Path, market: str, start: int, end: int) -> None:
        bars = open_bars(data, start, end).bars(market, "M1")
        assert bars is not None
        rows = np.zeros(len(bars), RATES)
        rows["time"] = bars.open_time // 1000
        for name in ("open", "high", "low", "close"):
            rows[name] = getattr(bars, name)
        self.world = World(start, ZONE)
        self.world.add(Symbol("BTCUSD", 2, 1.0, "BTC", calc_mode=4, spread=1200), rows, "M1")
        self.terminal = InProcess(StandIn(self.world))
        self.terminal.call("initialize")
        self.bare: list[str] = []  # positions of ours that were seen without a stop
        self._listener = Listener(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.address  # type: ignore[assignment]  # of a TCP listener
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._listener.accept() as line:
                self._answer(line)

    def _answer(self, line: Connection) -> None:
        while True:
            try:
                what, arguments = line.recv()
                line.send(self._do(what, arguments))
            except (EOFError, OSError):
                return

    def _do(self, what: str, arguments: tuple[Any, ...]) -> Any:
        if what == "batch":
            replies = [tuple(reply) for reply in self.terminal.batch([Call(*c) for c in arguments[0]])]
            self.look()
            return replies
        if what == "advance_to":
            self.world.advance_to(max(self.world.now, arguments[0]))
        return self.world.now

    def look(self) -> None:
        """Note positions of ours that have no stop."""
        self.bare += [str(p) for p in self.world.ledger.positions if is_ours(p.magic) and not p.sl]


@dataclass
class Torment:
    """A run, killed again and again."""

    data: Path
    folder: Path
    start: int
    end: int
    seed: int
    kills: int
    faults: bool = False
    outage: bool = False
    died: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.folder.mkdir(parents=True, exist_ok=True)
        plans = self.folder / "plans"
        plans.mkdir(exist_ok=True)
        for name, text in CASES["btc"].texts.items():
            (plans / name).write_text(text, encoding="utf-8")
        self.server = Server(self.data, "btc", self.start, self.end)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOAD)

    def run(self, places: int) -> None:
        """All lives; `places` is about how many places a life without a kill passes."""
        most = max(4, 2 * places // max(self.kills, 1))
        while True:
            after = self.random.randrange(1, most) if self.died < self.kills else 0
            order = Order(
                self.folder / "plans",
                self.data,
                self.folder / "run.db",
                "btc",
                self.start,
                self.end,
                self.server.address,
                after,
            )
            if self.faults:
                self._plan_faults()
            child = self.context.Process(target=main, args=(order,))
            child.start()
            child.join(120)
            if child.exitcode == 0:
                break
            if child.exitcode != -9:
                self.problems.append(f"a life ended by itself with {child.exitcode} after {self.died} kills")
                child.kill()
                break
            self.died += 1
            self.look()
            if self.outage and self.random.random() < 0.3:
                self.server.world.advance_to(self.server.world.now + self.random.randrange(1, 40) * MINUTE)
        self.look()
        self.look_at_the_end()

    def _plan_faults(self) -> None:
        faults, r = self.server.world.faults, self.random
        faults.clear()
        for _ in range(r.randrange(3)):
            kind = r.choice(["refuse", "lost", "lost", "error", "error", "partial", "comment"])
            skip = r.randrange(6)
            data: dict[str, Any] = {
                "refuse": {"retcode": r.choice([10004, 10020, 10018, 10006])},
                "lost": {"code": -10005},
                "error": {"code": r.choice([-10004, -10005])},
                "partial": {"part": 0.5},
                "comment": {"length": 6},
            }[kind]
            call = "order_send" if kind != "error" else r.choice(["order_send", "positions_get", "history_deals_get"])
            faults.add(kind, call, skip, r.randrange(1, 3), **data)

    def look(self) -> None:
        """What must hold at any moment."""
        entries = [r["magic"] for r in self.server.world.sender.log if r["retcode"] in DONE and _opens(r)]
        twice = [magic for magic, count in Counter(entries).items() if count > 1]
        self.problems += [f"sent twice: {magic}" for magic in twice]
        self.problems += [f"no stop: {p}" for p in self.server.bare]

    def look_at_the_end(self) -> None:
        """What must hold after a life that came to its end."""
        with sqlite3.connect(self.folder / "run.db") as db:
            acts = [(kind, json.loads(body)) for kind, body in db.execute("select kind, body from event order by id")]
            intents = dict(db.execute("select id, time from intent").fetchall())
        db.close()
        known = {body["identifier"] for _, body in acts if "identifier" in body}
        self.problems += [
            f"unknown to the store: {p}"
            for p in self.server.world.ledger.positions
            if is_ours(p.magic) and p.identifier not in known
        ]
        held = Counter[int]()
        for kind, body in acts:
            if kind == "fill" and "identifier" in body:
                held[body["identifier"]] += body["units"] * (1 if body["reason"] in ("entry", "add") else -1)
        orphans = {body["identifier"] for kind, body in acts if kind == "orphan"}
        there = {p.identifier: round(p.volume * 100) for p in self.server.world.ledger.positions}
        for identifier in (held.keys() | there.keys()) - orphans:
            if held[identifier] != there.get(identifier, 0):
                self.problems.append(f"{identifier}: {held[identifier]} in the store, {there.get(identifier, 0)} there")
        decided = {body["magic"]: intents[body["intent"]] for kind, body in acts if kind == "fill" and "intent" in body}
        for r in self.server.world.sender.log:
            if r["magic"] in decided and r["retcode"] in DONE and _opens(r):
                late = r["time"] - decided[r["magic"]]
                if late > 2 * MINUTE:
                    self.problems.append(f"a late entry: {r['magic']} {late / 1000:.0f} s")

    def trades(self) -> list[tuple[Any, ...]]:
        """The fills that the database holds, and the deals of the server."""
        with sqlite3.connect(self.folder / "run.db") as db:
            found = db.execute(
                "select time, plan, leg, reason, price, lots, profit, commission from fill"
                " order by time, plan, leg, reason"
            ).fetchall()
        db.close()
        deals = [(d.time, d.volume, d.price, d.profit) for d in self.server.world.ledger.deals]
        return [*found, *deals]


def _opens(request: dict[str, Any]) -> bool:
    return request["action"] in (1, 5) and not request["position"]


def millis(day: str) -> int:
    """UTC milliseconds of a day's start."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def command() -> None:
    """The campaign as a program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--places", type=int, default=0)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--outage", action="store_true")
    given = parser.parse_args()
    start = millis("2018-01-08")
    end = start + given.hours * 60 * MINUTE
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        peace = Torment(given.data, Path(folder) / "peace", start, end, 0, 0)
        peace.run(0)
        print(f"undisturbed: {time.monotonic() - began:.1f} s, {len(peace.trades())} fills and deals, {peace.problems}")
        began = time.monotonic()
        work = Torment(
            given.data, Path(folder) / "killed", start, end, given.seed, given.kills, given.faults, given.outage
        )
        work.run(given.places or given.hours * 60 * 3)
        same = work.trades() == peace.trades()
        print(f"{work.died} kills in {time.monotonic() - began:.1f} s; the same trades: {same}")
        for problem in sorted(set(work.problems))[:20]:
            print("PROBLEM", problem)
        if not (given.faults or given.outage) and not same:
            for a, b in zip(peace.trades(), work.trades(), strict=False):
                if a != b:
                    print("undisturbed", a, "\nkilled     ", b)
                    break


if __name__ == "__main__":
    command()
