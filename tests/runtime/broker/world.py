"""A running instance with a stand-in terminal: one market, plans, and a broker whose every move a test can provoke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.broker.account import AccountName, AccountRule
from tradeplan.runtime.broker.limits import UNLIMITED, Limits
from tradeplan.runtime.broker.mt5 import Mt5Broker, resolve
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings, Totals
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.terminal import Terminal
from tradeplan.runtime.watch.step import Step
from tradeplan.stdlib.registry import catalog

from tests.mt5.in_process import InProcess
from tests.mt5.stand_in.MetaTrader5.sequences import RATES
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World as Server
from tests.runtime.live.world import MINUTE, START, dataset_of

ACCOUNT = AccountName(5_001, "StandIn-Demo")


def rates_of(dataset: Dataset, market: str, timeframe: str) -> np.ndarray:
    """The bars of a dataset as the package's rates, in UTC."""
    bars = dataset.bars(market, timeframe)
    assert bars is not None
    rows = np.zeros(len(bars), RATES)
    rows["time"] = bars.open_time // 1000
    for name in ("open", "high", "low", "close"):
        rows[name] = getattr(bars, name)
    return rows


@dataclass
class ServerTimes:
    """The server's clock, exactly."""

    server: Server

    def now(self) -> int:
        return self.server.now

    def to_utc_ms(self, seconds: float) -> int:
        return self.server.clock.utc(round(seconds * 1000))

    def to_broker(self, ms: int) -> int:
        return self.server.clock.broker(ms) // 1000


@dataclass(slots=True)
class ServerPace(ReplayClock):
    """A feed's clock that takes the server along: the market moves as the run does, and stands while it is away."""

    server: Server | None = None
    before: Callable[[int], None] | None = None

    def wait_until(self, instant: int, sleep: Callable[[float], bool]) -> bool:
        assert self.server is not None
        if self.before is not None:
            self.before(instant)
        self.server.advance_to(max(self.server.now, instant))
        return ReplayClock.wait_until(self, instant, sleep)


@dataclass
class BrokerWorld:
    """A folder, its database, a server, and lives over them."""

    folder: Path
    closes: np.ndarray
    mode: str = "hedging"
    limits: Limits = UNLIMITED
    rule: AccountRule | None = None
    symbol: Symbol = field(default_factory=lambda: Symbol("BTCUSD", 2, 1.0, "BTC", calc_mode=4, spread=1200))
    said: list[str] = field(default_factory=list)
    terminal: Terminal | None = None
    patience: float = 0.0
    instance: Instance | None = None
    broker: Mt5Broker | None = None
    stepped: Callable[[Step], None] = lambda step: None

    def __post_init__(self) -> None:
        (self.folder / "plans").mkdir(exist_ok=True)
        self.dataset = dataset_of(self.closes)
        margin_mode = 0 if self.mode == "netting" else 2
        self.server = Server(START, "America/New_York+7", margin_mode=margin_mode)
        self.server.add(self.symbol, rates_of(self.dataset, "btc", "M1"), "M1")
        self.terminal = self.terminal or InProcess(StandIn(self.server))
        self.terminal.call("initialize")
        self.account = AccountConfig(record_moves=True, mode=self.mode)

    @property
    def database(self) -> Path:
        return self.folder / "run.db"

    def write(self, text: str, name: str = "a.plan") -> None:
        """Save a plan file."""
        (self.folder / "plans" / name).write_text(text, encoding="utf-8")

    def run(
        self,
        acts: dict[int, Callable[[], object]] | None = None,
        until: int | None = None,
        point: Callable[[str], None] | None = None,
    ) -> Totals:
        """One life over the whole feed, or `until` so many minutes; `acts` are done before the instant of a minute."""
        assert self.terminal is not None
        todo, steps = dict(acts or {}), 0

        def before(instant: int) -> None:
            nonlocal steps
            steps = (instant - START) // MINUTE
            if steps in todo:
                todo.pop(steps)()

        profiles = load_profiles()
        traded = resolve(self.terminal, {"btc": profiles["btc"]})
        rule = self.rule or AccountRule(ACCOUNT, "USD", self.mode == "netting")
        self.broker = Mt5Broker(
            self.terminal,
            ServerTimes(self.server),
            rule,
            self.limits,
            traded,
            self.said.append,
            point or (lambda name: None),
            patience=self.patience,
        )
        end = START + len(self.closes) * MINUTE
        self.instance = Instance(
            PlanFolder(self.folder / "plans", catalog(), load_facts(), Graph()),
            self.dataset,
            catalog(),
            Settings("test", self.account, START, end),
            self.database,
            ServerPace(None, self.server.now, server=self.server, before=before),
            self.said.append,
            self._seen,
            stop=lambda: until is not None and steps >= until,
            point=point or (lambda name: None),
            kernels=Kernels("interpreted"),
            broker=self.broker,
            stepped=self.stepped,
        )
        return self.instance.run()

    def _seen(self, scan: Scan) -> None:
        assert not scan.broken, [d.message for _, found in scan.broken for d in found]
