"""One life of a run with a broker outside, in a process of its own that kills itself at a place it is told."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from tradeplan.dsl.graph import Graph
from tradeplan.runtime.broker.account import AccountName, AccountRule
from tradeplan.runtime.broker.limits import UNLIMITED
from tradeplan.runtime.broker.mt5 import Mt5Broker, resolve
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings, Totals
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.terminal import Call, Reply, UnknownOutcome
from tradeplan.stdlib.registry import catalog

from tests.kill.worker import open_bars
from tests.mt5.stand_in.MetaTrader5.clock import ServerClock

ACCOUNT = AccountConfig(record_moves=True)
ZONE = "America/New_York+7"


@dataclass(frozen=True)
class Order:
    """What a life is to do: `die_after` so many places where a crash matters, or after `seconds`; 0: not at all."""

    plans: Path
    data: Path
    database: Path
    market: str
    start: int
    end: int
    address: tuple[str, int]
    die_after: int = 0
    seconds: float = 0.0


class Remote:
    """The stand-in of another process as a `Terminal`, and hands for its world."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._line: Connection = Client(address)

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
        found = self.ask("batch", [tuple(c) for c in calls])
        replies = [Reply(*reply) for reply in found]
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
    """A feed that takes the server along, so that the market stands while nobody lives."""

    remote: Remote | None = None

    def wait_until(self, instant: int, sleep: Callable[[float], bool]) -> bool:
        assert self.remote is not None
        self.remote.ask("advance_to", instant)
        return ReplayClock.wait_until(self, instant, sleep)


def die() -> None:
    """End at once, as a kill from outside does."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _seen(scan: Scan) -> None:
    assert not scan.broken


def live(order: Order) -> Totals:
    """One life."""
    remote = Remote(order.address)
    left = order.die_after

    def point(name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            die()

    if order.seconds:
        timer = threading.Timer(order.seconds, die)
        timer.daemon = True
        timer.start()
    dataset = open_bars(order.data, order.start, order.end)
    traded = resolve(remote, {order.market: load_profiles()[order.market]})
    times = RemoteTimes(remote, ServerClock(ZONE))
    rule = AccountRule(AccountName(5_001, "StandIn-Demo"), "USD", False)
    said: list[str] = []
    broker = Mt5Broker(remote, times, rule, UNLIMITED, traded, said.append, point, patience=0.0)
    instance = Instance(
        PlanFolder(order.plans, catalog(), load_facts(), Graph()),
        dataset,
        catalog(),
        Settings("test", ACCOUNT, order.start, order.end),
        order.database,
        RemotePace(None, resume_at=times.now(), remote=remote),
        said.append,
        _seen,
        point=point,
        broker=broker,
    )
    return instance.run()


def main(order: Order) -> None:
    """As the target of a process."""
    random.seed()
    live(order)
