"""Kills a run with a broker outside at drawn moments, with faults of the broker, and looks at what is left.

python -m tests.kill.broker_campaign --data DIR --kills 1000 --seed 1 --out DIR [--kinds paused,faults,on,both,moves]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.kill.births import KILLED, life
from tests.kill.broker_checks import Left, problems
from tests.kill.broker_life import Order, main
from tests.kill.broker_server import Server, Troubles
from tests.kill.busy import HEDGING, LONGEST, NETTING
from tests.kill.moments import group_of
from tests.kill.moves import main as moving

MINUTE = 60_000
KINDS = {
    "paused": (False, False),
    "faults": (True, False),
    "on": (False, True),
    "both": (True, True),
    "moves": (True, False),
}
"""Kinds of series: whether requests meet faults, and whether the market goes on while nobody lives; `moves`: plans are
edited under their positions, which are moved to the new version."""
SHARE = 0.3
"""Of all requests that meet a fault, in a series with faults."""
GROUPS = {"journal": 25, "rows": 5, "order": 35, "call": 10, "place": 10, "any moment": 15}
"""How often a moment of each group is drawn, in percent."""
BEGINNING = ("before journal activate", "after journal activate", "before activation", "activation", "recovered")
MOVING = ("before journal activate", "after journal activate", "before activation", "activation", "moved")
COMING_BACK = ("before journal append", "after journal append", "outage")
"""Moments of the first life alone (where nothing is edited), of an edit and a move, and of a life that finds that the
market went on."""


@dataclass
class Series:
    """One run over some hours of real bars, killed `kills` times, beside one that is left in peace."""

    data: Path
    folder: Path
    start: int
    hours: float
    seed: int
    kills: int
    kind: str = "paused"
    mode: str = "hedging"
    died: Counter[str] = field(default_factory=Counter)
    outages: list[tuple[int, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    alike: bool = False
    stops: int = 0
    met_outage: tuple[int, int] = (0, 0)
    traded: int = 0
    checked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.end = self.start + int(self.hours * 60) * MINUTE
        faults, self.on = KINDS[self.kind]
        self.troubles = Troubles(random.Random(self.seed + 1), SHARE if faults else 0.0)

    def run(self) -> Series:
        """Both runs, and what is to be said of them."""
        calm = self._server("peace", Troubles(random.Random(0), 0.0))
        self._live("peace", calm, "", 0, 0)
        peace = Left(calm, self.folder / "peace" / "run.db", [])
        self.problems += [f"in peace: {said}" for said in problems(peace, LONGEST)]
        rates: Counter[str] = Counter(json.loads((self.folder / "peace" / "moments.json").read_text("utf-8")))
        server = self._server("killed", self.troubles)
        while sum(self.died.values()) < self.kills and self._torment(server, rates):
            pass
        if sum(self.died.values()) == self.kills:
            self._live("killed", server, "", 0, 0)
        left = Left(server, self.folder / "killed" / "run.db", self.outages)
        # what is edited at other steps exits at others
        self.problems += problems(left, LONGEST, None if self.kind == "moves" else peace)
        self.stops = server.looked
        self.traded, self.checked = len(trades(left)), left.checked
        self.alike = trades(left) == trades(peace)
        if self.kind == "paused" and not self.alike:
            self.problems.append(f"other trades than in peace: {first_difference(trades(peace), trades(left))}")
        return self

    def _server(self, name: str, troubles: Troubles) -> Server:
        plans = self.folder / name / "plans"
        plans.mkdir(parents=True, exist_ok=True)
        for file, text in (HEDGING if self.mode == "hedging" else NETTING).items():
            (plans / file).write_text(text, encoding="utf-8")
        return Server(self.data, "btc", self.start, self.end, self.mode, troubles)

    def _torment(self, server: Server, rates: Counter[str]) -> bool:
        """One life that is to die; False when it came to its end."""
        left = (self.end - server.world.now) / MINUTE
        # what is left of the market is shared out, so that no life eats up what the others need
        mean = left / (self.kills - sum(self.died.values()) + 1)
        length = self.random.uniform(0.2, 1.6) * mean
        moment = self._draw(rates)
        steps = max(rates["stepped"], 1)
        at = (
            1
            if moment in (COMING_BACK if self.kind == "moves" else BEGINNING + COMING_BACK)
            else max(1, round(rates[moment] * self.random.random() * length / steps))
        )
        seconds = self.random.uniform(0.05, 0.3 + length * 0.012) if moment == "any moment" else None
        died = self._live("killed", server, moment, at, max(2, round(2.5 * mean)), seconds)
        if died:
            self.died[died] += 1
        outage = (
            self.random.randrange(1, max(2, min(40, int(left / 8)))) * MINUTE
            if self.on and self.random.random() < 0.3
            else 0
        )
        since = server.world.now
        server.settle(outage if died else 0)
        if died and outage:
            self.outages.append((since, since + outage))
        return bool(died)

    def _draw(self, rates: Counter[str]) -> str:
        if self.kind == "moves" and self.random.random() < 0.6:
            return self.random.choice(MOVING)
        if not self.died:
            return BEGINNING[self.seed % len(BEGINNING)]
        if self.outages and self.outages[-1] != self.met_outage:
            self.met_outage = self.outages[-1]
            if self.random.random() < 0.5:
                return self.random.choice(COMING_BACK)
        group = self.random.choices([*GROUPS], weights=[*GROUPS.values()])[0]
        known = sorted(name for name in rates if group_of(name) == group)
        return self.random.choice(known) if known else "any moment"

    def _live(self, name: str, server: Server, moment: str, at: int, most: int, seconds: float | None = None) -> str:
        """One life; the moment at which it died, empty if it came to its end."""
        folder = self.folder / name
        note = folder / "died"
        note.unlink(missing_ok=True)
        order = Order(folder, self.data, "btc", self.start, self.end, server.address, self.mode, moment, at, most)
        child = life(moving if self.kind == "moves" else main, order)
        child.start()
        if seconds is not None:
            child.join(seconds)
            child.kill()
        child.join(3_000)  # a machine may have much else to do
        if child.exitcode == 0:
            return ""
        if child.exitcode != KILLED:
            child.kill()
            raise AssertionError(f"a life ended by itself with {child.exitcode}: {folder}")
        return note.read_text(encoding="utf-8") if note.exists() else "any moment"


def trades(left: Left) -> list[tuple[Any, ...]]:
    """The fills that the database holds, and the deals of the server."""
    deals = [(d.time, d.volume, d.price, d.profit) for d in left.world.ledger.deals]
    return [*left.fills, *deals]


def first_difference(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> str:
    """The first row that two lists do not share."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return f"{a} and {b}"
    return f"{len(one)} and {len(other)} rows"


def millis(day: str) -> int:
    """UTC milliseconds of a day's start."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def command() -> int:
    """The campaign as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--of-a-series", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--kinds", default="paused,faults,on,both,moves")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    done: list[Series] = []
    chance = random.Random(given.seed)
    began = time.monotonic()
    while (left := given.kills - sum(sum(s.died.values()) for s in done)) > 0:
        number = len(done)
        kinds = given.kinds.split(",")
        kind = kinds[number % len(kinds)]
        # one more than there are kinds, so that each of them comes to netting accounts in its turn
        mode = "netting" if number % (len(kinds) + 1) == len(kinds) else "hedging"
        start = millis("2018-01-08") + chance.randrange(80 * 24) * 60 * MINUTE
        kills, seed = min(given.of_a_series, left), given.seed * 1_000 + number
        folder = given.out / f"{seed}-{kind}-{mode}"
        shutil.rmtree(folder, ignore_errors=True)
        # outages take market time as well
        hours = given.hours * (1.6 if KINDS[kind][1] else 1.0) * kills / given.of_a_series
        series = Series(given.data, folder, start, hours, seed, kills, kind, mode).run()
        done.append(series)
        total = sum(sum(s.died.values()) for s in done)
        print(
            f"{total} kills, {time.monotonic() - began:.0f} s: {folder.name}, {series.traded} fills and deals,"
            f" {series.troubles.requests} requests, {sum(series.troubles.met.values())} met a fault,"
            f" {len(series.outages)} outages, {'the same trades, ' if series.alike else ''}"
            f"{len(series.problems)} problems",
            flush=True,
        )
        for said in series.problems[:10]:
            print("    PROBLEM", said, flush=True)
    return told(done)


def told(done: list[Series]) -> int:
    """Print the summary; 1 for problems, or when too little was met."""
    died = sum((s.died for s in done), Counter[str]())
    met = sum((s.troubles.met for s in done), Counter[tuple[str, str]]())
    groups = Counter[str]()
    for moment, count in died.items():
        groups[group_of(moment)] += count
    print(f"\n{sum(died.values())} kills by group: {dict(groups.most_common())}")
    for moment, count in sorted(died.items()):
        print(f"  {count:4d} {moment}")
    requests = sum(s.troubles.requests for s in done if s.troubles.share)
    print(
        f"{sum(met.values())} of {requests} requests met a fault in {sum(bool(s.troubles.share) for s in done)} series"
    )
    for (fault, what), count in sorted(met.items()):
        print(f"  {count:4d} {fault}: {what}")
    print(
        f"{sum(s.troubles.readings for s in done)} readings failed,"
        f" {sum(s.troubles.stops_removed for s in done)} stops were deleted by hand,"
        f" {sum(len(s.outages) for s in done)} outages"
    )
    checked = sum((s.checked for s in done), Counter[str]())
    print(f"stops looked at: {sum(s.stops for s in done)}; " + "; ".join(f"{k}: {n}" for k, n in checked.items()))
    lacking = too_little(done)
    for said in lacking:
        print("TOO LITTLE", said)
    bad = sum(len(s.problems) for s in done)
    print(f"{bad} problems")
    return int(bool(bad or lacking))


def too_little(done: list[Series]) -> list[str]:
    """Floors: what a campaign must have met to say anything."""
    died = sum((s.died for s in done), Counter[str]())
    total = sum(died.values())
    groups = Counter[str]()
    for moment, count in died.items():
        groups[group_of(moment)] += count
    floors = {"journal": 0.10, "order": 0.10, "any moment": 0.05}
    lacking = [f"{groups[g]} kills at `{g}`" for g, share in floors.items() if groups[g] < share * total]
    with_faults = [s for s in done if s.troubles.share]
    met = sum(sum(s.troubles.met.values()) for s in with_faults)
    kills = sum(sum(s.died.values()) for s in with_faults)
    if with_faults and met < kills:
        lacking.append(f"{met} faults met a request in {kills} lives")
    if total >= 200:
        lacking += [
            f"no kill {when} broker {what}"
            for when in ("before", "within", "after")
            for what in ("entry", "pending", "close", "levels", "removal")
            if not died[f"{when} broker {what}"]
        ]
        writes = ["append_all", "intend", "settle", "activate", "keep_setting"]
        writes += ["append"] if any(s.outages for s in done) else []
        lacking += [
            f"no kill {when} journal {what}"
            for when in ("before", "after")
            for what in writes
            if not died[f"{when} journal {what}"]
        ]
    return lacking


if __name__ == "__main__":
    raise SystemExit(command())
