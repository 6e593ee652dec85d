"""The simulator's front door: M1 bars of any of its markets over any stretch of time since 1970."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator.clock import ANCHOR, MINUTE, WEEK_MINUTES, open_minutes, week_of, week_start
from tradeplan.runtime.market.simulator.holes import delivered
from tradeplan.runtime.market.simulator.models import ALIASES, DERIVED, MARKETS, PRIMARY, Quote
from tradeplan.runtime.market.simulator.path import Path, Paths
from tradeplan.runtime.market.simulator.quotes import spreads, tick_volumes


def known(market: str) -> str | None:
    """The simulator's own name for a market, or None if it has no such market; case does not matter."""
    name = ALIASES.get(market.lower(), market.lower())
    return name if name in PRIMARY or name in DERIVED else None


def quote_of(market: str) -> Quote:
    """How the simulator quotes a market; MarketError if it has no such market."""
    name = _resolved(market)
    return PRIMARY[name].quote if name in PRIMARY else DERIVED[name].quote


def simulate(markets: Sequence[str], start_ms: int, end_ms: int, seed: int = 7) -> dict[str, Rates]:
    """M1 bars that open at or after `start_ms` and close by `end_ms` (UTC milliseconds), by market as asked for.

    A bar depends on the seed, its market and its time only: not on the other markets asked for, nor on start and end.
    The same numbers come out everywhere, since the noise is integer arithmetic and prices are rounded to their digits.
    MarketError for a market the simulator does not have, a start before 1970-01-04 or a negative seed.
    """
    names = [_resolved(market) for market in markets]
    if seed < 0:
        raise MarketError(f"the simulator's seed is `{seed}`: expected 0 or a positive whole number")
    if start_ms < ANCHOR:
        raise MarketError(
            f"the simulator starts on 1970-01-04: expected a start of at least {ANCHOR} ms, got `{start_ms}`"
        )
    if end_ms - start_ms < MINUTE:
        return {market: _rates([]) for market in markets}
    first, last = week_of(start_ms), week_of(end_ms - 1)
    paths = Paths(seed, last)
    parts: dict[str, list[Rates]] = {name: [] for name in names}
    # Weeks outside, markets inside: the legs and factors that markets share are made once a week and then dropped.
    for week in range(first, last + 1):
        for name in parts:
            parts[name].append(_week(paths, name, week, seed, start_ms, end_ms))
    whole = {name: _rates(weeks) for name, weeks in parts.items()}
    return {market: whole[name] for market, name in zip(markets, names, strict=True)}


def _resolved(market: str) -> str:
    name = known(market)
    if name is None:
        raise MarketError(f"the simulator has no market `{market}`: expected one of {', '.join(MARKETS)}")
    return name


def _week(paths: Paths, name: str, week: int, seed: int, start_ms: int, end_ms: int) -> Rates:
    quote = quote_of(name)
    time = week_start(week) + MINUTE * np.arange(WEEK_MINUTES, dtype=np.int64)
    shown = open_minutes(quote.session, week) & delivered(seed, name, week)
    shown &= (time >= start_ms) & (time <= end_ms - MINUTE)
    opens, highs, lows, closes = _prices(paths.week(name, week), shown, quote.digits)
    excitement = paths.multipliers(name if name in PRIMARY else DERIVED[name].legs[0][0], week)
    ticks = tick_volumes(seed, name, quote, week, excitement)[shown]
    spread = spreads(seed, name, quote, week, excitement)[shown]
    return Rates(time[shown], opens, highs, lows, closes, ticks, spread, np.zeros_like(ticks))


def _prices(path: Path, shown: NDArray[np.bool_], digits: int) -> tuple[NDArray[np.float64], ...]:
    """Open, high, low and close of the shown minutes, rounded; rounding keeps order, so they stay coherent."""
    scale = 10.0**digits
    logs = (path[0], path.max(axis=0), path.min(axis=0), path[-1])
    return tuple(np.maximum(1.0, np.rint(np.exp(log[shown]) * scale)) / scale for log in logs)


def _rates(parts: list[Rates]) -> Rates:
    if not parts:
        no = np.empty(0, dtype=np.float64)
        return Rates(np.empty(0, dtype=np.int64), no, no, no, no, no, np.empty(0, dtype=np.int32), no)
    return Rates(
        time=np.concatenate([part.time for part in parts]),
        open=np.concatenate([part.open for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        close=np.concatenate([part.close for part in parts]),
        tick_volume=np.concatenate([part.tick_volume for part in parts]),
        spread=np.concatenate([part.spread for part in parts]),
        real_volume=np.concatenate([part.real_volume for part in parts]),
    )
