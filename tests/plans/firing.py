"""What a plan of plans/ sent over real bars, and those bars as they are in the files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Decision
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

from tests.agreement.real import millis, read_plans


def sent(name: str, data: Path, begin: str, end: str) -> list[str]:
    """The closes on which the plan sent an entry, as `2018-01-10 10:15` in UTC."""
    profiles = load_profiles()
    dataset = Dataset.open(data / "bars", profiles).window(millis(begin), millis(end))
    plans, guards = read_plans((name,), profiles)
    kernels = Kernels("interpreted")
    run = run_backtest(plans, guards, dataset, catalog(), AccountConfig(), end=millis(end), kernels=kernels)
    return [
        f"{datetime.fromtimestamp(event.time / 1000, UTC):%Y-%m-%d %H:%M}"
        for event in run.events()
        if isinstance(event, Decision) and (event.about, event.outcome) == ("entry", "sent")
    ]


class Raw:
    """Bars of a file, named by the UTC time at which they close: `bars.low("10:15")` on the day of the test."""

    def __init__(self, data: Path, symbol: str, timeframe: str, minutes: int, begin: str, day: str) -> None:
        frame = pd.read_parquet(data / "bars" / symbol / f"{timeframe}.parquet")
        frame = frame[frame["time"] >= millis(begin) // 1000]
        self.closes = pd.to_datetime(frame["time"] + 60 * minutes, unit="s").dt.strftime("%Y-%m-%d %H:%M").tolist()
        self.columns = {name: frame[name].tolist() for name in ("high", "low", "close")}
        self.minutes, self.day = minutes, day

    def place(self, time: str) -> int:
        """The number of the bar that closes then."""
        return self.closes.index(f"{self.day} {time}")

    def high(self, time: str) -> float:
        """Its high."""
        return float(self.columns["high"][self.place(time)])

    def low(self, time: str) -> float:
        """Its low."""
        return float(self.columns["low"][self.place(time)])

    def close(self, time: str) -> float:
        """Its close."""
        return float(self.columns["close"][self.place(time)])

    def between(self, field: str, first: str, last: str) -> list[float]:
        """The values of a field from one bar to another, both included."""
        return [float(v) for v in self.columns[field][self.place(first) : self.place(last) + 1]]

    def is_top(self, time: str) -> bool:
        """Whether its high is alone at the top of three bars on either side."""
        at = self.place(time)
        around = self.columns["high"][at - 3 : at] + self.columns["high"][at + 1 : at + 4]
        return self.columns["high"][at] > max(around)

    def is_bottom(self, time: str) -> bool:
        """Whether its low is alone at the bottom of three bars on either side."""
        at = self.place(time)
        around = self.columns["low"][at - 3 : at] + self.columns["low"][at + 1 : at + 4]
        return self.columns["low"][at] < min(around)

    def atr(self, time: str) -> float:
        """Wilder's average true range over 14 bars, from the first bar on."""
        high, low, close = self.columns["high"], self.columns["low"], self.columns["close"]
        ranges = [max(high[i], close[i - 1]) - min(low[i], close[i - 1]) for i in range(1, self.place(time) + 1)]
        value = sum(ranges[:14]) / 14
        for one in ranges[14:]:
            value = (13 * value + one) / 14
        return float(value)
