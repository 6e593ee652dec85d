"""The series of a run: those that are polled, those at rest because no plan reads them, and those that lack."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping

from tradeplan.runtime.feed.asking import Sieve, newest_bars, raw_bars
from tradeplan.runtime.feed.coming import Coming
from tradeplan.runtime.feed.history import PATIENCE, history
from tradeplan.runtime.feed.keeper import Keeper
from tradeplan.runtime.feed.look import Look
from tradeplan.runtime.feed.need import Series
from tradeplan.runtime.feed.readings import FeedReadings
from tradeplan.runtime.feed.series import FedSeries
from tradeplan.runtime.feed.symbols import no_symbol, resolve
from tradeplan.runtime.feed.wall import Watch
from tradeplan.runtime.market.appearing import Appearance
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.mt5.terminal import Terminal

AGAIN_MS = 60_000
"""How often what lacks is asked for again."""
A_FEW = 4
"""So often then, since the next step waits for it: a history that still grows is lengthened the next time."""
MARGIN = 8
"""A history is asked for again when the terminal has so many older bars at least."""


class Roster:
    """Which series there are; `polled` are asked for at their closes. Raises TerminalAway wherever it asks.

    Before a run has begun series are there at once. Later they appear: they are `coming` until the journal has them,
    so that a replay sees them from the same instant on.
    """

    def __init__(
        self,
        terminal: Terminal,
        profiles: Profiles,
        dataset: Growing,
        look: Look,
        watch: Watch,
        sieve: Sieve,
        keeper: Keeper,
        readings: FeedReadings,
        tell: Callable[[str], None],
        history_bars: int,
    ) -> None:
        """`history_bars`: of a series whose plans do not look back further; `tell` takes words for people."""
        self.polled: dict[Series, FedSeries] = {}
        self.coming = Coming(keeper.store, keeper.source)
        self.complete = 0  # all bars due up to this instant are in hand, or will not come
        self.begun = False
        self._terminal, self._profiles, self._dataset, self._look = terminal, profiles, dataset, look
        self._watch, self._sieve, self._keeper, self._readings = watch, sieve, keeper, readings
        self._tell, self._history_bars = tell, history_bars
        self._rest: dict[Series, FedSeries] = {}
        self._needed: Mapping[Series, int] = {}
        self._asked: dict[Series, int] = {}  # how many bars were asked for
        self._stale: set[Series] = set()  # at rest though they are read: they could not be asked for
        self._said: set[str] = set()
        self._looked = 0

    def load(self, kept: Mapping[Series, Rates]) -> None:
        """Series that were seen in an earlier life; they rest until somebody needs them."""
        for (market, timeframe), rates in kept.items():
            if self._profiles.get(market) is not None:
                self._dataset.feed(market, timeframe, rates)
                self._rest[market, timeframe] = self._fed(market, timeframe, rates)

    def go_on(self, read: Iterable[Series]) -> None:
        """Poll series that are read by what runs: what they missed is late where it should have been there."""
        for key in read:
            if key in self._rest and key[0] in self._look.symbols:
                self._poll(key)

    def need(self, needed: Mapping[Series, int], unseen: Container[Series]) -> None:
        """Poll these, as many bars of each as are looked back on, and no others. `unseen`: have bars that were fetched
        and are not seen yet."""
        self._needed = needed
        for key in [key for key in self.polled if key not in needed]:
            self._rest[key] = self.polled.pop(key)
        self.go_on([key for key in needed if key in unseen])
        fed = {market for market, _ in self.polled}
        for market in self._readings.quote_age.keys() - fed:
            del self._readings.quote_age[market]
        lacks = [key for key in needed if self._lacks(key)]
        self._look_up(lacks)
        new = [key for key in lacks if key in self._rest or self._wanted(key) > self._asked.get(key, 0)]
        self._bring(new, PATIENCE)
        self._stale = {key for key in needed if key in self._rest}
        self._count()

    def seek(self) -> None:
        """Ask again for what lacks, if it is time."""
        lacks = [key for key in self._needed if self._lacks(key)]
        self._readings.lacking = len(lacks)
        now = self._look.now()
        if not lacks or now - self._looked < AGAIN_MS:
            return
        self._looked = now
        self._look_up(lacks)
        asked = [key for key in lacks if key[0] in self._look.symbols]
        replies = self._look.ask([newest_bars(*self._symbol(key), self._known(key), 2) for key in asked])
        found = [raw_bars(reply) for reply in replies]
        self._bring([key for key, rows in zip(asked, found, strict=True) if rows is not None and len(rows)], A_FEW)

    def show(self) -> bool:
        """What was coming is in the journal: let it be seen. Whether there was any."""
        found = self.coming.take()
        for came, rates in found:
            self._dataset.bring(came, rates)
            if came.before is None:
                self.polled[came.key] = self._fed(*came.key, rates)
            self._readings.bars += len(rates)
        self._count()
        return bool(found)

    # --- inside ---

    def _count(self) -> None:
        self._readings.polled, self._readings.resting = len(self.polled), len(self._rest)
        self._readings.lacking = sum(self._lacks(key) for key in self._needed)

    def _lacks(self, key: Series) -> bool:
        """Whether a series is not polled, or has fewer bars than are looked back on."""
        if key in self.coming:
            return False
        bars = self._dataset.bars(*key) if key in self.polled else None
        return bars is None or len(bars) < self._needed[key]

    def _wanted(self, key: Series) -> int:
        if key in self._rest:
            return self._rest[key].missing(self._look.now())
        return max(self._history_bars, 2 * self._needed[key])

    def _known(self, key: Series) -> int:
        """The position at which a terminal shows bars that lack."""
        bars = self._dataset.bars(*key) if key in self.polled else None
        return 0 if bars is None else len(bars) + MARGIN

    def _symbol(self, key: Series) -> Series:
        return self._look.symbols[key[0]], key[1]

    def _look_up(self, lacks: Iterable[Series]) -> None:
        """The symbols of markets that the broker has by now."""
        markets = sorted({market for market, _ in lacks} - set(self._look.symbols))
        if not markets:
            return
        self._look.symbols |= resolve(self._terminal, [self._profiles[market] for market in markets])
        for market in markets:
            if market not in self._look.symbols and market not in self._said:
                self._said.add(market)
                self._tell(no_symbol(self._terminal, self._profiles[market]))

    def _bring(self, keys: Iterable[Series], patience: int) -> None:
        """Fetch the history of series, or what they missed while they were at rest."""
        symbols = self._look.symbols
        wanted = {key: self._wanted(key) for key in keys if key[0] in symbols}
        if not wanted:
            return
        names = sorted({market for market, _ in wanted})
        # of all: a market that rests has no quote that tells that its newest bar has closed
        quoted = sorted({*names, *(market for market, _ in self.polled)})
        replies = self._look.ask([*self._look.calls(quoted), *self._look.specification_calls(names)])
        self._look.see_quotes(quoted, replies[: len(quoted)])
        self._look.see_specifications(names, replies[len(quoted) :])
        found = history(self._terminal, {self._symbol(k): n for k, n in wanted.items()}, self._watch, patience)
        for key, count in wanted.items():
            rates = self._closed(key, self._sieve.rates(*key, found.get(self._symbol(key))))
            if key in self._rest:
                self._wake(key, rates)
                continue
            self._asked[key] = max(count, self._asked.get(key, 0))
            if key in self.polled:
                self._deepen(key, rates)
            elif len(rates):
                self._begin(key, rates)
            elif ".".join(key) not in self._said:
                self._said.add(".".join(key))
                self._tell(f"the terminal has no closed {key[1]} bar of {key[0]}: what reads it waits, or is UNKNOWN")

    def _closed(self, key: Series, rates: Rates) -> Rates:
        """Without the bar that is forming."""
        if not len(rates):
            return rates
        closes = self._dataset.calendar(key[0]).close_of(rates.time[-1:], key[1])
        return take(rates, slice(0, len(rates) - 1)) if int(closes[0]) > self._look.past() else rates

    def _begin(self, key: Series, rates: Rates) -> None:
        if self.begun:
            self.coming.put(Appearance(*key, int(rates.time[0]), int(rates.time[-1])), rates)
            return
        self._keeper.begin(*key, rates)
        self._dataset.feed(*key, rates)
        self.polled[key] = self._fed(*key, rates)
        self._readings.bars += len(rates)

    def _deepen(self, key: Series, rates: Rates) -> None:
        bars = self._dataset.bars(*key)
        first = None if bars is None else int(bars.open_time[0])
        older = take(rates, rates.time < first) if first is not None else rates
        if len(older):
            self.coming.put(Appearance(*key, int(older.time[0]), int(older.time[-1]), first), older)

    def _wake(self, key: Series, rates: Rates) -> None:
        """A series at rest goes on. While nobody read it nobody missed anything: its bars close as scheduled."""
        if key in self._stale:
            self._poll(key)
            return
        bars, series = self._dataset.bars(*key), self._rest[key]
        closes = self._dataset.calendar(key[0]).close_of(rates.time, key[1])
        since = 0 if bars is None else int(bars.close_time[-1])
        new = take(rates, (rates.time > series.newest) & (closes > since))
        if len(new):
            self._keeper.add({key: new})
            self._readings.bars += self._dataset.append(*key, new)
            series.took(new)
        self._poll(key)

    def _poll(self, key: Series) -> None:
        series = self.polled[key] = self._rest.pop(key)
        series.symbol = self._look.symbols[key[0]]
        series.passed(self.complete)

    def _fed(self, market: str, timeframe: str, rates: Rates) -> FedSeries:
        symbol = self._look.symbols.get(market, "")
        calendar = self._dataset.calendar(market)
        return FedSeries(market, symbol, timeframe, calendar, int(rates.time[-1]), self.complete)
