"""A trading week of 60 plans on the feed of a terminal: `python -m tests.bench.feed_load [--hours 120] [--plans 60]`.

The real bridge and client over TCP, the stand-in behind it, simulated markets; time runs as fast as the parts hold.
Prints: speed, time of a check per plan (a step over all plans, divided by them), time of the batched round trip, hit
rate, memory above an idle interpreter, and how much it grew over the last 80 % of the run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.feed.wall import Sleep, Wall
from tradeplan.runtime.live.folder import PlanFolder
from tradeplan.runtime.live.instance import Instance, Settings
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.news_windows import NewsClock
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.simulator import simulated_dataset
from tradeplan.runtime.market.simulator.models import MARKETS
from tradeplan.runtime.market.simulator.news import simulated_news
from tradeplan.runtime.mt5.terminal import Call, Reply
from tradeplan.stdlib.registry import catalog

from tests.mt5.served import Control, Served
from tests.runtime.feed.floor import DAY, HOUR, MONDAY, NEW_YORK, array_of
from tests.runtime.live.world import Hand

KINDS = (
    "WHEN close > highest(20)[1] AND rsi(14) < 70 THEN BUY RISK 0.1% STOP 2 ATR TARGET 2R",
    "WHEN tick_rate_proxy(drop=20%).declining AND H1.rsi(14) > 60 AND close < lowest(3)[1] THEN SELL {rest}",
    "WHEN inside_bars(2) WITHIN 4 bars AND rmag < 5 AND M30.close > M30.ema(10) THEN BUY {rest}",
    "WHEN M15.bos(bull) AND H4.close > H4.sma(5) THEN BUY RISK 0.1% STOP 2 ATR TARGET 3R",
    "WHEN H1.corr({other}.H1.close, 24 bars) < 0.9 AND close CROSSES ABOVE sma(30) THEN BUY {rest}",
    "WHEN H1.close > H1.ema(20) AND D1.close > D1.sma(3) AND align(close, M15.close, H1.close) THEN BUY {rest}",
    "WHEN NOT news.blackout(before=30m, after=30m) AND close CROSSES BELOW ema(40) THEN SELL {rest}",
    "WHEN rsi(9) < 30 AND M5.close > 0 AND W1.close > 0 THEN BUY RISK 0.1% STOP 1.5 ATR TARGET 1R",
)
"""Plain, momentum and order flow by proxy, volatility, structure, correlation, timeframes, news, plain."""
REST = "RISK 0.1% STOP 2 ATR TARGET 2R"
PLAN = """PLAN p{i:02}_{market}
TRADE {market} ON {timeframe}
{kind}
WHEN profit > 1R THEN MOVE STOP TO entry
WHEN held > 6h THEN CLOSE
COOLDOWN 30m
"""
BYTES_A_BAR = 81
"""What the columns of `Bars` take for one."""
HISTORY_DAYS = 20
BALANCE = 1_000_000.0


class ServedWall(Wall):
    """Time that moves by waiting alone, in the stand-in's process and here."""

    longest = 120.0

    def __init__(self, control: Control, now: int) -> None:
        self._control, self._now = control, now
        self.waited = 0.0  # real seconds that moving the stand-in took

    def now(self) -> int:
        return self._now

    def steady(self) -> float:
        return self._now / 1000.0

    def pause(self, seconds: float, sleep: Sleep) -> bool:
        self._now += max(1, round(seconds * 1000))
        began = time.perf_counter()
        self._control("advance_to", self._now)
        self.waited += time.perf_counter() - began
        return False


@dataclass(frozen=True)
class Load:
    """What a load run came to; times in ms, memory in MB. `bars_fed`: the columns of the bars of the last 80 %;
    `terminal_share`: the part of the time that went into moving the stand-in's clock; `core_at_real_speed`: the
    processor time of this process, in percent of the week that was lived through."""

    plans: int
    markets: int
    timeframes: int
    series: int
    steps: int
    fills: int
    speed: float
    terminal_share: float
    core_at_real_speed: float
    step_p50: float
    step_p99: float
    check_p50: float
    check_p99: float
    fetch_p50: float
    fetch_p99: float
    fetch_most: float
    hit_rate: float
    late: int
    memory: float
    growth: float
    bars_fed: float


class TimedFeed(Mt5Feed):
    """Takes the time of every round trip, in ms, and says when bars were last delivered."""

    delivered = 0.0

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.fetches: list[float] = []
        self._look.ask, self._really = self._timed, self._look.ask  # type: ignore[method-assign]  # a look beside

    def _timed(self, calls: Sequence[Call]) -> list[Reply]:
        began = time.perf_counter()
        replies = self._really(calls)
        self.fetches.append(1000.0 * (time.perf_counter() - began))
        return replies

    def deliver(self) -> None:
        super().deliver()
        self.delivered = time.perf_counter()


def resident() -> float:
    """This process's resident memory in MB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 1e6


def idle_megabytes() -> float:
    """What an interpreter that does nothing has."""
    code = "import pathlib; print(pathlib.Path('/proc/self/statm').read_text().split()[1])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return int(done.stdout) * 4096 / 1e6 if done.returncode == 0 else 0.0


def texts(markets: list[str], count: int) -> list[str]:
    """Plans of all kinds over all markets."""
    frames = cycle(("M1", "M5", "M5", "M15", "M15", "M30", "H1"))
    made = []
    for i, frame in zip(range(count), frames, strict=False):
        market, other = markets[i % len(markets)], markets[(i + 1) % len(markets)]
        kind = KINDS[i % len(KINDS)].format(other=other, rest=REST)
        made.append(PLAN.format(i=i, market=market, timeframe=frame, kind=kind))
    return made


def run(folder: Path, plans: int, markets: int, hours: float) -> Load:
    """One run in a folder."""
    idle = idle_megabytes()
    facts, profiles = load_facts(), load_profiles().with_day(NEW_YORK)
    names = [name for name in sorted(MARKETS) if profiles[name].tradable][:markets]
    start, end = MONDAY, MONDAY + round(hours * HOUR)
    data = simulated_dataset(names, days=HISTORY_DAYS + round(hours / 24) + 1, seed=5, end_ms=end + HOUR)
    fed = data.markets()
    symbols = [
        {"name": profiles[m].symbols[0], "digits": profiles[m].digits, "profit": profiles[m].profit_currency}
        for m in fed
    ]
    bars = {profiles[m].symbols[0]: {"M1": array_of(data.rates(m, "M1"))} for m in fed}
    news = simulated_news(start - HISTORY_DAYS * DAY, end + DAY)
    del data
    (folder / "plans").mkdir(parents=True)
    for i, text in enumerate(texts(names, plans)):
        (folder / "plans" / f"{i:02}.plan").write_text(text, encoding="utf-8")
    steps: list[float] = []
    memory: list[float] = []
    begun = 0
    with Served(folder / "terminal", symbols=symbols, bars=bars, now=start, zone="America/New_York+7") as served:
        del bars
        wall = ServedWall(served.control, start)
        feed = TimedFeed(served.client, profiles, folder / "bars", wall=wall, history_bars=1_000)
        feed.dataset.news = NewsClock(lambda: news)
        plan_folder = PlanFolder(folder / "plans", catalog(), facts, Graph())
        scan = plan_folder.scan()
        assert not scan.broken, scan.broken
        account = AccountConfig(balance=BALANCE)
        settings = Settings("mt5", account, start, MONDAY + 30 * DAY)
        began, worked = time.perf_counter(), time.process_time()

        def point(name: str) -> None:
            nonlocal began, begun, worked
            if name == "recovered":
                feed.fetches.clear()  # what follows is one batch an instant
                began, worked = time.perf_counter(), time.process_time()
            elif name == "decided":
                steps.append(1000.0 * (time.perf_counter() - feed.delivered))
            elif name == "stepped":
                memory.append(resident() if len(memory) % 50 == 0 else memory[-1])
                if wall.now() <= start + (end - start) // 5:
                    begun = feed.readings.bars

        instance = Instance(
            plan_folder,
            feed.dataset,
            catalog(),
            settings,
            folder / "run.db",
            feed,
            lambda text: None,
            lambda scan: None,
            lambda: wall.now() >= end,
            point,
        )
        told = instance.run(Hand())
        seconds, busy = time.perf_counter() - began, time.process_time() - worked
    fifth = len(memory) // 5
    timeframes = {timeframe for _, timeframe in feed._series}
    return Load(
        plans=plans,
        markets=len(fed),
        timeframes=len(timeframes),
        series=len(feed._series),
        steps=told.steps,
        fills=told.fills,
        speed=hours * 3600 / seconds,
        terminal_share=wall.waited / seconds,
        core_at_real_speed=100.0 * busy / (3600.0 * hours),
        step_p50=share(steps, 50),
        step_p99=share(steps, 99),
        check_p50=share(steps, 50) / plans,
        check_p99=share(steps, 99) / plans,
        fetch_p50=share(feed.fetches, 50),
        fetch_p99=share(feed.fetches, 99),
        fetch_most=max(feed.fetches),
        hit_rate=feed.readings.hit_rate,
        late=feed.readings.late,
        memory=max(memory) - idle,
        growth=memory[-1] - memory[fifth],
        bars_fed=1e-6 * BYTES_A_BAR * (feed.readings.bars - begun),
    )


def share(values: list[float], percent: float) -> float:
    """A percentile."""
    return float(np.percentile(values, percent))


def main() -> None:
    """Run once and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=120.0)
    parser.add_argument("--plans", type=int, default=60)
    parser.add_argument("--markets", type=int, default=16)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load = run(Path(folder), given.plans, given.markets, given.hours)
    for name in load.__dataclass_fields__:
        value = getattr(load, name)
        sys.stdout.write(f"{name:12} {value:.3f}\n" if isinstance(value, float) else f"{name:12} {value}\n")


if __name__ == "__main__":
    main()
