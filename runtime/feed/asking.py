"""Calls to a terminal as feeds make them, and what their answers mean: bars, quotes, or that nobody is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.feed.broker_clock import BrokerClock
from tradeplan.runtime.live.words import Urgent, time_text
from tradeplan.runtime.market.columns import COLUMNS
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.mt5 import constants
from tradeplan.runtime.mt5.terminal import NOBODY, BridgeError, Call, Reply, Terminal


class TerminalAway(Exception):
    """The terminal or the way to it is gone for now."""


def code_of(timeframe: str) -> int:
    """The package's number of a timeframe."""
    return int(getattr(constants, f"TIMEFRAME_{timeframe}"))


def ask(terminal: Terminal, calls: Sequence[Call]) -> list[Reply]:
    """One round trip; raises TerminalAway when nobody answers, also where the package says so."""
    try:
        replies = terminal.batch(calls)
    except BridgeError as error:
        raise TerminalAway(str(error)) from error
    for reply in replies:
        if reply.value is None and reply.error[0] in NOBODY:
            raise TerminalAway(f"{reply.error[1]} ({reply.error[0]})")
    return replies


def newest_bars(symbol: str, timeframe: str, start: int, count: int) -> Call:
    """Bars back from a position; 0 is the one that is forming."""
    return Call("copy_rates_from_pos", (symbol, code_of(timeframe), start, count))


def raw_bars(reply: Reply) -> NDArray[Any] | None:
    """The package's array, None for a failure."""
    return None if reply.value is None else np.asarray(reply.value)


def sound(rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Which bars have prices that can be: numbers above zero, low and high around open and close."""
    low, high = rows["low"], rows["high"]
    lowest, highest = np.minimum(rows["open"], rows["close"]), np.maximum(rows["open"], rows["close"])
    with np.errstate(invalid="ignore"):
        return np.asarray((low > 0.0) & (low <= lowest) & (highest <= high) & (high < np.inf))


def rates_of(rows: NDArray[Any], clock: BrokerClock) -> Rates:
    """Bars in UTC, in columns of their own; those not later than the one before are left out.

    An hour that the broker's clock shows twice has one set of bars, which come with the first.
    """
    times = clock.to_utc(np.ascontiguousarray(rows["time"]))
    if len(times):
        kept = np.concatenate([[True], times[1:] > np.maximum.accumulate(times)[:-1]])
        if not kept.all():
            rows, times = rows[kept], times[kept]
    columns = {name: np.ascontiguousarray(rows[name], dtype=kind) for name, kind in COLUMNS.items() if name != "time"}
    return Rates(time=np.ascontiguousarray(times), **columns)


def no_rates() -> Rates:
    """Not one bar."""
    empty = np.zeros(0)
    return Rates(np.zeros(0, np.int64), empty, empty, empty, empty, empty, np.zeros(0, np.int32), empty)


class Sieve:
    """Makes rates of a terminal's rows and leaves out bars whose prices cannot be; each is told once."""

    def __init__(self, clock: BrokerClock, say: Callable[[str], None]) -> None:
        self._clock, self._say = clock, say
        self._known: set[tuple[str, str, int]] = set()

    def rates(self, market: str, timeframe: str, rows: NDArray[Any] | None) -> Rates:
        """Bars in UTC, none for no rows."""
        if rows is None or not len(rows):
            return no_rates()
        good = sound(rows)
        bad = {(market, timeframe, int(time)) for time in rows["time"][~good]} - self._known
        if bad:
            self._known |= bad
            at = time_text(self._clock.to_utc_ms(min(bad)[2]))
            text = f"{len(bad)} bars of {market} {timeframe} from {at} UTC on have prices that cannot be: left out"
            self._say(Urgent(text, "feed"))
        kept = rows if good.all() else rows[good]
        return rates_of(kept, self._clock) if len(kept) else no_rates()
