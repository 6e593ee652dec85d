"""The bars of one series while they arrive: columns with room to spare, so that adding a bar copies nothing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.bars import Bars

_COLUMNS = tuple(field.name for field in fields(Bars) if field.name not in ("market", "timeframe"))
_LEAST_ROOM = 256
_SHARE_OF_ROOM = 8


def one_after_the_other(older: Bars, newer: Bars) -> Bars:
    """Bars of one series, joined."""
    columns = {name: np.concatenate([getattr(older, name), getattr(newer, name)]) for name in _COLUMNS}
    return Bars(newer.market, newer.timeframe, **columns)


class GrowingBars:
    """A series that only ever gets longer; rows that are there never change.

    `bars` are views of what there is now; whoever holds older ones sees what there was then.
    """

    def __init__(self, bars: Bars) -> None:
        self._room = 0
        self._columns: dict[str, NDArray[Any]] = {name: getattr(bars, name) for name in _COLUMNS}
        self.bars = bars

    def append(self, more: Bars) -> None:
        """Add bars that close after all that there are; raises ValueError for others."""
        if not len(more):
            return
        closes = more.close_time
        newest = self.bars.close_time[-1:]
        if (len(newest) and closes[0] <= newest[0]) or not bool((closes[1:] > closes[:-1]).all()):
            raise ValueError(f"{more.market}.{more.timeframe}: a bar must close after the one before it")
        count = len(self.bars)
        total = count + len(more)
        if total > self._room:
            # INVARIANT: room grows by a share of the whole, so all copies together cost less than ten of the history
            self._room = total + max(_LEAST_ROOM, total // _SHARE_OF_ROOM)
            for name, column in self._columns.items():
                wider = np.zeros(self._room, dtype=column.dtype)
                wider[:count] = column[:count]
                self._columns[name] = wider
        for name, column in self._columns.items():
            column[count:total] = getattr(more, name)
        shown = {name: column[:total] for name, column in self._columns.items()}
        self.bars = Bars(self.bars.market, self.bars.timeframe, **shown)
