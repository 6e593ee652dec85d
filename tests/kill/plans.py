"""The cases of the kill campaign: plans that are busy enough for a kill to find something in flight, and their bars."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "plans"

PULLBACK = """
PLAN {market}_pullback "A limit order below the market, a trailing stop, a half closed, one more added."
TRADE {market} ON {timeframe}
WHEN ema(10) CROSSES ABOVE ema(40)
THEN BUY RISK 0.5% AT LIMIT close - 0.3 ATR FOR 6 bars STOP 2 ATR TARGET 4R TAKE 30% AT 1R
WHEN best >= 0.5R THEN MOVE STOP TO trail(2 ATR)
WHEN rsi(14) > 75 THEN CLOSE 50%, ALERT "half off"
WHEN profit >= 0.8R THEN ADD 50%
WHEN held > {hold} THEN CLOSE
WHEN close < lowest(30)[1] THEN CANCEL
"""

BREAKOUT = """
PLAN {market}_breakdown "A stop order below the range."
TRADE {market} ON {timeframe}
WHEN close < ema(100) AND rsi(7) < 45
THEN SELL RISK 0.3% AT STOP lowest(12) - 0.1 ATR FOR 8 bars STOP 1.5 ATR TARGET 2R
WHEN best >= 1R THEN MOVE STOP TO entry
WHEN rsi(7) < 20 THEN CLOSE
COOLDOWN {rest}
MAX 12 PER day
"""

GUARD = """
GUARD limits "A bad day ends early."
WHEN account.drawdown(day) > 3% THEN FLATTEN, HALT FOR 6h, ALERT "enough for today"
"""

BREAKERS = """
GUARD {market}_tries "Two losses in a row, then a quarter of the size decides."
COVERS PLANS {market}_breakdown
WHEN trades.losing_streak >= 2 THEN HALT FOR {rest} PROBE 25%

GUARD {market}_rests "Too much lost lately: ten minutes of nothing."
COVERS {market}
WHEN trades.realised_loss(2h) > {some} USD AND {market}.{timeframe}.volatility(20) > 0.0001% THEN HALT FOR 10m

GUARD {market}_ends "Too much lost in all: a person has to look."
COVERS PLANS {market}_pullback
WHEN trades.drawdown(ever) > {end} USD THEN FLATTEN, HALT, ALERT "look"
"""
"""A breaker of each kind of reset."""


@dataclass(frozen=True)
class Case:
    """Plans over a span of real bars; `short_end` ends the part that runs in CI."""

    name: str
    start: str
    end: str
    short_end: str
    texts: dict[str, str]


def _case(name: str, market: str, timeframe: str, start: str, end: str, short_end: str, example: str) -> Case:
    minutes = timeframe == "M1"
    spans = {"hold": "40m", "rest": "20m", "end": "450"} if minutes else {"hold": "10h", "rest": "5h", "end": "300"}
    spans["some"] = "90" if market == "btc" else "250"
    texts = {
        "pullback": PULLBACK.format(market=market, timeframe=timeframe, **spans),
        "breakdown": BREAKOUT.format(market=market, timeframe=timeframe, **spans),
        "limits": GUARD,
        "breakers": BREAKERS.format(market=market, timeframe=timeframe, **spans),
    }
    texts |= {file: (EXAMPLES / f"{file}.plan").read_text(encoding="utf-8") for file in (example, "daily_limits")}
    return Case(name, start, end, short_end, {f"{file}.plan": text for file, text in texts.items()})


CASES = {
    case.name: case
    for case in (
        _case("btc", "btc", "M1", "2018-01-08", "2018-12-31", "2018-01-10", "btc_on_weak_dollar"),
        _case("usdjpy", "usdjpy", "M1", "2013-01-07", "2013-12-31", "2013-01-09", "usdjpy_london_breakout"),
        _case("eurusd", "eurusd", "M15", "2022-10-10", "2023-10-03", "2022-11-20", "eurusd_trend_pullback"),
    )
}
