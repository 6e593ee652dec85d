"""The conditions on markets worked out once more by TA-Lib, scipy and pandas, over whole real columns.

    python -m tests.stdlib.oracles.independent --data FOLDER_OF_BARS

prints for every output how many bars agree; the tests take the first bars of each series.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import talib
from scipy.signal import argrelextrema
from scipy.stats import zscore
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

from tests.stdlib.whole import SERIES, Series, columns_on, evaluated

Columns = dict[str, np.ndarray]
HOUR = 3_600_000


def shifted(values: np.ndarray, bars: int) -> np.ndarray:
    """The values of so many bars ago."""
    return np.concatenate((np.full(bars, np.nan), values[:-bars]))


def told(condition: np.ndarray, known: np.ndarray) -> np.ndarray:
    """1, 0, and NaN where it is not known."""
    return np.where(known, np.where(condition, 1.0, 0.0), np.nan)


def from_bar(values: np.ndarray, first: int) -> np.ndarray:
    """NaN before a bar."""
    return np.where(np.arange(len(values)) >= first, values, np.nan)


def on_bars(bars: Columns) -> Columns:
    """Every function of one market, by TA-Lib, scipy and pandas."""
    high, low, close = bars["high"], bars["low"], bars["close"]
    atr = talib.ATR(high, low, close, 14)
    upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0, 0)
    width = 100.0 * (upper - lower) / middle
    far = (close - talib.EMA(close, 200)) / atr
    rising = np.all(
        [shifted(width, i) > shifted(width, i + 1) if i else width > shifted(width, 1) for i in range(3)], 0
    )
    nested = (high <= shifted(high, 1)) & (low >= shifted(low, 1))
    wide = width >= 1.2 * pd.Series(width).shift(1).rolling(4).mean().to_numpy()
    long = atr >= 1.15 * pd.Series(atr).shift(1).rolling(4).mean().to_numpy()
    found = {
        "stalled": stalled(talib.LINEARREG_SLOPE(close, 10)),
        "inside_bars": from_bar(pd.Series(nested.astype(float)).rolling(3).min().to_numpy(), 3),
        "inside_bars.high": shifted(high, 3),
        "inside_bars.low": shifted(low, 3),
        "fractal_expansion": from_bar(told(wide & long, ~np.isnan(width)), 23),
        "iv_collapse": from_bar(told(atr / shifted(talib.SMA(atr, 20), 1) < 0.7, ~np.isnan(atr)), 34),
        "band_width.width": from_bar(width, 22),
        "band_width.rising": from_bar(told(rising, ~np.isnan(width)), 22),
        "band_width.squeeze": from_bar(told(width < 1.5, ~np.isnan(width)), 22),
        "band_width.expansion": from_bar(told(width > 2.0, ~np.isnan(width)), 22),
        "rmag": far,
        "impulse_continuation": told((far > 5.0) & rising, ~np.isnan(far)),
    }
    found["vol_recoil"], found["vol_recoil.target"] = recoil(atr, close, talib.SMA(close, 20))
    volume = pd.Series(np.where(bars["tick_volume"] > 0, bars["tick_volume"], np.nan))
    usual = volume.rolling(20).mean().shift(1)
    found["tick_rate_proxy.rate"] = (volume / usual).to_numpy()
    calm = told((volume <= 0.8 * usual).to_numpy(), usual.notna().to_numpy())
    found["tick_rate_proxy.declining"] = calm
    diverges = []
    for name, readings in (("rsi", talib.RSI(close, 14)), ("macd", talib.MACD(close, 12, 26, 9)[0])):
        state, confirmed = paired(low, readings)
        found[f"{name}_divergence"], found[f"{name}_divergence.confirmed"] = state, confirmed
        diverges.append(state)
    either = np.where((diverges[0] == 1) | (diverges[1] == 1), 1.0, diverges[0] + diverges[1])
    found["momentum_decay"] = np.where((either == 0) | (calm == 0), 0.0, either * calm)
    return found


def stalled(slopes: np.ndarray) -> np.ndarray:
    """Beside the steepest of the ten slopes before; the slopes of equal closes are not exactly 0 in TA-Lib."""
    result = np.full(len(slopes), np.nan)
    for t in range(19, len(slopes)):
        before = slopes[t - 10 : t][::-1]
        steepest = before[np.argmax(np.abs(before))]
        result[t] = steepest != 0 and slopes[t] / steepest < 0.5
    return result


def recoil(atr: np.ndarray, close: np.ndarray, usual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Peak, trough and recoil within 20 ATRs, and half an ATR towards the mean."""
    result = np.full(len(atr), np.nan)
    for t in range(38, len(atr)):
        window = atr[t - 19 : t + 1]
        place = len(window) - 1 - int(np.argmin(window[::-1]))
        trough = window[place]
        result[t] = place > 0 and trough <= 0.7 * window[:place].max() and window[-1] >= 1.15 * trough
    target = close + np.clip(usual - close, -0.5 * atr, 0.5 * atr)
    return result, from_bar(target, 38)


def paired(low: np.ndarray, readings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bullish divergence at the last two swing lows within 20 bars; only bars on which the reading is known count."""
    start = int(np.argmax(~np.isnan(readings)))
    swings = argrelextrema(low[start:], np.less, order=3)[0] + start
    swings = swings[swings >= start + 3]
    state, confirmed = np.full(len(low), np.nan), np.full(len(low), np.nan)
    for t in range(start + 22, len(low)):
        last = swings[(swings > t - 20) & (swings <= t - 3)][-2:]
        diverges = len(last) == 2 and low[last[1]] < low[last[0]] and readings[last[1]] > readings[last[0]]
        state[t], confirmed[t] = diverges, diverges and last[1] == t - 3
    return state, confirmed


def joined(bars: Columns, other: Columns, fresh: int) -> np.ndarray:
    """The other's close at each close of the market: its own, or the last one while that is fresh."""
    left = pd.DataFrame({"time": bars["close_time"]})
    right = pd.DataFrame({"time": other["close_time"], "close": other["close"]})
    return pd.merge_asof(left, right, on="time", tolerance=fresh)["close"].to_numpy()


def with_other(bars: Columns, other: np.ndarray) -> Columns:
    """The functions of two markets on hours."""
    both = pd.DataFrame({"own": bars["close"], "other": other})
    known = both.dropna()
    returns = known.pct_change()

    def correlation(window: int) -> np.ndarray:
        """Pandas has no rule for holes: only windows without one are compared."""
        return returns["own"].rolling(window).corr(returns["other"]).reindex(both.index).to_numpy()

    def trend(name: str) -> np.ndarray:
        values = known[name]
        beyond = np.sign(values - values.rolling(20).mean())
        return np.where(beyond == np.sign(values.diff()), beyond, 0.0)

    short, long = correlation(48), correlation(30)
    own, theirs = (pd.Series(trend(n), index=known.index).reindex(both.index).to_numpy() for n in ("own", "other"))
    moves = 100.0 * (known / known.shift(1) - 1.0).reindex(both.index)
    complete = both["other"].notna().rolling(50).min().to_numpy() == 1
    confirmed = (own == 1) & (((long >= 0.3) & (theirs == 1)) | ((long <= -0.3) & (theirs == -1)))
    opposed = (short < -0.5) & (moves["own"].to_numpy() >= 0.1) & (moves["other"].to_numpy() <= -0.05)
    found = {"corr": short, "corr_conflict": told(np.abs(short + 0.9) > 0.3, ~np.isnan(short))}
    found["corr_confirmed"] = told(confirmed, ~np.isnan(long))
    found["divergence"] = told(opposed, ~np.isnan(short))
    return {name: np.where(complete, column, np.inf) for name, column in found.items()}


def ratios(bars: Columns, other: np.ndarray) -> Columns:
    """Ether over bitcoin and its standard score within 100 common bars."""
    values = bars["close"] / other
    known = np.flatnonzero(~np.isnan(values))
    windows = np.lib.stride_tricks.sliding_window_view(values[known], 100)
    result = {"ratio": np.full(len(values), np.nan), "ratio.z": np.full(len(values), np.nan)}
    result["ratio"][known[99:]] = values[known[99:]]
    for begin in range(0, len(windows), 50_000):
        part = windows[begin : begin + 50_000]
        result["ratio.z"][known[99 + begin : 99 + begin + len(part)]] = zscore(part, axis=1, ddof=0)[:, -1]
    return result


def columns(dataset: Dataset, market: str, timeframe: str) -> Columns:
    """The fields of a view with their close times."""
    bars = dataset.bars(market, timeframe)
    assert bars is not None
    names = ("close_time", "high", "low", "close", "tick_volume")
    return {name: np.asarray(getattr(bars, name)) for name in names}


def vix(bars: Columns) -> Columns:
    """The fall of the index itself."""
    close = bars["close"]
    return {"iv_collapse": told(close / shifted(talib.SMA(close, 20), 1) < 0.7, ~np.isnan(shifted(close, 20)))}


def wanted(series: Series, dataset: Dataset) -> Columns:
    """What the outputs of a series should be; infinite where the outside library has no answer."""
    lane = series.lane
    if series.finer or series.beyond_bars:
        return {}
    bars = columns(dataset, lane.market, lane.timeframe)
    if lane.market == "vix":
        return vix(bars)
    if not series.other:
        return on_bars(bars)
    market, timeframe = series.other.split(".")
    fresh = 2 * (60_000 if timeframe == "M1" else HOUR) - 1  # from two cadences on a bar is stale
    other = joined(bars, columns(dataset, market, timeframe), fresh)
    return ratios(bars, other) if "ratio" in series.functions else with_other(bars, other)


def compared(series: Series, dataset: Dataset, kernels: Kernels) -> dict[str, tuple[int, int, list[int]]]:
    """By output: bars that agree, bars compared, the first places that do not."""
    answers = wanted(series, dataset)
    names = {name.split(".")[0] for name in answers}
    if not names:
        return {}
    made = columns_on(series, names, Graph(), dataset)
    bars = dataset.bars(series.lane.market, series.lane.timeframe)
    assert bars is not None
    tables = Tables.build([column.node for column in made], catalog())
    lanes = LaneData(dataset, [series.lane.market])
    mine = evaluated(made, tables, kernels, lanes, int(bars.close_time[-1]))
    result = {}
    for name, theirs in answers.items():
        judged = ~np.isinf(theirs)
        size = np.nanmax(np.abs(theirs[judged]))
        equal = np.isclose(mine[name], theirs, rtol=1e-6, atol=1e-6 * size, equal_nan=True)
        result[name] = (int((equal & judged).sum()), int(judged.sum()), np.flatnonzero(~equal & judged)[:5].tolist())
    return result


def main() -> None:
    """Prints the figures over whole series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    dataset = Dataset.open(parser.parse_args().data, load_profiles())
    kernels = Kernels("compiled")
    print("| series | output | bars compared | agree | first others |\n|---|---|--:|--:|---|")
    for series in SERIES:
        for name, (equal, count, others) in compared(series, dataset, kernels).items():
            print(f"| {series.name} | `{name}` | {count:,} | {100 * equal / count:.4f} % | {others or ''} |")


if __name__ == "__main__":
    main()
