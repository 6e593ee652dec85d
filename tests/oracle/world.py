"""The interpreter's world: markets with their numbers, their bars as lists, and their clocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from tradeplan.runtime.market.calendar import MarketCalendar


@dataclass
class OracleBars:
    """Bars of one market and timeframe as plain lists, oldest first."""

    timeframe: str
    open_time: list[int]
    close_time: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    spread: list[float]
    tick_volume: list[float]
    real_volume: list[float]
    swap_days: list[int] = field(default_factory=list)
    features: dict[tuple[object, ...], list[float]] = field(default_factory=dict)  # by the data of FEATURE nodes

    def column(self, name: str) -> list[float]:
        """A bar field by its name."""
        return {
            "open": self.open,
            "high": self.high,
            "low": self.low,
            "close": self.close,
            "spread": self.spread,
            "tick_volume": self.tick_volume,
            "real_volume": self.real_volume,
        }[name]

    def newest(self, time: int) -> int:
        """The index of the newest bar that closed at or before a time, -1 if none."""
        return bisect_right(self.close_time, time) - 1


@dataclass
class OracleMarket:
    """A market: what execution.md calls tick, slip, contract and so on.

    `day_boundary`: milliseconds since local midnight, and the zone. `rate(t)`: profit currency to account currency,
    None while it is not known. `swap(side, open, rate)`: paid (negative: charged) for a unit and night.
    """

    name: str
    tick: float
    slip: float
    contract: float
    lot_step: float
    lot_min: float
    lot_max: float
    commission: float
    margin_rate: float
    calendar: MarketCalendar
    day_boundary: tuple[int, str]
    bars: dict[str, OracleBars]
    rate: Callable[[int], float | None] = lambda t: 1.0
    swap: Callable[[int, float, float], float] = lambda side, opened, rate: 0.0
    max_signal_age: int = 10**18
    gap: float = 0.0  # allowance in percent of price
    base: str = ""
    quote: str = ""
    stops_level: float = 0.0  # in price units
    clocked: Callable[[tuple[object, ...], int, int], float] = lambda data, opened, closed: float("nan")
    tested_on: str = ""  # the timeframe of the finest lane; empty: the finest of `bars`


@dataclass
class OracleAccount:
    """The account: initial balance in cents, stop-out level in percent, and the mode."""

    balance_cents: int
    stop_out: float
    netting: bool = False
    boundary: int = 0  # ms after midnight UTC
    margin_call: float = 100.0
