"""A floor whose markets tell ticks and books: those of the simulator, put into the stand-in terminal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator.flow import Flow, simulated_flow
from tradeplan.runtime.market.streams.events import Book, Ticks
from tradeplan.runtime.market.streams.replay import messages

from tests.runtime.feed.floor import Floor

TICK = np.dtype([("time_msc", "<i8"), *((n, "<f8") for n in ("bid", "ask", "last", "volume_real")), ("flags", "<u4")])
BookRows = list[tuple[int, float, float]]


def rows_of(ticks: Ticks) -> np.ndarray:
    """Ticks as the stand-in takes them."""
    rows = np.zeros(len(ticks), TICK)
    rows["time_msc"], rows["volume_real"], rows["flags"] = ticks.time, ticks.volume, ticks.flags
    for name in ("bid", "ask", "last"):
        rows[name] = getattr(ticks, name)
    return rows


def books_of(book: Book) -> list[tuple[int, BookRows]]:
    """The whole book after every message, as a terminal shows it: asks from the worst, then bids from the best."""
    levels: dict[tuple[int, float], float] = {}
    found = []
    for time, snapshot, rows in messages(book):
        if snapshot:
            levels.clear()
        changes = (book.side[rows].tolist(), book.price[rows].tolist(), book.size[rows].tolist())
        for side, price, size in zip(*changes, strict=True):
            levels[side, price] = size
            if size == 0.0:
                del levels[side, price]
        asks = sorted(((1, price, size) for (side, price), size in levels.items() if side < 0), reverse=True)
        bids = sorted(((2, price, size) for (side, price), size in levels.items() if side > 0), reverse=True)
        found.append((time, [*asks, *bids]))
    return found


@dataclass(frozen=True)
class Told:
    """What a market tells: as the simulator has it, and as the stand-in takes it."""

    flow: Flow
    ticks: np.ndarray
    books: list[tuple[int, BookRows]]


def told_by(rates: Rates, profile: SymbolProfile, first: int, last: int) -> Told:
    """The ticks and the book of the bars that open in [first, last), with levels that are pulled now and then."""
    some = take(rates, (rates.time >= first) & (rates.time < last))
    flow = simulated_flow(some, profile, spoofing=True)
    return Told(flow, rows_of(flow.ticks), books_of(flow.book))


def tell(floor: Floor, market: str, told: Told) -> None:
    """Let the terminal of a floor tell them."""
    flow = floor.world.markets[floor.symbol(market)].flow
    flow.load_ticks(told.ticks)
    flow.load_books(told.books)
