"""Results by day, week, month, quarter and year of the account's clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.groups import Closed, group, money
from tradeplan.runtime.market.zones import month_of, week_of

Numbers = NDArray[np.int64]

PERIODS: dict[str, Callable[[Numbers], Numbers]] = {
    "daily": lambda days: days,
    "weekly": week_of,
    "monthly": month_of,
    "quarterly": lambda days: month_of(days) // 3,
    "yearly": lambda days: month_of(days) // 12,
}
"""The number of a period from that of a day."""


def periods(days: Days, trades: Closed) -> dict[str, list[dict[str, Any]]]:
    """Every period in which a market had bars, in order.

    `start` (UTC ms, of the first day in the run), `trades`, `net` and `win_rate` of trades closed in it, `change` of
    equity (money) and `return` (part of the equity at its start), `equity` at its end.
    """
    if not len(days):
        return {name: [] for name in PERIODS}
    open_ = days.open_days(sorted(days.recording.traded)) | (np.diff(days.equity) != 0.0)
    day_of_trade = days.of(trades.known)
    return {name: _rows(days, trades, open_, day_of_trade, of(days.numbers)) for name, of in PERIODS.items()}


def _rows(
    days: Days, trades: Closed, open_: NDArray[np.bool_], day_of_trade: Numbers, labels: Numbers
) -> list[dict[str, Any]]:
    rows = []
    firsts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    lasts = np.append(firsts[1:], len(labels))
    places = np.searchsorted(day_of_trade, np.append(firsts, len(labels)))
    for first, last, start, end in zip(firsts, lasts, places[:-1], places[1:], strict=True):
        count = int(open_[first:last].sum())
        if not count:
            continue
        before, after = float(days.equity[first]), float(days.equity[last])
        figures = group(trades.net[start:end])
        rows.append(
            {
                "start": int(days.starts[first]),
                "days": count,
                "trades": figures["trades"],
                "net": figures["net"],
                "win_rate": figures["win_rate"],
                "change": money((after - before) / 100.0),
                "return": after / before - 1.0 if before > 0.0 else None,
                "equity": money(after / 100.0),
            }
        )
    return rows
