"""The functions that TA-Lib has, against TA-Lib, from the first value on, on random and on real prices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import talib
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import run

Prices = dict[str, np.ndarray]


def random_prices() -> Prices:
    """1,500 bars of a walk, highs and lows around it."""
    rng = np.random.default_rng(7)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.003, 1500)))
    opened = np.concatenate(([100.0], close[:-1]))
    up, down = np.abs(rng.normal(0.0, 0.15, (2, 1500)))
    other = close * np.exp(rng.normal(0.0, 0.004, 1500))
    return {
        "close": close,
        "high": np.maximum(opened, close) + up,
        "low": np.minimum(opened, close) - down,
        "other": other,
    }


@pytest.fixture(scope="module", params=["random", "EURUSD M15"])
def prices(request: pytest.FixtureRequest) -> Prices:
    """Random prices, or the first 6,000 bars of EURUSD M15."""
    if request.param == "random":
        return random_prices()
    data: Path = request.getfixturevalue("real_data")
    frame = pd.read_parquet(data / "bars" / "EURUSD" / "M15.parquet").iloc[:6000]
    columns = {name: frame[name].to_numpy(dtype=float) for name in ("close", "high", "low")}
    return columns | {"other": columns["high"] + columns["low"]}


def ours(name: str, prices: Prices, source: str = "close", **parameters: float) -> dict[str, np.ndarray]:
    """The outputs of a function over the prices."""
    series = {key: column.tolist() for key, column in prices.items()} | {"source": prices[source].tolist()}
    return {key: np.array(column) for key, column in run(catalog()[name], parameters, series).items()}


def agree(mine: np.ndarray, theirs: np.ndarray, digits: float = 1e-10) -> None:
    """The same places are unknown, the others equal up to rounding."""
    assert np.array_equal(np.isnan(mine), np.isnan(theirs))
    assert np.isfinite(mine).sum() > len(mine) // 2
    np.testing.assert_allclose(mine, theirs, rtol=digits, atol=digits * np.nanmax(np.abs(theirs)))


MOVING: list[tuple[str, Callable[..., np.ndarray]]] = [("sma", talib.SMA), ("ema", talib.EMA)]
EXTREME: list[tuple[str, Callable[..., np.ndarray]]] = [("highest", talib.MAX), ("lowest", talib.MIN)]


@pytest.mark.parametrize(
    ("name", "reference"), MOVING, ids=lambda value: value if isinstance(value, str) else value.__name__
)
@pytest.mark.parametrize("period", [2, 20, 200])
def test_averages(prices: Prices, name: str, reference: Callable[..., np.ndarray], period: int) -> None:
    agree(ours(name, prices, period=period)[name], reference(prices["close"], period))


@pytest.mark.parametrize(
    ("name", "reference"), EXTREME, ids=lambda value: value if isinstance(value, str) else value.__name__
)
@pytest.mark.parametrize("period", [2, 5, 20, 55])
def test_extremes(prices: Prices, name: str, reference: Callable[..., np.ndarray], period: int) -> None:
    mine, theirs = ours(name, prices, source="high", period=period)[name], reference(prices["high"], period)
    assert np.array_equal(mine, theirs, equal_nan=True)


@pytest.mark.parametrize("period", [2, 14, 50])
def test_rsi(prices: Prices, period: int) -> None:
    theirs = talib.RSI(prices["close"], period)
    mine = ours("rsi", prices, period=period)["rsi"]
    # TA-Lib says 0 where nothing ever moved; here that is 50
    still = np.array([np.ptp(prices["close"][: i + 1]) == 0.0 for i in range(len(mine))])
    agree(np.where(still, theirs, mine), theirs)


@pytest.mark.parametrize("lengths", [(12, 26, 9), (5, 35, 5), (26, 12, 9), (3, 4, 1)])
def test_macd(prices: Prices, lengths: tuple[int, int, int]) -> None:
    mine = ours("macd", prices, fast=lengths[0], slow=lengths[1], signal=lengths[2])
    for name, theirs in zip(("macd", "signal", "histogram"), talib.MACD(prices["close"], *lengths), strict=True):
        agree(mine[name], theirs, 1e-9)


@pytest.mark.parametrize("period", [2, 20, 100])
def test_bands(prices: Prices, period: int) -> None:
    mine = ours("bands", prices, period=period, deviations=2.0)
    theirs = talib.BBANDS(prices["close"], period, nbdevup=2.0, nbdevdn=2.0, matype=0)
    # TA-Lib takes the mean square less the squared mean, which loses half the digits of a small deviation
    for name, column in zip(("upper", "middle", "lower"), theirs, strict=True):
        agree(mine[name], column, 1e-7)


@pytest.mark.parametrize("period", [5, 20, 100])
def test_stdev(prices: Prices, period: int) -> None:
    agree(ours("stdev", prices, period=period)["stdev"], talib.STDDEV(prices["close"], period), 1e-4)
    frame = pd.Series(prices["close"]).rolling(period)
    exact = np.array([np.std(window) for window in frame])
    exact[: period - 1] = np.nan
    agree(ours("stdev", prices, period=period)["stdev"], exact, 1e-11)


@pytest.mark.parametrize("period", [1, 14, 50])
def test_ranges(prices: Prices, period: int) -> None:
    agree(ours("true_range", prices)["true_range"], talib.TRANGE(prices["high"], prices["low"], prices["close"]))
    theirs = talib.ATR(prices["high"], prices["low"], prices["close"], period)
    agree(ours("atr", prices, period=period)["atr"], theirs)


@pytest.mark.parametrize("period", [2, 14, 100])
def test_slope(prices: Prices, period: int) -> None:
    agree(ours("slope", prices, period=period)["slope"], talib.LINEARREG_SLOPE(prices["close"], period), 1e-8)


@pytest.mark.parametrize("window", [1, 12, 300])
def test_change(prices: Prices, window: int) -> None:
    agree(ours("change", prices, window=window)["change"], talib.ROC(prices["close"], window))


@pytest.mark.parametrize("window", [10, 48])
def test_corr(prices: Prices, window: int) -> None:
    """TA-Lib correlates values, so it is given the returns."""
    a, b = (np.diff(prices[name]) / prices[name][:-1] for name in ("other", "close"))
    mine = ours("corr", prices, window=window)["corr"]
    agree(mine[1:], talib.CORREL(a, b, window), 1e-6)
    assert np.isnan(mine[0])


@pytest.mark.parametrize("period", [1, 14, 100])
def test_rma_is_wilders_recursion(prices: Prices, period: int) -> None:
    close = prices["close"]
    want = np.full(len(close), np.nan)
    want[period - 1] = close[:period].mean()
    for i in range(period, len(close)):
        want[i] = (want[i - 1] * (period - 1) + close[i]) / period
    agree(ours("rma", prices, period=period)["rma"], want)


@pytest.mark.parametrize("period", [20, 100])
def test_zscore(prices: Prices, period: int) -> None:
    windows = np.lib.stride_tricks.sliding_window_view(prices["close"], period)
    want = np.full(len(prices["close"]), np.nan)
    spread = windows.std(axis=1)
    flat = np.ptp(windows, axis=1) == 0.0
    want[period - 1 :] = np.where(flat, np.nan, (windows[:, -1] - windows.mean(axis=1)) / np.where(flat, 1.0, spread))
    agree(ours("zscore", prices, period=period)["zscore"], want, 1e-9)
