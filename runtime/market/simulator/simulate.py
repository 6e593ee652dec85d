"""The simulator's front door: M1 bars of any of its markets over any stretch of time since 1970."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator.clock import (
    ANCHOR,
    END,
    MINUTE,
    WEEK_MINUTES,
    open_minutes,
    week_of,
    week_start,
)
from tradeplan.runtime.market.simulator.holes import delivered
from tradeplan.runtime.market.simulator.models import DERIVED, MARKETS, PRIMARY
from tradeplan.runtime.market.simulator.path import Path, Paths
from tradeplan.runtime.market.simulator.quotes import spreads, tick_volumes


def simulate(
    markets: Sequence[str], start_ms: int, end_ms: int, seed: int = 7, *, profiles: Profiles | None = None
) -> dict[str, Rates]:
    """M1 bars that open at or after `start_ms` and close by `end_ms` (UTC milliseconds), by market as asked for.

    `profiles` (the shipped ones if None) tell the names, sessions, digits and spreads. A bar depends on the seed, its
    market and its time only: not on the other markets asked for, nor on start and end; the same everywhere, since the
    noise is integer arithmetic and prices are rounded to their digits. MarketError for a market the simulator does not
    have, a start before 1970-01-04, an end after 2049 or a negative seed.
    """
    known = shipped_profiles() if profiles is None else profiles
    asked = {market: _profile(market, known) for market in markets}
    if seed < 0:
        raise MarketError(f"the simulator's seed is `{seed}`: expected 0 or a positive whole number")
    if start_ms < ANCHOR or end_ms > END:
        raise MarketError(
            f"the simulator runs from 1970-01-04 to 2049-12-31: expected milliseconds from {ANCHOR} to {END}, "
            f"got `{start_ms}` to `{end_ms}`"
        )
    by_name = {profile.name: profile for profile in asked.values()}
    parts: dict[str, list[Rates]] = {name: [] for name in by_name}
    if end_ms - start_ms >= MINUTE:
        first, last = week_of(start_ms), week_of(end_ms - 1)
        paths = Paths(seed, last)
        # Weeks outside, markets inside: the legs and factors that markets share are made once a week and then dropped.
        for week in range(first, last + 1):
            for name, profile in by_name.items():
                parts[name].append(_week(paths, profile, week, seed, start_ms, end_ms))
    whole = {name: _rates(weeks) for name, weeks in parts.items()}
    return {market: whole[profile.name] for market, profile in asked.items()}


@lru_cache(maxsize=1)
def shipped_profiles() -> Profiles:
    """The profiles that come with the program, read once."""
    return load_profiles()


def _profile(market: str, profiles: Profiles) -> SymbolProfile:
    profile = profiles.get(market) or profiles.get(market.lower()) or profiles[market]
    if profile.name not in PRIMARY and profile.name not in DERIVED:
        raise MarketError(f"the simulator has no market `{market}`: expected one of {', '.join(MARKETS)}")
    return profile


def _week(paths: Paths, profile: SymbolProfile, week: int, seed: int, start_ms: int, end_ms: int) -> Rates:
    name = profile.name
    model = PRIMARY[name] if name in PRIMARY else DERIVED[name]
    time = week_start(week) + MINUTE * np.arange(WEEK_MINUTES, dtype=np.int64)
    shown = open_minutes(profile, week) & delivered(seed, name, week)
    shown &= (time >= start_ms) & (time <= end_ms - MINUTE)
    opens, highs, lows, closes = _prices(paths.week(name, week), shown, profile.digits)
    excitement = paths.multipliers(name if name in PRIMARY else DERIVED[name].legs[0][0], week)
    ticks = tick_volumes(seed, model, week, excitement)[shown]
    spread = spreads(seed, name, profile.spread.by_hour, week, excitement)[shown]
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
