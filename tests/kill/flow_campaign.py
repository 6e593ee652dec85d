"""Kills a run whose plans read ticks and a book, within the writes of their files above all, while the market stands.

python -m tests.kill.flow_campaign --kills 100 --seed 1 --out DIR

What is left is judged by the terminal's own ticks, by an undisturbed run, and by one engine over what was kept.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

import numpy as np
from tradeplan.runtime.feed.past import bars_folder, fed_before
from tradeplan.runtime.live.feed import Past
from tradeplan.runtime.market.features.feature import Values
from tradeplan.runtime.market.streams.events import Book, Ticks, columns_of
from tradeplan.runtime.market.streams.store import StreamStore
from tradeplan.runtime.mt5.terminal import Call

from tests.kill.births import KILLED, life
from tests.kill.broker_server import Server
from tests.kill.campaign import forget_what_replay_finds
from tests.kill.flow_life import FlowOrder, main
from tests.mt5.in_process import InProcess
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.runtime.feed.floor import DAY, MINUTE, MONDAY, Floor, minutes
from tests.runtime.feed.flows import Told, tell, told_by

BEGIN = MONDAY + DAY
TICKS = """PLAN by_ticks
TRADE btc ON M1
WHEN delta(3 bars) > 0 THEN BUY RISK 0.02% STOP 3 ATR TARGET 1R
WHEN cvd(5m).slope < 0 OR held >= 3m THEN CLOSE"""
BOOK = """PLAN by_book
TRADE btc ON M1
WHEN imbalance(5) > 1 AND NOT spoofing(size=100000, within=5s, shrink=50%) THEN SELL RISK 0.02% STOP 3 ATR
WHEN imbalance(5) < 1 OR held >= 2m THEN CLOSE"""
TELLS = """PLAN tells
TRADE btc ON M1
WHEN close < 0 THEN BUY RISK 0.02% STOP 3 ATR
WHEN delta(3 bars) > 0 THEN ALERT "bought"
WHEN cvd(5m).slope < 0 THEN ALERT "falls"
WHEN tick_rate.declining THEN ALERT "quiet"
"""
PLANS = {"ticks.plan": TICKS, "book.plan": BOOK, "tells.plan": TELLS}
COLUMNS: tuple[tuple[str, str, tuple[float | str, ...]], ...] = (
    ("signed_volume", "trades", (0.0,)),
    ("tick_count", "ticks", ()),
    ("book_imbalance", "book", (5.0,)),
    ("best_flow", "book", ()),
    ("pulled_levels", "book", (100_000.0, 5_000.0, 50.0)),
)
WRITES = ("tail streams", "replace day", "replace stream.json", "replace streams.json", "stream fold", "stream remove")
BY_TICKS = ("by_ticks", "tells")
TABLES = (
    ("alert", "time, plan, rule, text"),
    ("decision", "time, plan, rule, action, outcome"),
    ("fill", "time, plan, leg, reason, price, profit"),
)
Rows = dict[str, list[tuple[Any, ...]]]


class FlowServer(Server):
    """A world that tells ticks and books, for one client at a time."""

    def __init__(self, folder: Path, told: Told, bars: Any) -> None:
        floor = Floor(folder, bars, now=BEGIN)
        tell(floor, "btc", told)
        self.world, self.profiles, self.told = floor.world, floor.profiles, told
        self.terminal = InProcess(StandIn(self.world))
        self.terminal.call("initialize")
        self._lock = threading.RLock()
        self._seen_bare: dict[int, int] = {}
        self._listener = Listener(family="AF_UNIX", backlog=8)
        self.address = str(self._listener.address)
        threading.Thread(target=self._serve, daemon=True).start()

    def _do(self, what: str, arguments: tuple[Any, ...]) -> Any:
        if what == "batch":
            return [tuple(reply) for reply in self.terminal.batch([Call(*call) for call in arguments[0]])]
        if what == "advance_to":
            self.world.advance_to(max(self.world.now, arguments[0]))
        return self.world.now


@dataclass
class FlowSeries:
    """Some minutes of a simulated market, killed `kills` times, beside a run that is left in peace."""

    folder: Path
    minutes: int
    seed: int
    kills: int
    died: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    fills: int = 0
    holes: int = 0
    known: int = 0
    whole: bool = True

    def run(self) -> FlowSeries:
        """Both runs, and what is to be said of them."""
        chance = random.Random(self.seed)
        self.end = BEGIN + self.minutes * MINUTE
        bars = minutes(("btc",))
        told = told_by(bars["btc"], Floor(self.folder, bars).profiles["btc"], BEGIN - 20 * MINUTE, self.end + MINUTE)
        servers = {}
        for name in ("peace", "killed"):
            plans = self.folder / name / "plans"
            plans.mkdir(parents=True, exist_ok=True)
            for file, text in PLANS.items():
                (plans / file).write_text(text, encoding="utf-8")
            servers[name] = FlowServer(self.folder / name, told, bars)
        self._live(servers["peace"], "peace")
        rates: Counter[str] = Counter(json.loads((self.folder / "peace" / "moments.json").read_text("utf-8")))
        names = sorted(rates)
        writes = [name for name in names if name.split(" ", 1)[1:] and name.split(" ", 1)[1] in WRITES]
        writes += ["within tail streams", "before stream _read_back", "after stream _read_back"]
        while sum(self.died.values()) < self.kills:
            left = (self.end - servers["killed"].world.now) / MINUTE
            # what is left of the market is shared out, so that no life eats up what the others need
            mean = left / (self.kills - sum(self.died.values()) + 1)
            share = chance.uniform(0.2, 1.6) * mean / self.minutes
            moment = chance.choice(writes if chance.random() < 0.7 else names)
            at = max(1, round(rates[moment] * share * chance.random()))
            seconds = chance.uniform(0.2, 2.0) if chance.random() < 0.15 else 0.0
            ended = self._live(
                servers["killed"], "killed", "" if seconds else moment, at, max(2, round(1.5 * mean)), seconds
            )
            if not ended:
                break
            self.died[ended] += 1
            servers["killed"].settle()
        else:
            self._live(servers["killed"], "killed")
        self._judge(servers)
        return self

    def _live(
        self, server: FlowServer, name: str, moment: str = "", at: int = 0, most: int = 0, seconds: float = 0.0
    ) -> str:
        """One life; the moment at which it died, empty if it came to its end."""
        folder = self.folder / name
        (folder / "died").unlink(missing_ok=True)
        child = life(main, FlowOrder(folder, self.end, server.address, moment, at, most, seconds))
        child.start()
        child.join(3_000)  # a machine may have much else to do
        if child.exitcode == KILLED:
            return (folder / "died").read_text(encoding="utf-8")
        if child.exitcode != 0:
            child.kill()
            raise AssertionError(f"a life ended by itself with {child.exitcode}: {folder}")
        return ""

    def _judge(self, servers: dict[str, FlowServer]) -> None:
        database = self.folder / "killed" / "run.db"
        calm, killed = rows(self.folder / "peace" / "run.db"), rows(database)
        self.fills = len(killed["fill"])
        # alerts of ticks depend on no fill; a fill is later where a life ended between an instant and its orders
        begins = set()
        for name in servers:
            manifest = StreamStore(bars_folder(self.folder / name / "run.db")).manifest("btc", "ticks")
            assert manifest is not None
            begins.add(manifest.spans[0][0])
        # killed between the note that a stream has begun and its history: it begins then, and is UNKNOWN before
        self.whole = len(begins) == 1
        about = ["alert"] if any(kind == "outage" for kind, _ in events(database)) else ["alert", "fill"]
        for table in about if self.whole else []:
            one, other = ([r for r in found[table] if r[1] in BY_TICKS] for found in (calm, killed))
            if one != other:
                self.problems.append(f"{table}: ticks are told whole, and decided otherwise: {difference(one, other)}")
        again = self._again(servers["killed"])
        self.problems += [
            f"{table}: a replay of the journal: {difference(killed[table], again[table])}"
            for table in killed
            if killed[table] != again[table]
        ]
        self._compare({name: self._columns(name, server) for name, server in servers.items()})
        for name, server in servers.items():
            self.problems += [f"{name}: {said}" for said in self._kept(name, server)]

    def _columns(self, name: str, server: FlowServer) -> list[Values]:
        """What was told with each bar from the beginning on."""
        dataset = fed_before(bars_folder(self.folder / name / "run.db"), server.profiles, Past())
        bars = dataset.bars("btc", "M1")
        assert bars is not None
        first = int(np.searchsorted(bars.close_time, BEGIN))
        found = [dataset.feature_from("btc", "M1", first, *column) for column in COLUMNS]
        return [column for column in found if column is not None]

    def _compare(self, told: dict[str, list[Values]]) -> None:
        """Columns of ticks are those of the undisturbed run to the bit, those of the book where they are known."""
        for (name, stream, _), one, other in zip(COLUMNS, told["peace"], told["killed"], strict=True):
            known = ~np.isnan(other) if stream == "book" or not self.whole else np.ones(len(other), dtype=np.bool_)
            # a look falls on another millisecond in another life: the flow of a bar may lack its first change
            if name != "best_flow" and not np.array_equal(one[known], other[known], equal_nan=True):
                self.problems.append(f"`{name}` differs from that of the undisturbed run")
            self.known += int(known.sum())

    def _again(self, server: FlowServer) -> Rows:
        """What a life finds again from the journal and the streams alone."""
        folder = self.folder / "again"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / "killed" / "plans", folder / "plans")
        forget_what_replay_finds(self.folder / "killed" / "run.db", folder / "run.db")
        shutil.copytree(bars_folder(self.folder / "killed" / "run.db"), bars_folder(folder / "run.db"))
        self._live(server, "again")
        return rows(folder / "run.db")

    def _kept(self, name: str, server: FlowServer) -> list[str]:
        """Whether each tick that happened stands on disk once, and the book only as it was shown."""
        store = StreamStore(bars_folder(self.folder / name / "run.db"))
        ticks, book = store.read("btc", "ticks"), store.read("btc", "book")
        assert isinstance(ticks, Ticks)
        assert isinstance(book, Book)
        wrong = [] if store.is_intact("btc", "ticks") and store.is_intact("btc", "book") else ["files are damaged"]
        if len(ticks.spans) != 1:
            wrong.append(f"ticks have holes: {ticks.spans.tolist()}")
        happened = server.told.flow.ticks
        rows = slice(*np.searchsorted(happened.time, [ticks.spans[0, 0], ticks.spans[-1, 1]], side="right").tolist())
        for column, values in columns_of(happened).items():
            if not np.array_equal(values[rows], columns_of(ticks)[column]):
                wrong.append(f"`{column}` of ticks is not what happened")
        if not (np.diff(book.message) >= 0).all() or not (book.spans[1:, 0] >= book.spans[:-1, 1]).all():
            wrong.append("the book is out of order")
        if name == "killed":
            self.holes = len(book.spans) - 1
        return wrong


def rows(database: Path) -> Rows:
    """What a run decided and did."""
    with sqlite3.connect(database) as db:
        found = {table: sorted(db.execute(f"select {columns} from {table}").fetchall()) for table, columns in TABLES}
    db.close()
    return found


def events(database: Path) -> list[tuple[str, str]]:
    """Kind and body of all that the journal holds."""
    with sqlite3.connect(database) as db:
        found = db.execute("select kind, body from event order by id").fetchall()
    db.close()
    return found


def difference(one: list[Any], other: list[Any]) -> str:
    """The first rows that two lists do not share."""
    missing, extra = sorted(set(one) - set(other))[:2], sorted(set(other) - set(one))[:2]
    return f"{len(one)} expected, {len(other)} found; missing {missing}; not expected {extra}"


def command() -> int:
    """The campaign as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--of-a-series", type=int, default=10)
    parser.add_argument("--minutes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    done: list[FlowSeries] = []
    began = time.monotonic()
    while (left := given.kills - sum(sum(s.died.values()) for s in done)) > 0:
        seed = given.seed * 1_000 + len(done)
        folder = given.out / str(seed)
        shutil.rmtree(folder, ignore_errors=True)
        series = FlowSeries(folder, given.minutes, seed, min(given.of_a_series, left)).run()
        done.append(series)
        print(
            f"{sum(sum(s.died.values()) for s in done)} kills, {time.monotonic() - began:.0f} s: {series.fills} fills,"
            f" {series.holes} holes of the book, {len(series.problems)} problems",
            flush=True,
        )
        for said in series.problems:
            print("    PROBLEM", said, flush=True)
    for moment, count in sorted(sum((s.died for s in done), Counter[str]()).items()):
        print(f"  {count:4d} {moment}")
    return int(any(s.problems for s in done))


if __name__ == "__main__":
    raise SystemExit(command())
