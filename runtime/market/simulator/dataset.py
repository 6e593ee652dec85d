"""A dataset of simulated markets: what a backtest or a demo reads when no data is given."""

from __future__ import annotations

from collections.abc import Sequence

from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.profile import SymbolProfile, currency_unit
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.simulator.flow import simulated_flow
from tradeplan.runtime.market.simulator.models import MARKETS
from tradeplan.runtime.market.simulator.news import simulated_news
from tradeplan.runtime.market.simulator.simulate import shipped_profiles, simulate
from tradeplan.runtime.market.streams import MemoryStreams, Stream

DEFAULT_END = 1_782_507_600_000
"""2026-06-26 21:00 UTC, a Friday's close in New York: fixed, so that results can be compared and quoted."""

_DAY, _HOUR = 86_400_000, 3_600_000


def simulated_dataset(
    markets: Sequence[str],
    days: int = 90,
    seed: int = 7,
    end_ms: int = DEFAULT_END,
    *,
    profiles: Profiles | None = None,
    flow_hours: float = 0.0,
    spoofing: bool = False,
) -> Dataset:
    """M1 bars of the markets, and of the pairs that convert their profits, over the `days` up to `end_ms` (UTC).

    A calendar of news is with them; prices do not know of it. The last `flow_hours` of the markets asked for have
    ticks, trades and an order book too (half a second of work an hour), with `spoofing` if it is switched on.
    `profiles` are the shipped ones if None. Raises MarketError as `simulate` does, and for less than one day.
    """
    if days < 1:
        raise MarketError(f"the simulator was asked for `{days}` days: expected 1 or more")
    known = shipped_profiles() if profiles is None else profiles
    start_ms = end_ms - days * _DAY
    rates = simulate(_with_conversions(markets, known), start_ms, end_ms, seed, profiles=known)
    bars = {(market, "M1"): series for market, series in rates.items()}
    flows: dict[tuple[str, str], Stream] = {}
    for market in markets if flow_hours > 0 else ():
        last = take(rates[market], rates[market].time >= end_ms - round(flow_hours * _HOUR))
        flow = simulated_flow(last, known[market], seed, spoofing)
        flows |= {(market, "ticks"): flow.ticks, (market, "trades"): flow.trades, (market, "book"): flow.book}
    streams = MemoryStreams(flows, known) if flows else None
    return Dataset.from_rates(bars, known, streams, simulated_news(start_ms, end_ms))


def _with_conversions(markets: Sequence[str], profiles: Profiles) -> tuple[str, ...]:
    """The markets, and for each profit currency that is not the account's the pair of the two."""
    wanted = dict.fromkeys(markets)
    by_pair = {_pair(profile): profile.name for profile in profiles if profile.name in MARKETS}
    for market in markets:
        profile = profiles.get(market)
        if profile is None:
            continue
        profit, account = currency_unit(profile.profit_currency)[0], currency_unit(profile.account_currency)[0]
        pair = by_pair.get((profit, account)) or by_pair.get((account, profit))
        if profit != account and pair is not None:
            wanted[pair] = None
    return tuple(wanted)


def _pair(profile: SymbolProfile) -> tuple[str, str]:
    return profile.base_currency, profile.profit_currency
