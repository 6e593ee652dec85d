"""The account's days of a run: their edges, on which of them a market was open, and what they returned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.paths import Path, merged
from tradeplan.runtime.market.zones import day_clock

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Days:
    """Day i is the time after `edges[i]` up to and with `edges[i + 1]`: what is known at midnight was still that day.

    The first begins and the last ends with the run. `paths` are the plans' profits, `path` their sum.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.recording = recording = ledger.recording
        account = recording.account
        self.first_cents = float(round(account.balance * 100.0))
        starts = account.days(recording.start, recording.end)
        inside = starts[(starts > recording.start) & (starts < recording.end)]
        end = max(recording.end, recording.start)
        self.edges = np.concatenate(([recording.start], inside, [end])).astype(np.int64)
        clock = day_clock(account.boundary_zone, account.boundary)
        self.numbers = clock.day(self.edges[:-1])
        self.starts = clock.start(self.numbers)

    def __len__(self) -> int:
        return len(self.edges) - 1

    @cached_property
    def paths(self) -> list[Path]:
        """The profit of each plan over time."""
        return [self.ledger.path(i) for i in range(len(self.ledger.plans))]

    @cached_property
    def path(self) -> Path:
        """The profit of all plans over time."""
        return merged(self.paths) if self.paths else Path(np.zeros(0, dtype=np.int64), np.zeros(0))

    @cached_property
    def equity(self) -> Floats:
        """The account's equity at every edge, in cents."""
        return self.first_cents + self.path.at(self.edges)

    def open_days(self, markets: Sequence[str]) -> Flags:
        """The days on which one of the markets had a bar; a day of these counts, whether anything was held or not."""
        found = np.zeros(len(self), dtype=bool)
        for name in markets:
            closes = self.recording.traded[name].bars.bars.close_time
            found |= np.diff(np.searchsorted(closes, self.edges, side="right")) > 0
        return found

    def returns(self, path: Path) -> Floats:
        """A path's change on each day, as a part of the account's equity when the day began."""
        change = np.diff(path.at(self.edges))
        before = self.equity[:-1]
        nothing = np.full(len(change), np.nan)
        return np.asarray(np.divide(change, before, out=nothing, where=before > 0.0), dtype=np.float64)

    def ruined(self) -> bool:
        """Whether equity was ever zero or less at the start of a day: returns mean nothing then."""
        return bool((self.equity[:-1] <= 0.0).any())

    def of(self, instants: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which day each instant belongs to."""
        found = np.searchsorted(self.edges, instants, side="left") - 1
        return np.clip(found, 0, len(self) - 1)
