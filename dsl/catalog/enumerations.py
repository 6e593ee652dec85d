"""The closed lists of words that arguments choose from, and the numbers that steps receive for them."""

from __future__ import annotations

ENUMERATIONS: dict[str, dict[str, int]] = {
    "direction": {"bull": 1, "bear": -1},
    "impact": {"low": 1, "medium": 2, "high": 3},
    "currency": {
        "own": 0,
        "aud": 1,
        "cad": 2,
        "chf": 3,
        "cny": 4,
        "eur": 5,
        "gbp": 6,
        "jpy": 7,
        "nzd": 8,
        "usd": 9,
        "any": 10,
    },
    "event": {
        "any": 0,
        "nfp": 1,
        "cpi": 2,
        "ppi": 3,
        "pce": 4,
        "gdp": 5,
        "rate": 6,
        "fomc": 7,
        "speech": 8,
        "retail_sales": 9,
        "jobs": 10,
        "pmi": 11,
    },
    "weekday": {
        "monday": 0,
        "tuesday": 1,
        "wednesday": 2,
        "thursday": 3,
        "friday": 4,
        "saturday": 5,
        "sunday": 6,
    },
    "session": {"asia": 0, "london": 1, "overlap": 2, "new_york": 3},
    "zone": {"utc": 0, "london": 1, "frankfurt": 2, "new_york": 3, "chicago": 4, "tokyo": 5, "sydney": 6},
    "rank": {"none": 0, "low": 1, "medium": 2, "high": 3, "critical": 4},
    "exit kind": {"none": 0, "structure": 1, "momentum": 2, "volume": 3, "time": 4, "profit": 5},
    "flow": {"aggressor": 0, "tick_rule": 1},
    "tick source": {"ticks": 0, "tick_volume": 1},
    "book side": {"bid": 1, "ask": -1},
    "exit timeframe": {"none": 0, "M1": 1, "M5": 5, "M15": 15, "H1": 60},
}
"""By list name: word -> the number that stands for it in `p`."""

ORDERED = frozenset({"impact", "rank"})
"""The lists whose words have an order: `exit_signal >= high`."""

UNRESERVED = frozenset({"rank", "exit kind", "exit timeframe", "currency", "event", "flow", "tick source", "book side"})
"""The lists whose words stand only beside a value of their own, so that a LET may be called like one of them."""

SIDE_WORDS: dict[str, int] = {"with": 1, "against": -1}
"""Words for a direction that follow the plan's side: `with` is bull for BUY, `against` is bear for BUY."""

ZONES: dict[str, str] = {
    "utc": "UTC",
    "london": "Europe/London",
    "frankfurt": "Europe/Berlin",
    "new_york": "America/New_York",
    "chicago": "America/Chicago",
    "tokyo": "Asia/Tokyo",
    "sydney": "Australia/Sydney",
}
"""IANA names of the words of `zone`."""

STREAMS_OF_WORDS: dict[str, dict[str, str]] = {
    "flow": {"aggressor": "trades", "tick_rule": "ticks"},
    "tick source": {"ticks": "ticks", "tick_volume": "tick_volume"},
}
"""By list and word: the stream that a feature is made from, or the bar field that stands in its place."""


def word_value(enumeration: str, word: str, side: int = 1) -> int:
    """The number of a word of a list; `with` and `against` on a side (1 for BUY, -1 for SELL)."""
    if enumeration == "direction" and word in SIDE_WORDS:
        return side * SIDE_WORDS[word]
    return ENUMERATIONS[enumeration][word]
