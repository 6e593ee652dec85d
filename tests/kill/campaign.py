"""Kills a running instance at random places again and again, and compares what it leaves with a run left in peace.

python -m tests.kill.campaign --data DIR --case btc --count 20 --seed 1 [--outage] [--end 2018-12-31]
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Breaker, Decision, Event, Fill, Halt, Swap
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.kill.births import KILLED, life
from tests.kill.plans import CASES, Case
from tests.kill.worker import ACCOUNT, main, open_bars, run

MINUTE = 60_000
MAX_SIGNAL_AGE = 2 * MINUTE  # as the profiles of the traded markets have it
STARTING = ("recovered", "activation", "before activation", "outage")
POINTS = ("decided", "journalled", "stepped", "decided", "journalled", "stepped", *STARTING)
Rows = dict[str, list[tuple[Any, ...]]]
TABLES = {
    "decision": "time, plan, rule, action, outcome, detail",
    "fill": "time, plan, leg, reason, position, price, lots, profit, commission, swap",
    "intent": "id, plan, version, time, leg, action, body, state",
    "alert": "time, plan, rule, text",
    "progress": "time, balance, equity",
}


def utc(day: str) -> int:
    """UTC milliseconds of a day's start."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def rows(database: Path) -> Rows:
    """What a run left behind, in an order that does not depend on how often it was interrupted."""
    with sqlite3.connect(database) as db:
        found = {t: sorted(db.execute(f"select {c} from {t}").fetchall()) for t, c in TABLES.items()}
    db.close()
    return found


def rows_of_events(events: Iterable[Event], lots: dict[str, float]) -> Rows:
    """Decisions and fills of a backtest as the database would hold them; `lots`: size of one unit by plan."""
    decisions: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    fills: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for e in events:
        if isinstance(e, Decision):
            detail = json.dumps({"units": e.units, "price": e.price, "position": e.position})
            key: tuple[Any, ...] = (e.time, e.plan, e.rule, e.about, e.outcome)
            decisions.setdefault(key, (*key, detail))
        elif isinstance(e, Halt):
            key = (e.time, e.owner, e.rule, "halt", "sent")
            decisions.setdefault(key, (*key, json.dumps({"until": e.until})))
        elif isinstance(e, Breaker):
            key = (e.time, e.owner, e.rule, "breaker", e.state)
            decisions.setdefault(key, (*key, "{}"))
        elif isinstance(e, Fill):
            size = round(e.units * lots[e.plan], 8)
            key = (e.time, e.plan, e.leg, e.reason, e.position)
            fills.setdefault(key, (*key, e.price, size, e.profit, e.commission, 0.0))
        elif isinstance(e, Swap):
            key = (e.time, e.plan, e.leg, "swap", e.position)
            fills.setdefault(key, (*key, 0.0, 0.0, 0.0, 0.0, e.amount))
    return {"decision": sorted(decisions.values()), "fill": sorted(fills.values())}


def backtest_rows(case: Case, dataset: Dataset, start: int, end: int) -> Rows:
    """The same plans as one backtest."""
    functions, graph, facts = catalog(), Graph(), load_facts()
    checked = [check_source(Source(name, text), functions, facts, graph) for name, text in case.texts.items()]
    plans = [p for c in checked for p in c.plans]
    guards = [g for c in checked for g in c.guards]
    recording = run_backtest(plans, guards, dataset, functions, ACCOUNT, start, end)
    return rows_of_events(recording.events(), {p.name: dataset.profile(p.market).lot_step for p in plans})


@dataclass
class Campaign:
    """One case in a folder of its own."""

    case: Case
    data: Path
    folder: Path
    start: int
    end: int
    kills: int = 0
    finished: bool = False
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plans = self.folder / "plans"
        plans.mkdir(parents=True, exist_ok=True)
        for name, text in self.case.texts.items():
            (plans / name).write_text(text, encoding="utf-8")

    def order(self, database: Path, **more: Any) -> dict[str, Any]:
        """What a life is told."""
        plans = str(self.folder / "plans")
        return {
            "plans": plans,
            "data": str(self.data),
            "db": str(database),
            "start": self.start,
            "end": self.end,
        } | more

    def live(self, database: Path, **more: Any) -> bool:
        """One life in a process of its own; True when it came to the end of the feed."""
        note = self.folder / "note"
        note.write_text("", encoding="utf-8")
        child = life(main, self.order(database, **more), note)
        child.start()
        child.join()
        if child.exitcode not in (0, KILLED):
            raise AssertionError(f"a life ended with {child.exitcode}:\n{note.read_text('utf-8')}")
        killed = child.exitcode == KILLED
        if killed:
            place = note.read_text("utf-8")
            self.places[place] = self.places.get(place, 0) + 1
        self.kills += killed
        self.finished = not killed
        return self.finished

    def torment(self, database: Path, count: int, seed: int, steps: int, outage: bool = False) -> None:
        """Kill `count` times at random, then let it live."""
        chance = random.Random(seed)
        tries = 0
        while self.kills < count and not self.finished and tries < 4 * count:
            tries += 1
            place = chance.choice((*POINTS, "seconds"))
            skipped = chance.randint(0, max(2 * steps // (count + 4), 2))
            more: dict[str, Any] = {"most": skipped + chance.randint(1, 50)}
            if place == "seconds":
                more = {"most": 2 * skipped + 1, "seconds": chance.uniform(0.3, 3.0)}
            elif place in STARTING:
                more |= {"point": place, "at": 1}
            else:
                more |= {"point": place, "at": chance.choice((1, 1, 2, 5, 20)), "after": skipped}
            if outage and database.exists():
                more["resume_at"] = (self.reached(database) or self.start) + chance.randint(1, 600) * MINUTE
            self.live(database, **more)
        if not self.finished:
            assert self.live(database), "the last life was not told to die"

    def reached(self, database: Path) -> int | None:
        """How far the run is known to have come."""
        db = sqlite3.connect(database)
        try:
            (time_of,) = db.execute("select max(time) from progress").fetchone()
            (intent,) = db.execute("select max(time) from intent").fetchone()
        except sqlite3.OperationalError:  # killed before the tables were there
            return None
        finally:
            db.close()
        return max((t for t in (time_of, intent) if t is not None), default=None)


def differences(expected: Rows, found: Rows) -> list[str]:
    """The first row of each table that is not the same."""
    told = []
    for table, want in expected.items():
        have = found[table]
        if want != have:
            missing, extra = sorted(set(want) - set(have))[:2], sorted(set(have) - set(want))[:2]
            told.append(f"{table}: {len(want)} expected, {len(have)} found; missing {missing}; not expected {extra}")
    return told


def outages(database: Path) -> list[tuple[int, int]]:
    """From and until of each outage in the journal."""
    with sqlite3.connect(database) as db:
        found = db.execute("select time, body from event where kind = 'outage' order by id").fetchall()
    db.close()
    return [(t, int(json.loads(body)["until"])) for t, body in found]


def outage_faults(database: Path, max_age: int) -> list[str]:
    """Entries sent too late, and closes that were decided and never made."""
    spans, left = outages(database), rows(database)
    faults = []
    opened = {(plan, position): t for t, plan, _, reason, position, *_ in left["fill"] if reason == "entry"}
    decided = {
        (plan, json.loads(detail)["position"]): t
        for t, plan, _, action, outcome, detail in left["decision"]
        if action == "entry" and outcome == "sent"
    }
    for t, plan, _, action, outcome, _detail in left["decision"]:
        until = max((u for begin, u in spans if begin < t <= u), default=0)
        if action == "close" and outcome == "sent":
            exits = [
                f for f in left["fill"] if f[1] == plan and f[3] in ("stop", "target", "close", "take", "stop_out")
            ]
            if not any(f[0] >= t for f in exits) and left["progress"][0][0] > max(t, until) + 3_600_000:
                faults.append(f"the close of {plan} decided at {t} was never made")
    for (plan, position), t in decided.items():
        until = max((u for begin, u in spans if begin < t <= u), default=0)
        filled = opened.get((plan, position))
        if filled is not None and until and filled < until:
            faults.append(f"{plan}: decided at {t}, filled at {filled}, but the program was away until {until}")
        if filled is not None and until - t > max_age:
            faults.append(f"{plan}: decided at {t}, sent at {until}: later than {max_age} ms")
    return faults


def forget_what_replay_finds(database: Path, copy: Path) -> None:
    """A copy of a database with the journal alone: all else must be found again."""
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        for table in ("decision", "fill", "alert"):
            target.execute(f"delete from {table}")
    source.close()
    target.close()


def command() -> int:
    """Run one campaign and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--case", choices=sorted(CASES), default="btc")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--end", help="last day, else the case's own")
    parser.add_argument("--outage", action="store_true", help="the feed goes on while the program is away")
    given = parser.parse_args()
    case = CASES[given.case]
    start, end = utc(case.start), utc(given.end or case.end)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        work = Campaign(case, given.data, folder, start, end)
        dataset = open_bars(given.data, start, end)
        began = time.perf_counter()
        peace = run(work.order(folder / "peace.db"), dataset)
        took = time.perf_counter() - began
        expected = rows(folder / "peace.db")
        faults = differences(backtest_rows(case, dataset, start, end), expected)
        work.torment(folder / "killed.db", given.count, given.seed, peace.steps, given.outage)
        if given.outage:
            faults += outage_faults(folder / "killed.db", MAX_SIGNAL_AGE)
            expected = rows(folder / "killed.db")
            forget_what_replay_finds(folder / "killed.db", folder / "again.db")
            assert work.live(folder / "again.db")
            faults += differences(expected, rows(folder / "again.db"))
        else:
            faults += differences(expected, rows(folder / "killed.db"))
        print(
            f"{case.name}: {peace.steps} steps, {peace.decisions} decisions, {peace.fills} fills in {took:.1f} s;"
            f" {work.kills} kills: {', '.join(f'{n} {place}' for place, n in sorted(work.places.items()))};"
            f" {len(outages(folder / 'killed.db'))} outages;"
            f" {'identical' if not faults else 'DIFFERENT'}"
        )
    for fault in faults:
        print(fault)
    return int(bool(faults))


if __name__ == "__main__":
    raise SystemExit(command())
