"""What money needs beside the bars of a traded market whose bars still arrive, made row by row as they are reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.engine.market_table import Column, TradedBars, carried_forward
from tradeplan.runtime.engine.swap_days import swap_amounts, swap_days
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.dataset import Dataset, cut

_COLUMNS = 8
_NO_ROWS: NDArray[np.float64] = np.zeros(0)
KEPT = 256
"""Rows behind the newest that are kept at least: a step reads those that came since the one before it."""


class Rows:
    """The further columns of a market's bars, in the order of the order loop's layout, as far as they are made.

    INVARIANT: a row is made when the engine reaches it, that is when every bar of every market that closes by then has
    been fed; so a rate that looks at another market's newest bar is the one that a run over the whole data reads.
    Only the newest are kept. Who asks for older ones, in a trial of the past, has them made anew, and they are the
    same: whatever has closed since is not looked at.
    """

    def __init__(self, dataset: Dataset, market: str, timeframe: str) -> None:
        self._dataset, self._market, self._timeframe = dataset, market, timeframe
        self._forget()

    def bars(self) -> Bars:
        """The bars there are now."""
        found = self._dataset.bars(self._market, self._timeframe)
        assert found is not None  # a series that is fed stays
        return found

    def reached(self, rows: slice) -> tuple[Column, ...]:
        """The columns of these rows."""
        if rows.start < self._first:
            self._forget()
        if rows.stop > self._count:
            self._make(rows.start, rows.stop)
        return tuple(self._table[:, rows.start - self._first : rows.stop - self._first])

    def _forget(self) -> None:
        self._table: NDArray[np.float64] = np.zeros((_COLUMNS, 0))
        self._first = self._count = 0  # the table's first row, and the one behind its last
        self._last_rate = np.nan

    def _make(self, start: int, count: int) -> None:
        done, market, dataset = self._count, self._market, self._dataset
        bars, profile = self.bars(), dataset.profile(market)
        new = cut(bars, slice(done, count))
        at_open, at_close, now = self._rates(new)
        since = max(done - 1, 0)  # nights are counted from the open of the bar before
        days = swap_days(cut(bars, slice(since, count)), profile, dataset.calendar(market))
        charged = None if days is None else days[done - since :]
        amounts = swap_amounts(new, profile, at_open, charged)
        columns = (new.close_time - new.open_time, new.spread_known, at_open, at_close, now, *amounts)
        if count - self._first > self._table.shape[1]:
            first = max(self._first, min(start, count - KEPT))
            table = np.zeros((_COLUMNS, count - first + KEPT))
            if first < done:
                table[:, : done - first] = self._table[:, first - self._first : done - self._first]
            self._table, self._first = table, first
        at = max(done, self._first)
        for row, column in enumerate(columns):
            self._table[row, at - self._first : count - self._first] = (
                column if isinstance(column, float) else column[at - done :]
            )
        self._count = count

    def _rates(self, new: Bars) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        now = self._dataset.rate_to_account(self._market, new.close_time)
        if not self._dataset.needs_conversion(self._market):
            return now, now, now
        both = np.empty(2 * len(new) + 1, dtype=np.float64)
        both[0] = self._last_rate
        both[1::2] = self._dataset.rate_to_account(self._market, new.open_time)
        both[2::2] = now
        known = carried_forward(both)
        self._last_rate = known[-1]
        return known[1::2], known[2::2], now


@dataclass(frozen=True)
class GrowingTraded(TradedBars):
    """`bars` are those of the beginning; all columns move."""

    rows: Rows | None = None

    def now(self) -> Bars:
        """The bars there are now."""
        return self.bars if self.rows is None else self.rows.bars()

    def columns(self) -> tuple[Column, ...]:
        """None is a constant."""
        return (_NO_ROWS,) * _COLUMNS

    def reached(self, rows: slice) -> tuple[Column, ...]:
        """The columns of these rows, made when the engine reaches them."""
        return () if self.rows is None else self.rows.reached(rows)


def growing_traded(dataset: Dataset, market: str, timeframe: str) -> GrowingTraded | None:
    """The bars of a market of a growing dataset; None where there are none."""
    bars = dataset.bars(market, timeframe)
    return None if bars is None else GrowingTraded(bars, rows=Rows(dataset, market, timeframe))
