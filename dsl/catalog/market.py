"""The facts about a market that the language needs; the whole profile is the runtime's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from tradeplan.dsl.record import record


@record
class MarketFacts:
    """Names and sizes of a market.

    `names[0]` is the canonical name; `tradable` is False for context such as an index that the broker does not quote.
    `timeframes` holds those with data when data was given; None when none was: nothing is then said about data.
    `streams` likewise: which of `ticks`, `trades`, `book` and `calendar` there are.
    `settings` are the profile's numbers that defaults of parameters may name, such as `stops.atr`.
    """

    names: tuple[str, ...]
    digits: int
    point: float
    pip: float
    contract_size: float
    quote_currency: str
    account_currency: str
    lot_min: float
    lot_max: float
    lot_step: float
    tradable: bool = True
    timeframes: tuple[str, ...] | None = None
    streams: tuple[str, ...] | None = None
    settings: Mapping[str, float] = field(default_factory=dict, compare=False)
    base_currency: str = ""

    @property
    def name(self) -> str:
        """The canonical name."""
        return self.names[0]


class Markets:
    """All known markets, by each of their names."""

    def __init__(self, facts: Iterable[MarketFacts]) -> None:
        self._facts = tuple(facts)
        self._by_name = {name: f for f in self._facts for name in f.names}

    def get(self, name: str) -> MarketFacts | None:
        """The market of a name, or None."""
        return self._by_name.get(name)

    def with_account(self, currency: str) -> Markets:
        """The same markets on an account kept in another currency or unit."""
        return Markets(replace(f, account_currency=currency) for f in self._facts)

    def names(self) -> tuple[str, ...]:
        """Every name, aliases included."""
        return tuple(self._by_name)

    def __iter__(self) -> Iterator[MarketFacts]:
        return iter(self._facts)
