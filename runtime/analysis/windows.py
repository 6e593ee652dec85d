"""Results of trades that began or ended in hours of their own kind: around the broker's midnight, around news."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.analysis.groups import Closed, group
from tradeplan.runtime.market.news import NewsCalendar
from tradeplan.runtime.market.profile import SymbolProfile, currency_unit
from tradeplan.runtime.market.zones import day_clock

Flags = NDArray[np.bool_]

ROLLOVER_SECONDS = 3_600.0
NEWS_MINUTES = 30
NO_CALENDAR = "no calendar"
_DAY_SECONDS = 86_400.0


def windows(
    trades: Closed, plans: list[CheckedPlan], profiles: dict[str, SymbolProfile], calendar: NewsCalendar | None
) -> dict[str, Any]:
    """Inside and outside of the rollover hours and of news; a trade is inside if its first or its last fill is."""
    inside = np.zeros(len(trades), dtype=bool)
    for name, here in _by_market(trades, plans):
        boundary, zone = profiles[name].boundary
        clock = day_clock(zone, boundary)
        for times in (trades.opened, trades.closed):
            past = clock.seconds(times[here])
            inside[here] |= (past <= ROLLOVER_SECONDS) | (past >= _DAY_SECONDS - ROLLOVER_SECONDS)
    return {
        "rollover": {"inside": group(trades.net[inside]), "outside": group(trades.net[~inside])},
        "news": _news(trades, plans, profiles, calendar),
    }


def _news(
    trades: Closed, plans: list[CheckedPlan], profiles: dict[str, SymbolProfile], calendar: NewsCalendar | None
) -> dict[str, Any]:
    if calendar is None:
        return {"inside": None, "outside": None, "uncovered": len(trades), "events": 0, "source": NO_CALENDAR}
    reach = NEWS_MINUTES * 60_000
    covered = (trades.opened >= calendar.times[0]) & (trades.closed <= calendar.times[-1])
    inside = np.zeros(len(trades), dtype=bool)
    counted: set[str] = set()
    for name, here in _by_market(trades, plans):
        profile = profiles[name]
        currencies = frozenset(currency_unit(c)[0] for c in (profile.base_currency, profile.profit_currency))
        counted |= currencies
        events = calendar.times_of(currencies)
        for times in (trades.opened, trades.closed):
            first = np.searchsorted(events, times[here] - reach, side="left")
            inside[here] |= np.searchsorted(events, times[here] + reach, side="right") > first
    return {
        "inside": group(trades.net[covered & inside]),
        "outside": group(trades.net[covered & ~inside]),
        "uncovered": int((~covered).sum()),
        "events": len(calendar.times_of(frozenset(counted))),
        "source": calendar.source,
    }


def _by_market(trades: Closed, plans: list[CheckedPlan]) -> list[tuple[str, Flags]]:
    markets = np.array([p.market for p in plans], dtype=object)[trades.plan]
    return [(name, np.asarray(markets == name, dtype=np.bool_)) for name in sorted({p.market for p in plans})]
