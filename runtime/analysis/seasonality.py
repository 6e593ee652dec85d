"""Results by the UTC hour, weekday, month and session of the exit."""

from __future__ import annotations

from typing import Any

import numpy as np
from tradeplan.runtime.analysis.groups import Closed, group
from tradeplan.runtime.market.zones import DAY, month_of, weekday_of
from tradeplan.stdlib.clock.session import HOURS

HOUR = 3_600_000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
SESSIONS = ("asia", "london", "overlap", "new_york")
NO_SESSION = "none"


def seasonality(trades: Closed) -> dict[str, list[dict[str, Any]]]:
    """For each hour, weekday, month and session: key, trades, net, mean and win rate; keys without trades stay in.

    The sessions are those of `session()` in plans: 0 to 8, 8 to 13, 13 to 16, 16 to 21 UTC, and `none` after that.
    """
    hour = trades.closed // HOUR % 24
    day = trades.closed // DAY
    session = np.full(len(trades), len(SESSIONS), dtype=np.int64)
    for number, (first, over) in HOURS.items():
        session[(hour >= first) & (hour < over)] = number
    return {
        "hour": [{"key": key, **group(trades.net[hour == key])} for key in range(24)],
        "weekday": [{"key": name, **group(trades.net[weekday_of(day) == i])} for i, name in enumerate(WEEKDAYS)],
        "month": [{"key": name, **group(trades.net[month_of(day) % 12 == i])} for i, name in enumerate(MONTHS)],
        "session": [{"key": name, **group(trades.net[session == i])} for i, name in enumerate((*SESSIONS, NO_SESSION))],
    }
