"""The order book of one market as a terminal shows it when it is looked at: what changed since the look before."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from tradeplan.runtime.feed.stream_keeper import Part
from tradeplan.runtime.market.streams.events import DIFF, SNAPSHOT, Book, columns_of
from tradeplan.runtime.market.streams.levels import ASKS, BIDS, DEPTH
from tradeplan.runtime.mt5.constants import BOOK_TYPE_BUY, BOOK_TYPE_SELL
from tradeplan.runtime.mt5.structs import BookInfo
from tradeplan.runtime.mt5.terminal import Call, Reply

EVERY_MS = 1_000
"""How often a book is looked at."""
GAP_MS = 5_000
"""Looks that lie further apart than this tell no more what the book was between them."""
_SIDES = {BOOK_TYPE_BUY: BIDS, BOOK_TYPE_SELL: ASKS}
Shown = dict[tuple[int, float], float]
"""Size by side and price."""
Row = tuple[int, int, int, int, float, float]


@dataclass(slots=True)
class _Span:
    """What was seen since a snapshot; `told`: up to which time it was handed on."""

    start: int
    end: int
    told: int
    rows: list[Row] = field(default_factory=list)


class BookFeed:
    """Times are UTC ms, by the broker's clock, of the moment at which an answer came.

    A terminal shows only so many levels: one that is no longer among them, because price went away from it, was not
    taken away, and stays until it is seen again; where fewer levels are shown than anything looks at, it goes.
    """

    name = "book"

    def __init__(self, symbol: str, since: int, message: int) -> None:
        """`message`: the number of the next one."""
        self.symbol, self.since = symbol, since
        self.wrong = ""
        self.late = 0
        self.more = False
        self._message = message
        self._added = False
        self._levels: Shown | None = None
        self._looked = since
        self._spans: list[_Span] = []

    def calls(self) -> list[Call]:
        """What to ask: the book, and before the first time to be shown it."""
        add = [] if self._added else [Call("market_book_add", (self.symbol,))]
        return [*add, Call("market_book_get", (self.symbol,))]

    def take(self, replies: list[Reply], now: int) -> None:
        """Take in what is shown at a time."""
        self._added = self._added or replies[0].value is True
        rows: tuple[BookInfo, ...] | None = replies[-1].value
        if rows is None:
            self.wrong = f"{replies[-1].error[1]} ({replies[-1].error[0]})"
            self._added = False  # a terminal that was started again has forgotten
            return
        now = max(now, self._looked + 1, self.since + 1)
        shown = _shown(rows)
        gap = now - self._looked > GAP_MS
        self._looked = now
        if not shown:
            self.wrong, self._levels = "it is empty", None
            return
        self.wrong = ""
        before = self._levels
        if before is None or gap or not self._spans:
            self._spans.append(_Span(now - 1, now, now - 1))
            changes, kind, before = shown, SNAPSHOT, {}
        else:
            changes, kind = _changes(before, shown), DIFF
        self._levels = {key: size for key, size in (before | changes).items() if size > 0.0}
        span = self._spans[-1]
        span.end = now
        if changes:
            rows_of = [(now, self._message, kind, side, price, size) for (side, price), size in changes.items()]
            span.rows += rows_of
            self._message += 1

    @property
    def known(self) -> int:
        """Up to which time the book is known."""
        return self._spans[-1].end if self._spans and self._levels is not None else self.since

    def due(self, now: int) -> bool:
        """Whether it is time to look again."""
        return now - self._looked >= EVERY_MS

    def waits(self, until: int) -> bool:
        """Whether a look would tell more of the time up to `until`; a book that is not shown is not waited for."""
        return not self.wrong and self.known < until

    def allow(self, until: int) -> None:
        """Nobody knows a book that was not looked at."""

    def seal(self, until: int) -> list[Part]:
        """What was seen up to a time, of which nothing will be taken any more."""
        if until <= self.since:
            return []
        known, told = self.known, [part for span in self._spans if (part := _part(span, until)) is not None]
        self._spans = [span for span in self._spans if span.end > until or (span.end == until == known)]
        if known < until:
            self._levels = None
        self.since = until
        return told

    def close(self) -> list[Call]:
        """What to tell the terminal when nobody needs the book any more."""
        return [Call("market_book_release", (self.symbol,))] if self._added else []


def _shown(rows: tuple[BookInfo, ...]) -> Shown:
    found: Shown = {}
    for row in rows:
        side = _SIDES.get(row.type)  # market orders that wait have no price
        size = row.volume_dbl if row.volume_dbl > 0.0 else float(row.volume)
        if side is not None and size > 0.0:
            found[side, row.price] = found.get((side, row.price), 0.0) + size
    return found


def _changes(before: Shown, now: Shown) -> Shown:
    """New sizes of levels; 0 for those that are gone."""
    gone: Shown = {}
    for side in (BIDS, ASKS):
        prices = [price * side for way, price in now if way == side]
        deepest = min(prices) if len(prices) >= DEPTH else -np.inf
        gone |= {key: 0.0 for key in before if key[0] == side and key not in now and key[1] * side >= deepest}
    return gone | {key: size for key, size in now.items() if before.get(key) != size}


def _part(span: _Span, until: int) -> Part | None:
    """What of a span was not told yet, up to a time."""
    end = min(span.end, until)
    if end <= span.told:
        return None
    rows = [row for row in span.rows if row[0] <= end]
    span.rows = span.rows[len(rows) :]
    span.told = end
    columns = list(zip(*rows, strict=True)) or [()] * 6
    kinds = (np.int64, np.int64, np.int8, np.int8, np.float64, np.float64)
    made = Book(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))
    return Part(span.start, end, columns_of(made))
