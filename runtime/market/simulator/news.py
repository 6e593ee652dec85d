"""A calendar of news for the simulated markets: releases at the hours that they have in the world, without surprises.

Prices of the simulator do not know of it: it is there so that windows, summer times and plans can be tried out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tradeplan.runtime.market.news import NewsCalendar, calendar_of

_MARGIN = 14

_WEEKLY = {
    "USD": ("Unemployment Claims", 2, 3, time(8, 30), "America/New_York"),
    "CAD": ("Wholesale Sales", 1, 1, time(8, 30), "America/Toronto"),
    "EUR": ("Flash Services PMI", 1, 3, time(10, 0), "Europe/Berlin"),
    "GBP": ("Flash Services PMI", 1, 3, time(9, 30), "Europe/London"),
    "CHF": ("Sight Deposits", 1, 0, time(10, 0), "Europe/Zurich"),
    "JPY": ("Foreign Bond Investment", 1, 3, time(8, 50), "Asia/Tokyo"),
    "CNY": ("Foreign Exchange Swaps", 1, 2, time(9, 30), "Asia/Shanghai"),
    "AUD": ("Consumer Sentiment", 1, 1, time(10, 30), "Australia/Sydney"),
    "NZD": ("Dairy Prices", 1, 2, time(10, 45), "Pacific/Auckland"),
}
"""Every week: name, impact, weekday from Monday 0, local time and zone."""

_MONTHLY = {
    "USD": (("Nonfarm Payrolls", 4, 1, time(8, 30)), ("Consumer Price Index", 2, 2, time(8, 30))),
    "CAD": (("Employment Change", 4, 2, time(8, 30)),),
    "EUR": (("ECB Interest Rate Decision", 3, 2, time(14, 15)),),
    "GBP": (("Consumer Price Index", 2, 3, time(7, 0)),),
    "JPY": (("BoJ Interest Rate Decision", 4, 3, time(12, 0)),),
    "AUD": (("RBA Interest Rate Decision", 1, 1, time(14, 30)),),
}
"""Every month, of high impact: name, weekday, which of the month, local time."""


def simulated_news(start_ms: int, end_ms: int) -> NewsCalendar:
    """The releases of two weeks before to two weeks after a span of time (UTC ms), the same for every seed."""
    first = datetime.fromtimestamp(start_ms / 1000, UTC).date() - timedelta(days=_MARGIN)
    last = datetime.fromtimestamp(end_ms / 1000, UTC).date() + timedelta(days=_MARGIN)
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return calendar_of("simulator", [event for day in days for event in _releases(day)])


def _releases(day: date) -> Iterator[tuple[int, str, int, str]]:
    for currency, (name, impact, weekday, clock, zone) in _WEEKLY.items():
        if day.weekday() == weekday:
            yield _utc(day, clock, zone), currency, impact, name
        for monthly, its_weekday, which, its_clock in _MONTHLY.get(currency, ()):
            if day.weekday() == its_weekday and (day.day - 1) // 7 + 1 == which:
                yield _utc(day, its_clock, zone), currency, 3, monthly


def _utc(day: date, clock: time, zone: str) -> int:
    return round(datetime.combine(day, clock, ZoneInfo(zone)).timestamp() * 1000)
