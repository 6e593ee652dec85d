"""The example plans over real bars: what runs where, and how a slice of it is cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import compare, fast, interpreted

PLANS = Path(__file__).resolve().parents[2] / "plans"


@dataclass(frozen=True)
class Series:
    """A market's series and the plan files that run on it; the slice is a part in which they trade, for CI."""

    name: str
    market: str
    timeframe: str
    files: tuple[str, ...]
    whole: tuple[str, str]
    slice: tuple[str, str]


SERIES = (
    Series(
        "BTCUSD M1 2018",
        "btc",
        "M1",
        ("btc_on_weak_dollar", "daily_limits"),
        ("2018-01-01", "2019-01-01"),
        ("2018-01-10", "2018-01-13"),
    ),
    Series(
        "USDJPY M1 2013",
        "usdjpy",
        "M1",
        ("usdjpy_london_breakout", "daily_limits"),
        ("2013-01-01", "2014-01-01"),
        ("2013-03-04", "2013-03-09"),
    ),
    Series(
        "EURUSD M15 2022-23",
        "eurusd",
        "M15",
        ("eurusd_trend_pullback", "daily_limits"),
        ("2022-10-01", "2023-10-03"),
        ("2022-11-01", "2022-11-24"),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What differs, and how much there was to compare."""

    differences: list[str]
    bars: int
    decisions: int
    fills: int
    balance: int
    slow_seconds: float
    fast_seconds: float


def millis(day: str) -> int:
    """A UTC day's start."""
    return round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def read_plans(files: tuple[str, ...], profiles: Profiles) -> tuple[tuple[CheckedPlan, ...], tuple[CheckedGuard, ...]]:
    """The plans and guards of example files, as one program."""
    graph, facts = Graph(), profiles.facts()
    plans: list[CheckedPlan] = []
    guards: list[CheckedGuard] = []
    for name in files:
        text = (PLANS / f"{name}.plan").read_text(encoding="utf-8")
        checked = check_source(Source(name, text), catalog(), facts, graph)
        assert checked.ok, checked.diagnostics
        plans += checked.plans
        guards += checked.guards
    return tuple(plans), tuple(guards)


def compare_series(series: Series, folder: Path, span: tuple[str, str], kernels: Kernels, capacity: int) -> Outcome:
    """Interpreter against order loop over the bars of a span, on an account of 10,000 USD."""
    profiles = load_profiles()
    start, end = millis(span[0]), millis(span[1])
    dataset = Dataset.open(folder / "bars", profiles).window(start, end)
    plans, guards = read_plans(series.files, profiles)
    account = AccountConfig(record_moves=True)
    bars = dataset.bars(series.market, series.timeframe)
    assert bars is not None
    began = perf_counter()
    quick = fast(plans, guards, dataset, account, kernels, capacity, end)
    between = perf_counter()
    slow, _ = interpreted(plans, guards, dataset, account, end)
    return Outcome(
        compare(slow, quick),
        len(bars),
        len(slow.decisions),
        len(slow.fills),
        slow.balance,
        perf_counter() - between,
        between - began,
    )
