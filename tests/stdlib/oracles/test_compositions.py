"""Functions that are put together from others, worked out once more from bars by TA-Lib and pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import talib
from tradeplan.dsl.graph import Graph, Lane
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.stdlib.expressions import columns_of
from tests.stdlib.whole import evaluated

MONDAY, BAR = 1_704_067_200_000, 300_000
Columns = dict[str, np.ndarray]


def walk(length: int = 1500) -> Columns:
    """Bars of a random walk with volumes."""
    rng = np.random.default_rng(23)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.003, length)))
    opened = np.concatenate(([100.0], close[:-1]))
    up, down = np.abs(rng.normal(0.0, 0.15, (2, length)))
    return {
        "open": opened,
        "high": np.maximum(opened, close) + up,
        "low": np.minimum(opened, close) - down,
        "close": close,
        "tick_volume": np.round(rng.gamma(3.0, 60.0, length)) + 1.0,
    }


def said(call: str, dataset: Dataset, lane: Lane) -> Columns:
    """Every output of a call in a plan that buys, at every bar of its lane."""
    function = catalog()[call.partition("(")[0]]
    columns = columns_of(function, lane, catalog(), load_facts(), Graph(), call)
    tables = Tables.build([column.node for column in columns], catalog())
    bars = dataset.bars(lane.market, lane.timeframe)
    assert bars is not None
    data = LaneData(dataset, [lane.market])
    return evaluated(columns, tables, Kernels("interpreted"), data, int(bars.close_time[-1]))


@pytest.fixture(scope="module")
def bars() -> Columns:
    return walk()


@pytest.fixture(scope="module")
def dataset(bars: Columns) -> Dataset:
    length = len(bars["close"])
    times = MONDAY + BAR * np.arange(length, dtype=np.int64)
    prices = (bars[name] for name in ("open", "high", "low", "close"))
    rates = Rates(times, *prices, bars["tick_volume"], np.ones(length, dtype=np.int32), bars["tick_volume"])
    return Dataset.from_rates({("btc", "M5"): rates}, load_profiles())


LANE = Lane("btc", "M5")


def same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Unknown on the same bars, else equal up to rounding."""
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    assert np.isfinite(ours).sum() > 1_000
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def atr(bars: Columns) -> np.ndarray:
    return np.asarray(talib.ATR(bars["high"], bars["low"], bars["close"], 14))


def test_atr_stop(dataset: Dataset, bars: Columns) -> None:
    close = bars["close"]
    same(said("atr_stop(2.0)", dataset, LANE)["atr_stop"], close - np.minimum(2.0 * atr(bars), 0.05 * close))
    # a cap that decides on about half of the bars
    cap = float(np.nanmedian(200.0 * atr(bars) / close))
    capped = close - np.minimum(2.0 * atr(bars), round(cap, 3) / 100.0 * close)
    same(said(f"atr_stop(2.0, cap={cap:.3f}%)", dataset, LANE)["atr_stop"], capped)


def test_structure_stop(dataset: Dataset, bars: Columns) -> None:
    behind = talib.MIN(bars["low"], 20) * (1.0 - 0.001)
    want = np.minimum(behind, bars["close"] - 1.5 * atr(bars))
    same(said("structure_stop(20, 0.1%, least=1.5)", dataset, LANE)["structure_stop"], want)
    assert 0.05 < np.mean(want[20:] == behind[20:]) < 0.95  # either of the two decides often


def test_volatility_stop(dataset: Dataset, bars: Columns) -> None:
    ratio = atr(bars) / talib.SMA(atr(bars), 50)
    want = bars["close"] - 2.0 * atr(bars) * np.clip(ratio, 0.5, 2.0)
    same(said("volatility_stop(2.0)", dataset, LANE)["volatility_stop"], want)


def test_scale_out(dataset: Dataset, bars: Columns) -> None:
    close, volume = pd.Series(bars["close"]), pd.Series(bars["tick_volume"])
    under = (pd.Series(bars["low"]).rolling(20).min().shift(1) - close) / atr(bars)
    growth = (volume - volume.shift(10)) / np.maximum(volume, volume.shift(10))
    lost = -(0.7 * (close - close.shift(10)) / atr(bars) + 0.3 * growth)
    want = np.maximum(under.clip(lower=0.0).fillna(0.0), lost.clip(lower=0.0))
    got = said("scale_out(threshold=0.7)", dataset, LANE)
    late = np.arange(len(close)) >= 40  # what is not known yet has no voice
    np.testing.assert_allclose(got["scale_out.strength"][late], want[late], rtol=1e-9, atol=1e-12)
    assert np.array_equal(got["scale_out.ready"][late] == 1.0, (want >= 0.7)[late])
    assert 0.05 < np.mean(want[late] >= 0.7) < 0.95


@pytest.mark.real_data
@pytest.mark.parametrize("side", ["bull", "bear"])
def test_htf_fvg_align(side: str, real_data: Path) -> None:
    """Both parts read by themselves, the slow one joined by pandas: TRUE means both, FALSE that one is FALSE."""
    whole = Dataset.open(real_data / "bars", load_profiles())
    fast = whole.bars("gbpusd", "M5")
    assert fast is not None
    part = whole.window(None, int(fast.close_time[6_000]))
    fast, slow = part.bars("gbpusd", "M5"), part.bars("gbpusd", "M30")
    assert fast is not None
    assert slow is not None
    gap = said(f"fvg({side})", part, Lane("gbpusd", "M30"))["fvg.exists"]
    turn = said(f"choch({side})", part, Lane("gbpusd", "M5"))["choch"]
    joined = pd.merge_asof(
        pd.DataFrame({"time": fast.close_time}), pd.DataFrame({"time": slow.close_time, "gap": gap}), on="time"
    )["gap"].to_numpy()
    lately = pd.Series(turn).rolling(12, min_periods=12).max().to_numpy()
    got = said(f"htf_fvg_align({side})", part, Lane("gbpusd", "M5"))["htf_fvg_align"]
    known = ~np.isnan(joined) & ~np.isnan(lately) & ~np.isnan(got)
    assert known.sum() > 4_000
    equal = (got == np.minimum(joined, lately))[known]
    # where the slow view is stale (a gap of bars) ours is UNKNOWN, so it is not among the known
    assert equal.all(), np.flatnonzero(known)[~equal][:10]
    assert got[known].sum() > 50
