"""Bars that appear while a run goes on: on disk beside the others, and none of them before the journal says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from tradeplan.runtime.feed.need import Series
from tradeplan.runtime.market.appearing import Appearance
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore
from tradeplan.runtime.store.errors import trouble

FOLDER = "coming"


class Coming:
    """Series, and older bars of series, that wait to be journalled.

    INVARIANT: what the journal names is on disk, and what is in the store is named there or was seen from the
    beginning. A kill between the two leaves bars here, which the next start takes over or drops.
    """

    def __init__(self, store: BarStore, source: str) -> None:
        self._store, self._source = store, source
        self._aside = BarStore(store.root / FOLDER)
        self._waiting: dict[Series, tuple[Appearance, Rates]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._waiting

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, came: Appearance, rates: Rates) -> None:
        """Bars that came; they are on disk when this returns. Raises StoreTrouble."""
        try:
            self._aside.write(*came.key, rates, source=self._source)
        except OSError as error:
            raise trouble(self._aside.root, error) from error
        self._waiting[came.key] = came, rates

    def named(self) -> tuple[Appearance, ...]:
        """What the journal has to say of them."""
        return tuple(came for came, _ in self._waiting.values())

    def take(self) -> list[tuple[Appearance, Rates]]:
        """The journal has them: they are bars like the others now. Raises StoreTrouble."""
        found = list(self._waiting.values())
        self._keep(found)
        self._waiting = {}
        return found

    def settle(self, journalled: Iterable[Appearance]) -> None:
        """After a kill: take over what the journal names, drop what it does not."""
        named = {(*came.key, came.opens, came.last): came for came in journalled}
        left = [(m.market, m.timeframe, m.first, m.last) for m in self._aside.list()]
        self._keep([(named[key], self._aside.read(*key[:2])) for key in left if key in named])
        shutil.rmtree(self._aside.root, ignore_errors=True)

    def _keep(self, found: list[tuple[Appearance, Rates]]) -> None:
        try:
            for came, rates in found:
                self._store.merge(*came.key, rates, source=self._source)
        except OSError as error:
            raise trouble(self._store.root, error) from error
        shutil.rmtree(self._aside.root, ignore_errors=True)
