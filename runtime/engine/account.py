"""The account on which plans run: what it starts with and by which rules it is kept."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.zones import DayClock, day_clock

_DAYS_AHEAD = 800
MODES = ("hedging", "netting")


class AccountError(ValueError):
    """A setting of the account that cannot be; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """Settings of an account.

    `balance` in the account's unit (cents of a cent account are the profile's matter); `leverage` replaces the
    profiles' margin rates, `stop_out` (percent of used margin) their levels, `max_signal_age` (ms) their limits;
    `boundary_zone` and `boundary` (ms after midnight there) start the account's day and week.
    """

    balance: float = 10_000.0
    currency: str = "USD"
    mode: str = "hedging"
    leverage: float | None = None
    stop_out: float | None = None
    max_signal_age: int | None = None
    boundary_zone: str = "UTC"
    boundary: int = 0
    record_moves: bool = False  # a row for every stop that moved; a trailing stop moves often
    sample: int = 3_600_000  # ms between points of the equity curve while something is open

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise AccountError(f"unknown account mode `{self.mode}`: expected hedging or netting")
        if not 0.0 < self.balance < math.inf:
            raise AccountError(f"a balance of {self.balance:g} cannot be traded: expected more than 0")
        if re.fullmatch("[A-Z]{3}", self.currency) is None:
            raise AccountError(
                f"`{self.currency}` is not a currency of an account: expected three capitals such as USD, EUR, or USC"
                " (US cents) for a cent account"
            )
        if self.leverage is not None and not self.leverage > 0.0:
            raise AccountError(f"a leverage of {self.leverage:g} is not possible: expected more than 0, such as 30")

    @property
    def netting(self) -> bool:
        """Whether the account keeps one position per market."""
        return self.mode == "netting"

    def days(self, start: int, end: int) -> NDArray[np.int64]:
        """The starts of the account's days around a span of time, and well past it."""
        clock = self._clock()
        numbers = np.arange(clock.day_at(start) - 8, clock.day_at(end) + _DAYS_AHEAD, dtype=np.int64)
        return np.asarray(clock.start(numbers), dtype=np.int64)

    def weeks(self, start: int, end: int) -> NDArray[np.int64]:
        """The starts of the account's weeks (Sunday, as W1 bars do) likewise."""
        clock = self._clock()
        numbers = np.arange(clock.day_at(start) - 15, clock.day_at(end) + _DAYS_AHEAD, dtype=np.int64)
        sundays = numbers[(numbers + 3) % 7 == 6]
        return np.asarray(clock.start(sundays), dtype=np.int64)

    def _clock(self) -> DayClock:
        return day_clock(self.boundary_zone, self.boundary)


def refuse_shared_markets(account: AccountConfig, traded: Iterable[tuple[str, str]]) -> None:
    """On a netting account positions of two plans in one market would be one; `traded`: name of plan, market.

    Raises AccountError that names the two.
    """
    owners: dict[str, str] = {}
    for plan, market in traded if account.netting else ():
        other = owners.setdefault(market, plan)
        if other != plan:
            raise AccountError(
                f"`{other}` and `{plan}` both trade {market}, and a netting account holds one position a market:"
                " run them on different accounts, or on a hedging account"
            )
