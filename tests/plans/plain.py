"""Bars of a file by their close, and indicators in plain arithmetic, for tests that explain a firing bar by bar."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def bars_of(data: Path, symbol: str, timeframe: str, span: str) -> pd.DataFrame:
    """The raw bars; the index is the time of their close."""
    frame = pd.read_parquet(data / "bars" / symbol / f"{timeframe}.parquet")
    frame.index = pd.DatetimeIndex(pd.to_datetime(frame["time"], unit="s", utc=True) + pd.Timedelta(span))
    return frame


def wilder(values: list[float], period: int) -> list[float]:
    """The mean of the first values, then each new one at a weight of one in `period`; NaN before."""
    smooth = [float("nan")] * (period - 1) + [sum(values[:period]) / period]
    for value in values[period:]:
        smooth.append((smooth[-1] * (period - 1) + value) / period)
    return smooth


def with_atr(frame: pd.DataFrame) -> pd.DataFrame:
    """The bars with Wilder's ATR of 14; the first bar has no true range."""
    before = frame.close.shift()
    ranges = pd.concat([frame.high - frame.low, (frame.high - before).abs(), (frame.low - before).abs()], axis=1)
    return frame.assign(atr=[float("nan"), *wilder(ranges.max(axis=1).tolist()[1:], 14)])


def with_rsi(frame: pd.DataFrame) -> pd.DataFrame:
    """The bars with Wilder's RSI of 14."""
    moves = frame.close.diff().tolist()[1:]
    up, down = wilder([max(m, 0.0) for m in moves], 14), wilder([max(-m, 0.0) for m in moves], 14)
    return frame.assign(rsi=[float("nan"), *(100 * u / (u + d) for u, d in zip(up, down, strict=True))])
