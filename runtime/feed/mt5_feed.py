"""The feed of a MetaTrader 5 terminal: closed bars of all that the plans need, in one round trip an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.feed.asking import Sieve, TerminalAway, newest_bars, raw_bars
from tradeplan.runtime.feed.broker_clock import BrokerClock
from tradeplan.runtime.feed.flow import Flow, newest_told
from tradeplan.runtime.feed.history import history
from tradeplan.runtime.feed.keeper import Keeper
from tradeplan.runtime.feed.look import Look
from tradeplan.runtime.feed.need import Series, series_needed
from tradeplan.runtime.feed.news_source import NewsSource, kept_news
from tradeplan.runtime.feed.owed import Owed
from tradeplan.runtime.feed.readings import FeedReadings
from tradeplan.runtime.feed.roster import Roster
from tradeplan.runtime.feed.series import FedSeries, newest_closes
from tradeplan.runtime.feed.server_rule import rule_of
from tradeplan.runtime.feed.stream_keeper import StreamKeeper
from tradeplan.runtime.feed.symbols import Specifications, resolve
from tradeplan.runtime.feed.wall import Sleep, Wall, Watch
from tradeplan.runtime.live.feed import Arrivals, Past
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.market.appearing import Appearance
from tradeplan.runtime.market.columns import join
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.mt5.terminal import Terminal

HISTORY = 5_000
"""Bars of a new series, when the plans do not look back further."""
LIMIT_MS = 2_000
"""How long after an instant its bars are waited for; what comes later is late."""
GRACE_MS = 300
"""How long a bar is waited for whose successor has begun already: most likely it had no trade."""
POLL_SECONDS = 0.1
RETRY_SECONDS = (0.25, 0.5, 1.0, 2.0, 5.0)
AWAY_MS = 30_000
"""So far behind, an instant is one that passed while the program was away: what it decides is late."""
OWED = 5
PAGE = 5_000
"""A gap of more bars than this is fetched like a history."""


class Mt5Feed:
    """Feeds `dataset` from a terminal, and keeps what it fed in a folder, so that a restart asks only for the rest."""

    def __init__(
        self,
        terminal: Terminal,
        profiles: Profiles,
        folder: Path,
        *,
        wall: Wall | None = None,
        history_bars: int = HISTORY,
        limit_ms: int = LIMIT_MS,
        calendar: str | None = None,
    ) -> None:
        """`folder` belongs to one run; `history_bars`: of a series whose plans do not look back further; `limit_ms`:
        how long after an instant its bars are waited for; `calendar`: a file or address with news."""
        self.readings = FeedReadings()
        self.clock = BrokerClock(rule_of(next(iter(profiles))))
        self._terminal, self._profiles = terminal, profiles
        self._watch = Watch(wall or Wall())
        self._keeper = Keeper(folder, "mt5")
        self._news = None if calendar is None else NewsSource(calendar, folder, self._watch.wall.now)
        specifications = Specifications(folder / "specifications.json")
        self._look = Look(terminal, self.clock, self._watch, self._watch.wall.now, specifications, self.readings)
        streams = StreamKeeper(folder, "mt5")
        self._flow = Flow(self._look, self.clock, streams, self.readings, self._tell, self._watch.pause)
        news = None if calendar is None else partial(kept_news, folder)
        self.dataset = Growing(profiles, streams=self._flow.streams, versions=news)
        self._limit = limit_ms
        self._owed = Owed(profiles)
        self._pending: dict[Series, list[Rates]] = {}
        self._waiting: dict[Series, Rates] = {}
        self._handled = self._newest = 0
        self._away = self._jumped = False
        self._told: list[str] = []
        self._sieve = Sieve(self.clock, self._tell)
        seen = self._look, self._watch, self._sieve, self._keeper, self.readings, self._tell
        self._roster = Roster(terminal, profiles, self.dataset, *seen, history_bars)
        self._opened = False

    @property
    def speed(self) -> float:
        """A second a second."""
        return 1.0

    # --- a run, in order ---

    def open(self, past: Past, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Load what was fed before, look at the broker's clock, and, if the run begins, fetch the history it needs.

        Raises TerminalAway when nobody answers: nothing has begun then. A run that begins again in the same process
        has its bars still.
        """
        if self._opened:
            return
        self.dataset.expect_late(past.late)
        self.dataset.expect_series(past.later)
        self._roster.begun = past.begun
        self._roster.coming.settle(past.later)
        kept = self._keeper.load()
        self._flow.load(bool(kept))
        self._look.symbols = resolve(self._terminal, self._profiles)
        markets = {m for m, _ in [*kept, *series_needed(plans, guards, self._profiles)]} & set(self._look.symbols)
        if markets:
            self.clock.expected = self.clock.rule = rule_of(self._profiles[min(markets)])
            self._look.begin(sorted(markets), self.dataset)
        self._roster.load(kept)
        if not past.begun:
            self._roster.go_on(series_needed(plans, guards, self._profiles))
            self._need(plans, guards)
        self._roster.begun = self._opened = True

    def start(self, at: int, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Ask for all that closed since."""
        self._handled = at
        self._roster.go_on(series_needed(plans, guards, self._profiles))
        self._fill_gap()

    def need(self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Fetch the history of series that are not fed yet; while nobody answers, plans that need them have none."""
        try:
            self._need(plans, guards)
        except TerminalAway as gone:
            self._tell_away(gone, 0)
            self._owed.put_off()

    def seek(self) -> bool:
        """Ask again for what lacks, if it is time. Whether something has come."""
        self._seek()
        return self._owed.take() or bool(self._roster.coming)

    def appeared(self) -> tuple[Appearance, ...]:
        """Series that came since the run began, and older bars."""
        return self._roster.coming.named()

    def show(self) -> None:
        """Let them be seen: the journal has them."""
        if not self._roster.show():
            return
        self._owed.paid()
        try:
            self._stream()
        except TerminalAway as gone:
            self._tell_away(gone, 0)
            self._owed.put_off()

    def lacks(self, block: CheckedPlan | CheckedGuard) -> str:
        """Why a plan or guard has to wait: nobody answered when its bars were asked for, or there are none."""
        return self._owed.lacks(block, self._roster.polled)

    def _tell(self, text: str) -> None:
        self._told.append(text)

    def now(self) -> int:
        """UTC by the broker's quotes where they have been measured, else by this machine."""
        return self._look.now()

    def wait_until(self, instant: int, sleep: Sleep) -> bool:
        """Wait for an instant and for the bars that are due at it, up to a limit; False: woken before."""
        while True:
            if self._watch.look():
                self._jumped = True
                self._resync()
            self._flow.glance()
            left = (instant - self.now()) / 1000.0
            if left <= 0:
                break
            if self._watch.pause(min(left, self._watch.wall.longest), sleep):
                return False
        polled = self._roster.polled
        due = [series for series in polled.values() if series.due(instant) or series.owed]
        if instant > self._roster.complete:
            if not self._come(due, instant, sleep):
                return False
            self.readings.misses += len(due)
            self.readings.hits += len(polled) - len(due)
            for series in due:
                series.passed(instant)
            self._roster.complete = max(self._roster.complete, instant)
            self._seek()
        else:
            self.readings.hits += len(polled)
        return True

    def arrivals(self, after: int) -> Arrivals:
        """Late bars, and what happened to the feed since the last call."""
        self._handled = after
        self._waiting = {key: join(parts) for key, parts in self._pending.items()}
        late = tuple(bar for key, rates in self._waiting.items() for bar in self.dataset.late(*key, rates, after))
        self.readings.late += len(late)
        now = self.now()
        away = now if self._away and now - after > AWAY_MS else None
        news = self._look_at_news()
        found = Arrivals(late, tuple(self._look.halts), tuple(self._told), away, news, self._owed.take())
        self._away = False
        self._look.halts, self._told = [], []
        return found

    def tidings(self) -> tuple[str, ...]:
        """That nobody answers, while it is so: the next instant may be far away."""
        found, self._told = tuple(self._told), []
        return found

    def deliver(self) -> None:
        """Write what came to disk, then let it be seen."""
        # INVARIANT: what streams tell of a bar's time is on disk before the bar is
        self._flow.seal(self._counted(), self.dataset)
        self._keeper.add(self._waiting)
        for key, rates in self._waiting.items():
            added = self.dataset.append(*key, rates, self._handled)
            self.readings.bars += added
            self.readings.passed_over += len(rates) - added
            fed = self.dataset.bars(*key)
            self._newest = max(self._newest, 0 if fed is None else int(fed.close_time[-1]))
        if self._newest:
            self.readings.bar_age = max(0.0, (self.now() - self._newest) / 1000.0)
        self._waiting, self._pending = {}, {}

    def close(self) -> None:
        """Bring the tails into the stores."""
        self._flow.close()
        self._keeper.fold()

    def begin_news(self, digest: str | None) -> Arrivals:
        """The newest calendar, waited for; where it cannot be had, the one used last."""
        if self._news is None:
            return Arrivals()
        self._news.begin(digest)
        news = self._look_at_news(wait=True)
        told, self._told = tuple(self._told), []
        return Arrivals(told=told, news=news)

    # --- inside ---

    def _seek(self) -> None:
        if self._owed.unanswered:
            self.need(*self._owed.asked)
        try:
            self._roster.seek()
        except TerminalAway:
            return  # the next instant asks again, and tells

    def _look_at_news(self, wait: bool = False) -> str | None:
        found = None if self._news is None else self._news.look(wait)
        if found is None:
            return None
        self._told.append(found.told)
        return None if found.calendar is None else found.calendar.digest

    def _need(self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        self._owed.asked = plans, guards
        self._roster.need(series_needed(plans, guards, self._profiles), self._pending)
        if not self._roster.coming:
            self._stream()
        self._owed.had()

    def _stream(self) -> None:
        """Ticks and books begin where there are bars, and bring their history up to these."""
        plans, guards = self._owed.asked
        self._flow.need([*plans, *guards], self.dataset)
        self._settle()
        self._flow.seal(newest_told(self.dataset, self._flow.markets), self.dataset)

    def _trusted(self) -> bool:
        """Whether this machine's clock may be believed where no quote tells the time."""
        return self.clock.agrees(self.now()) and (self.clock.offset is not None or not self._jumped)

    def _come(self, due: Sequence[FedSeries], instant: int, sleep: Sleep) -> bool:
        """Ask until the bars of every due series are there, or will not come, or the limit has passed."""
        # who was woken while waiting has some of them already
        left, retries = [series for series in due if not series.arrived(instant)], 0
        until = newest_closes(due, instant)
        while (left or self._flow.waits(until)) and instant > self._roster.complete:
            try:
                rows = self._fetch(left, instant, until)
            except TerminalAway as gone:
                self._tell_away(gone, retries)
                pause = RETRY_SECONDS[min(retries, len(RETRY_SECONDS) - 1)]
                retries += 1
                if self._watch.pause(pause, sleep):
                    return False
                continue
            if retries:
                self._told.append("the terminal answers again")
                retries = 0
                self._resync()
                continue
            waited = self.now() - instant
            by = self._look.past()
            if waited >= self._limit and self._trusted():
                by = max(by, instant)
                self._flow.allow(until)
            waits = []
            for series, rates in zip(left, rows, strict=True):
                self._take(series, series.closed(rates, by))
                begun = len(rates) > 0 and int(rates.time[-1]) >= instant
                if series.arrived(instant):
                    continue
                if waited >= self._limit or (begun and waited >= GRACE_MS):
                    series.owed = OWED if series.due(instant) else series.owed - 1
                else:
                    waits.append(series)
            left, until = waits, newest_closes(due, instant)
            flowing = waited < self._limit and self._flow.waits(until)
            if not (left or flowing):
                break
            if not self._flow.goes_on(until) and self._watch.pause(POLL_SECONDS, sleep):
                return False
        self.readings.settle_seconds = max(0.0, (self.now() - instant) / 1000.0)
        return True

    def _counted(self) -> dict[str, int]:
        """The newest close of the bars that wait to be told, by market; late ones close after the instant before."""
        found: dict[str, int] = {}
        for (market, timeframe), rates in self._waiting.items():
            close = int(self.dataset.calendar(market).close_of(rates.time[-1:], timeframe)[0])
            found[market] = max(found.get(market, 0), close if close > self._handled else self._handled + len(rates))
        return found

    def _settle(self) -> None:
        """Have what streams tell up to the newest bars."""
        self._flow.settle(newest_closes(self._roster.polled.values(), 0), self._limit, self._trusted)

    def _fetch(self, asked: Sequence[FedSeries], instant: int, until: Mapping[str, int] | None = None) -> list[Rates]:
        """One round trip: quotes of all fed markets, then the newest rows of the series, which are at least as new, and
        what streams lack up to a time by market."""
        look = self._look
        markets = sorted({series.market for series in self._roster.polled.values()})
        again = look.specifications_due()
        calls = look.calls(markets)
        calls += [newest_bars(s.symbol, s.timeframe, 0, min(s.missing(instant), PAGE)) for s in asked]
        calls += look.specification_calls(markets) if again else []
        first, last, flows = len(markets), len(markets) + len(asked), len(calls)
        calls += self._flow.calls(until or {})
        replies = look.ask(calls)
        look.see_quotes(markets, replies[:first])
        if again:
            look.see_specifications(markets, replies[last:flows])
        self._flow.take(replies[flows:], look.past(), look.now())
        found = [raw_bars(reply) for reply in replies[first:last]]
        return [self._sieve.rates(*s.key, rows) for s, rows in zip(asked, found, strict=True)]

    def _take(self, series: FedSeries, rates: Rates) -> None:
        if len(rates):
            self._pending.setdefault(series.key, []).append(rates)
            series.took(rates)

    def _tell_away(self, gone: TerminalAway, retries: int) -> None:
        self._away = True
        if not retries:
            self.readings.away += 1
            self._told.append(
                Urgent(f"the terminal does not answer ({gone}): nothing is decided until it does", "feed")
            )

    def _resync(self) -> None:
        """After a jump of the clock, a sleep, or a terminal that was away: measure again and fetch what was missed."""
        self.readings.resyncs += 1
        self._away = True
        self.clock.restart()
        markets = sorted({series.market for series in self._roster.polled.values()})
        try:
            self._look.measure(markets)
            self._look.agree()
            self._look.see_specifications(markets, self._look.ask(self._look.specification_calls(markets)))
            self._fill_gap()
        except TerminalAway as gone:
            self._tell_away(gone, 0)  # the next instant asks again
            return
        self._jumped = self._jumped and self.clock.offset is None

    def _fill_gap(self) -> None:
        """Fetch all that closed since the newest bar of each series; what is not there by now will not come."""
        if not self._roster.polled:
            return
        now = self.now()
        until = now - self._limit
        far = {(s.symbol, s.timeframe): s.missing(now) for s in self._roster.polled.values() if s.missing(now) > PAGE}
        paged = history(self._terminal, far, self._watch) if far else {}
        series = list(self._roster.polled.values())
        for one, rates in zip(series, self._fetch(series, now), strict=True):
            rows = paged.get((one.symbol, one.timeframe))
            if rows is not None and len(rows):
                rates = self._sieve.rates(*one.key, rows)
            by = max(self._look.past(), until) if self._trusted() else self._look.past()
            self._take(one, one.closed(rates, by))
            one.passed(until)
        self._roster.complete = max(self._roster.complete, until)
        self._settle()
