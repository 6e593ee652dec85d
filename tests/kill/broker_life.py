"""One life of a run with a broker outside, in a process of its own that kills itself at a moment it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from tradeplan.dsl.graph import Graph
from tradeplan.runtime.broker.account import AccountName, AccountRule
from tradeplan.runtime.broker.limits import UNLIMITED
from tradeplan.runtime.broker.mt5 import Markets, Mt5Broker
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings, Totals
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.terminal import Call, Reply, UnknownOutcome
from tradeplan.stdlib.registry import catalog

from tests.kill.moments import Moments, label
from tests.kill.worker import open_bars
from tests.mt5.stand_in.MetaTrader5.clock import ServerClock

ZONE = "America/New_York+7"
STANDING_LOOKS = 2
"""So often a life looks at its broker, six seconds apart, before it lets the market go on."""

LATER_LOOK = 40_000
"""Once between two bars the broker is looked at, so many milliseconds after the one before."""


@dataclass(frozen=True)
class Order:
    """What a life is to do: end itself at the `at`-th `moment`, after `most` steps at the latest; 0: not at all."""

    folder: Path
    data: Path
    market: str
    start: int
    end: int
    address: str
    mode: str = "hedging"
    moment: str = ""
    at: int = 0
    most: int = 0


class Remote:
    """The stand-in of another process as a `Terminal`, and hands for its world."""

    def __init__(self, address: str, moments: Moments) -> None:
        self._line: Connection = Client(address)
        self._moments = moments

    def ask(self, what: str, *arguments: Any) -> Any:
        """One question, one answer."""
        self._line.send((what, arguments))
        return self._line.recv()

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Reply:
        """One call of the package."""
        (reply,) = self.batch([Call(name, arguments, keywords)])
        return reply

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Several calls."""
        name = label(calls)
        self._moments(f"before broker {name}")
        self._line.send(("batch", ([tuple(c) for c in calls],)))
        self._moments(f"within broker {name}")  # asked, and the answer not heard
        replies = [Reply(*reply) for reply in self._line.recv()]
        self._moments(f"after broker {name}")
        if calls[0].name == "order_send" and replies[0].value is None and replies[0].error[0] == -10_005:
            raise UnknownOutcome("the answer did not come")
        return replies


@dataclass
class RemoteTimes:
    """The server's clock."""

    remote: Remote
    zone: ServerClock

    def now(self) -> int:
        return int(self.remote.ask("now"))

    def to_utc_ms(self, seconds: float) -> int:
        return self.zone.utc(round(seconds * 1000))

    def to_broker(self, ms: int) -> int:
        return self.zone.broker(ms) // 1000


@dataclass(slots=True)
class RemotePace(ReplayClock):
    """A feed that takes the server along, so that the market stands while nobody lives; `seconds` is the life's age."""

    remote: Remote | None = None
    seconds: float = 0.0
    looks: int = 0

    def wait_until(self, instant: int, sleep: Callable[[float], bool]) -> bool:
        assert self.remote is not None
        if self.looks < STANDING_LOOKS:
            self.looks += 1
            self.seconds += 6.0
            return False
        before = self.remote.ask("now")
        halfway = instant - before > LATER_LOOK
        now = self.remote.ask("advance_to", before + LATER_LOOK if halfway else instant)
        self.seconds += 0.25 + (now - before) / 1000
        return False if halfway else ReplayClock.wait_until(self, instant, sleep)


def _seen(scan: Scan) -> None:
    assert not scan.broken, scan.broken


def live(order: Order, person: Callable[[Instance, str], None] = lambda instance, place: None) -> Totals:
    """One life; `person` does things to it between two instants, where it tells the place at which it is."""
    moments = Moments(order.moment, order.at, order.most, order.folder / "died")
    moments.watch_store()
    remote = Remote(order.address, moments)
    dataset = open_bars(order.data, order.start, order.end)
    traded = Markets(remote, load_profiles())
    times = RemoteTimes(remote, ServerClock(ZONE))
    pace = RemotePace(None, resume_at=times.now(), remote=remote)
    netting = order.mode == "netting"
    rule = AccountRule(AccountName(5_001, "StandIn-Demo"), "USD", netting)
    with (order.folder / "said.txt").open("a", encoding="utf-8") as book:

        def say(text: str) -> None:
            print(text, file=book, flush=True)

        say(f"--- a life, to end at {order.moment or 'the end'} {order.at or ''}")

        def point(place: str) -> None:
            moments(place)
            person(instance, place)

        broker = Mt5Broker(remote, times, rule, UNLIMITED, traded, say, timer=lambda: pace.seconds)
        instance = Instance(
            PlanFolder(order.folder / "plans", catalog(), load_facts(), Graph()),
            dataset,
            catalog(),
            Settings("test", AccountConfig(record_moves=True, mode=order.mode), order.start, order.end),
            order.folder / "run.db",
            pace,
            say,
            _seen,
            point=point,
            broker=broker,
        )
        told = instance.run()
    (order.folder / "moments.json").write_text(json.dumps(moments.seen), encoding="utf-8")
    return told


def main(order: Order) -> None:
    """As the target of a process."""
    live(order)
