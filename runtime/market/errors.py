"""The errors of the market data side: each says what happened, where, what was expected and what to do."""

from __future__ import annotations


class MarketError(Exception):
    """Something about a market, its profile or its bars that a person has to put right."""


class ProfileError(MarketError):
    """A symbol profile that cannot be used; the message names the file, the key, the value and what is allowed."""


class DataError(MarketError):
    """Bars that cannot be read, imported or stored; the message names the file and the rows."""
