"""An account rebuilt in pandas from records of fills and swaps and from closes of bars: the oracle of the ledger."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.events import Fill, Swap


def cents(x: float) -> float:
    """Half away from zero, in the decimals of the float's value."""
    return float(Decimal(abs(x) * 100.0).quantize(Decimal(1), ROUND_HALF_UP)) * (1.0 if x >= 0 else -1.0)


def booked(result: BacktestResult) -> pd.Series:
    """Cents booked, by recorded time."""
    rows = [(e.time, round((e.profit - e.commission) * 100)) for e in result.events if isinstance(e, Fill)]
    rows += [(e.time, round(e.amount * 100)) for e in result.events if isinstance(e, Swap)]
    frame = pd.DataFrame(rows, columns=["time", "cents"])
    return frame.groupby("time")["cents"].sum().sort_index()


def equity_at(result: BacktestResult, times: list[int]) -> list[float]:
    """Equity at instants at which nothing is filled: booked, and every open leg at the newest close of its market."""
    sides = {t.position: t.side for t in result.trades}
    markets = {t.position: t.market for t in result.trades}
    legs: dict[tuple[int, int], list[Fill]] = {}
    for event in result.events:
        if isinstance(event, Fill):
            legs.setdefault((event.position, event.leg), []).append(event)
    money = booked(result)
    found = []
    for time in times:
        total = result.recording.account.balance * 100 + float(money[money.index <= time].sum())
        for (position, _), fills in legs.items():
            done = [f for f in fills if f.time <= time]
            units = sum(f.units if f.reason in ("entry", "add") else -f.units for f in done)
            if units > 0:
                name, side = markets[position], sides[position]
                market, bars = result.recording.markets[name], result.recording.traded[name].bars
                row = int(np.searchsorted(bars.bars.close_time, time, side="right")) - 1
                mark = float(bars.bars.close[row])
                if side < 0:
                    mark = round((mark + float(bars.bars.spread[row])) / market.tick) * market.tick
                rate = bars.rate if isinstance(bars.rate, float) else float(bars.rate[row])
                worth = side * (mark - done[0].price) * units * market.lot_step * market.contract * rate
                total += cents(worth)
        found.append(total / 100.0)
    return found
