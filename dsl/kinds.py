"""Kinds of values: what a number means, and so what it may meet."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Base(StrEnum):
    """The kinds of LANGUAGE, by the word a message shows."""

    NUMBER = "number"
    COUNT = "count"
    PERCENT = "percent"
    PRICE = "price"
    DISTANCE = "distance"
    R_MULTIPLE = "R distance"
    DURATION = "duration"
    BARS = "bars"
    SPAN = "duration or bars"
    CLOCK_TIME = "clock time"
    DATE = "date"
    MONEY = "money"
    LOTS = "lots"
    CONDITION = "condition"
    ZONE = "zone"
    ENUMERATION = "word"
    TEXT = "text"
    VIEW = "view"


class Kind(NamedTuple):
    """A base kind and what it belongs to: the market of a price, the currency of money, the list of a word.

    An empty `of` on a price, distance or zone in a signature means "of the view's market".
    """

    base: Base
    of: str = ""

    def __str__(self) -> str:
        match self.base:
            case Base.PRICE | Base.DISTANCE | Base.ZONE if self.of:
                return f"{self.base} of {self.of}"
            case Base.MONEY if self.of:
                return f"{self.of} money"
            case Base.ENUMERATION if self.of:
                return f"{self.of} word"
            case _:
                return str(self.base)


NUMBER = Kind(Base.NUMBER)
COUNT = Kind(Base.COUNT)
PERCENT = Kind(Base.PERCENT)
PRICE = Kind(Base.PRICE)
DISTANCE = Kind(Base.DISTANCE)
R_MULTIPLE = Kind(Base.R_MULTIPLE)
DURATION = Kind(Base.DURATION)
BARS = Kind(Base.BARS)
SPAN = Kind(Base.SPAN)
CLOCK_TIME = Kind(Base.CLOCK_TIME)
DATE = Kind(Base.DATE)
MONEY = Kind(Base.MONEY)
LOTS = Kind(Base.LOTS)
CONDITION = Kind(Base.CONDITION)
ZONE = Kind(Base.ZONE)
TEXT = Kind(Base.TEXT)


def enumeration(name: str) -> Kind:
    """The kind of a closed list of words."""
    return Kind(Base.ENUMERATION, name)
