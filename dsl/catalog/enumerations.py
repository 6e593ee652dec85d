"""The closed lists of words that arguments choose from, and the numbers that steps receive for them."""

from __future__ import annotations

ENUMERATIONS: dict[str, dict[str, int]] = {
    "direction": {"bull": 1, "bear": -1},
    "impact": {"low": 1, "medium": 2, "high": 3},
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
}
"""By list name: word -> the number that stands for it in `p`."""

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


def word_value(enumeration: str, word: str) -> int:
    """The number of a word of a list."""
    return ENUMERATIONS[enumeration][word]
