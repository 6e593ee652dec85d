"""One life of a run whose plans read ticks and a book, fed by a terminal of another process, with the paper broker."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from tradeplan.dsl.graph import Graph
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.feed import stream_keeper
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.feed.past import bars_folder, feed_text
from tradeplan.runtime.feed.stream_keeper import StreamKeeper
from tradeplan.runtime.feed.tail import Tail
from tradeplan.runtime.feed.wall import Sleep, Wall
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

from tests.kill.broker_life import Remote
from tests.kill.moments import Moments

DAY = 86_400_000
ZONE_DAY = "17:00 America/New_York"
FOLD_AT = 400
"""Events in the tail from which it is folded, so that a short run does it often."""


@dataclass(frozen=True)
class FlowOrder:
    """What a life is to do: end itself at the `at`-th `moment`, after `most` steps at the latest; 0: not at all."""

    folder: Path
    end: int
    address: str
    moment: str = ""
    at: int = 0
    most: int = 0
    seconds: float = 0.0  # of this process, after which it ends wherever it is


class RemoteWall(Wall):
    """A wall clock that is the terminal's, and moves only by waiting: the market stands while nobody lives."""

    def __init__(self, remote: Remote) -> None:
        self._remote, self._steady = remote, 0.0

    def now(self) -> int:
        return int(self._remote.ask("now"))

    def steady(self) -> float:
        return self._steady

    def pause(self, seconds: float, sleep: Sleep) -> bool:
        step = max(1, round(seconds * 1000))
        self._remote.ask("advance_to", self.now() + step)
        self._steady += step / 1000.0
        return False


def watch_streams(moments: Moments) -> None:
    """From now on every write of streams and of the tails is a moment, and so is every file that takes another's place;
    `within` one, half a line stands on disk."""
    stream_keeper.FOLD_AT = FOLD_AT
    append, move = Tail._append, os.replace

    def appended(self: Tail, text: str) -> None:
        name = self.path.stem
        moments(f"before tail {name}")
        if moments.comes(f"within tail {name}"):
            append(self, text[: len(text) // 2])
        moments(f"within tail {name}")
        append(self, text)
        moments(f"after tail {name}")

    def moved(source: Any, target: Any) -> None:
        name = Path(target).name
        name = "day" if name.endswith(".parquet") else name
        moments(f"before replace {name}")
        move(source, target)
        moments(f"after replace {name}")

    setattr(Tail, "_append", appended)  # noqa: B010 (mypy lets no method be assigned)
    setattr(os, "replace", moved)  # noqa: B010
    for kind, name in ((StreamKeeper, "fold"), (Tail, "remove"), (Growing, "_read_back")):
        setattr(kind, name, _around(moments, name, getattr(kind, name)))


def _around(moments: Moments, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def called(*arguments: Any) -> Any:
        moments(f"before stream {name}")
        found = method(*arguments)
        moments(f"after stream {name}")
        return found

    return called


def _seen(scan: Scan) -> None:
    assert not scan.broken, scan.broken


def main(order: FlowOrder) -> None:
    """As the target of a process."""
    moments = Moments(order.moment, order.at, order.most, order.folder / "died")
    moments.watch_store()
    watch_streams(moments)
    if order.seconds:
        timer = threading.Timer(order.seconds, moments.end, ("any moment",))
        timer.daemon = True
        timer.start()
    remote = Remote(order.address, moments)
    profiles = load_profiles().with_day(ZONE_DAY)
    folder = PlanFolder(order.folder / "plans", catalog(), load_facts(), Graph())
    folder.scan()  # a feed is told at once what the plans need
    database = order.folder / "run.db"
    feed = Mt5Feed(remote, profiles, bars_folder(database), wall=RemoteWall(remote), history_bars=500)
    with (order.folder / "said.txt").open("a", encoding="utf-8") as book:

        def say(text: str) -> None:
            print(text, file=book, flush=True)

        say(f"--- a life, to end at {order.moment or 'the end'} {order.at or ''}")
        now = int(remote.ask("now"))
        account = AccountConfig(record_moves=True)
        settings = Settings(feed_text("Stand-in", ZONE_DAY), account, None, order.end + DAY, now)
        instance = Instance(
            folder,
            feed.dataset,
            catalog(),
            settings,
            database,
            feed,
            say,
            _seen,
            lambda: bool(int(remote.ask("now")) >= order.end),
            moments,
        )
        instance.run()
    (order.folder / "moments.json").write_text(json.dumps(moments.seen), encoding="utf-8")
