"""A symbol of the stand-in: its specification, and its SymbolInfo at a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .sequences import CONSTANTS, make

FOK, IOC, BOC = 1, 2, 4


@dataclass
class Symbol:
    """What a broker says of one symbol; fields not listed here are given in `more` by their name in SymbolInfo."""

    name: str
    digits: int = 5
    contract: float = 100_000.0
    base: str = "EUR"
    profit: str = "USD"
    margin: str = ""
    volume_min: float = 0.01
    volume_max: float = 100.0
    volume_step: float = 0.01
    volume_limit: float = 0.0
    stops_level: int = 0
    freeze_level: int = 0
    filling_mode: int = FOK | IOC
    execution: int = CONSTANTS["SYMBOL_TRADE_EXECUTION_MARKET"]
    trade_mode: int = CONSTANTS["SYMBOL_TRADE_MODE_FULL"]
    calc_mode: int = CONSTANTS["SYMBOL_CALC_MODE_FOREX"]
    order_mode: int = 127
    expiration_mode: int = 15
    gtc_mode: int = 0
    spread: int = 10
    tick_size: float = 0.0
    commission: float = 0.0
    swap_long: float = 0.0
    swap_short: float = 0.0
    swap_mode: int = 1
    path: str = ""
    selected: bool = True
    # minutes of the broker's week (Monday 00:00 is 0) in which it trades, [start, end); None is always
    sessions: tuple[tuple[int, int], ...] | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def point(self) -> float:
        """The last digit's worth."""
        return float(f"1e-{self.digits}")

    @property
    def tick(self) -> float:
        """The step of prices."""
        return self.tick_size or self.point

    def price(self, value: float) -> float:
        """The price on the symbol's digits."""
        return round(value, self.digits)

    def open_at(self, broker_ms: int) -> bool:
        """Whether it trades at this broker time."""
        if self.sessions is None:
            return True
        minute = (broker_ms // 60_000 + 3 * 1440) % 10_080  # 1970-01-01 was a Thursday
        return any(start <= minute < end for start, end in self.sessions)

    def info(self, tick: Any, tick_value: float) -> Any:
        """The SymbolInfo; `tick` is the newest Tick or None."""
        values: dict[str, Any] = {
            "select": self.selected,
            "visible": self.selected,
            "digits": self.digits,
            "spread_float": True,
            "trade_calc_mode": self.calc_mode,
            "trade_mode": self.trade_mode,
            "trade_stops_level": self.stops_level,
            "trade_freeze_level": self.freeze_level,
            "trade_exemode": self.execution,
            "swap_mode": self.swap_mode,
            "swap_rollover3days": 3,
            "swap_long": self.swap_long,
            "swap_short": self.swap_short,
            "expiration_mode": self.expiration_mode,
            "filling_mode": self.filling_mode,
            "order_mode": self.order_mode,
            "order_gtc_mode": self.gtc_mode,
            "point": self.point,
            "trade_tick_size": self.tick,
            "trade_tick_value": tick_value,
            "trade_tick_value_profit": tick_value,
            "trade_tick_value_loss": tick_value,
            "trade_contract_size": self.contract,
            "volume_min": self.volume_min,
            "volume_max": self.volume_max,
            "volume_step": self.volume_step,
            "volume_limit": self.volume_limit,
            "currency_base": self.base,
            "currency_profit": self.profit,
            "currency_margin": self.margin or self.base,
            "name": self.name,
            "path": self.path or f"Stand-in\\{self.name}",
            "description": f"{self.base} against {self.profit}",
        }
        if tick is not None:
            values |= {"time": tick.time, "bid": tick.bid, "ask": tick.ask, "last": tick.last}
            values["spread"] = round((tick.ask - tick.bid) / self.point)
        return make("SymbolInfo", **(values | self.more))
