"""Which series plans and guards need to be fed: all that they read, and what their money needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tradeplan.dsl.graph import ACCOUNT_MARKET, CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.views_read import views_read
from tradeplan.runtime.market.profile import SymbolProfile, currency_unit
from tradeplan.runtime.market.profiles import Profiles

Series = tuple[str, str]
FINEST = "M1"
"""Fills, stops and targets are tested on this timeframe, whatever the plans read."""


def series_needed(
    plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard], profiles: Profiles
) -> dict[Series, int]:
    """Market and timeframe of every series, and how many closed bars the plans look back on it (at least 1)."""
    found: dict[Series, int] = {}

    def want(market: str, timeframe: str, bars: int = 1) -> None:
        key = market, timeframe
        found[key] = max(found.get(key, 1), bars)

    for plan in plans:
        for timeframe in (FINEST, plan.timeframe):
            want(plan.market, timeframe)
        for lane, bars in plan.lookback:
            if lane.market != ACCOUNT_MARKET:
                want(lane.market, lane.timeframe, bars)
        pair = _converting(profiles[plan.market], profiles)
        if pair is not None:
            want(pair, FINEST)
    for reading in views_read([*plans, *guards]):
        want(reading.lane.market, reading.lane.timeframe)
    return dict(sorted(found.items()))


def _converting(profile: SymbolProfile, profiles: Iterable[SymbolProfile]) -> str | None:
    """The market that quotes profits of another in the account's currency; None if there is none or none is needed."""
    source, target = currency_unit(profile.profit_currency)[0], currency_unit(profile.account_currency)[0]
    if source == target:
        return None
    by_pair = {(p.base_currency, p.profit_currency): p.name for p in profiles}
    return by_pair.get((source, target)) or by_pair.get((target, source))
