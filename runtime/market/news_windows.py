"""Windows around news: for one choice of events the intervals that keep away from them, and where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.runtime.market.news import EVERYONE, NewsCalendar, kinds_of

Times = NDArray[np.int64]

LONGEST_SILENCE = 31 * 86_400_000
"""A currency of which nothing is listed for longer than this is not covered meanwhile: the calendar has a hole."""

_CURRENCIES = {number: word.upper() for word, number in ENUMERATIONS["currency"].items() if word not in ("own", "any")}
OWN, ANY = ENUMERATIONS["currency"]["own"], ENUMERATIONS["currency"]["any"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events, and how far around them: `impact` at least this, `event` a number of that list (0 is any).

    `currencies` empty means all. `before` and `after` in milliseconds.
    """

    impact: int
    currencies: frozenset[str]
    event: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows that do not touch, both ends inside, and the stretches in which windows are known; all UTC ms, rising.

    INVARIANT: a time is known only if everything within `before` after it and `after` before it is covered by the
    calendar for every currency, so that a calendar which ends soon says nothing rather than that nothing comes.
    """

    starts: Times
    ends: Times
    known_from: Times
    known_to: Times

    def known(self, times: Times) -> NDArray[np.bool_]:
        """Whether the calendar tells if each time is inside a window."""
        place = np.searchsorted(self.known_from, times, side="right") - 1
        known = place >= 0
        known[known] = times[known] <= self.known_to[place[known]]
        return known

    def number(self, times: Times) -> NDArray[np.float64]:
        """How many windows have begun by each time; UNKNOWN where nothing is known."""
        return self._told(times, np.searchsorted(self.starts, times, side="right").astype(np.float64))

    def began(self, times: Times) -> NDArray[np.float64]:
        """Milliseconds since the newest window began, infinite before the first; UNKNOWN where nothing is known."""
        return self._told(times, self._since(times, self.starts))

    def left(self, times: Times) -> NDArray[np.float64]:
        """Milliseconds to the end of the newest window that began: 0 or more inside, less than 0 once it is over."""
        return self._told(times, -self._since(times, self.ends))

    def _since(self, times: Times, edges: Times) -> NDArray[np.float64]:
        place = np.searchsorted(self.starts, times, side="right") - 1
        since = np.full(len(times), np.inf)
        begun = place >= 0
        since[begun] = (times[begun] - edges[place[begun]]).astype(np.float64)
        return since

    def _told(self, times: Times, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(self.known(times), values, np.nan)


NOTHING_KNOWN = Windows(*(np.zeros(0, dtype=np.int64) for _ in range(4)))


class NewsClock:
    """Windows of a calendar, each choice worked out once. The calendar is read when something first asks for it."""

    def __init__(self, load: Callable[[], NewsCalendar | None]) -> None:
        """`load` gives the calendar, None if there is none."""
        self._load = load
        self._windows: dict[Choice, Windows] = {}

    @cached_property
    def calendar(self) -> NewsCalendar | None:
        """The calendar, None if there is none."""
        return self._load()

    def use(self, calendar: NewsCalendar | None) -> None:
        """Another calendar from now on."""
        self.__dict__["calendar"] = calendar
        self._windows.clear()

    def windows(self, choice: Choice) -> Windows:
        """The windows of a choice."""
        if choice not in self._windows:
            self._windows[choice] = NOTHING_KNOWN if self.calendar is None else windows_of(self.calendar, choice)
        return self._windows[choice]


def windows_of(calendar: NewsCalendar, choice: Choice) -> Windows:
    """The windows of the chosen events, those that overlap or touch made one.

    A choice that no event of the whole calendar meets is known nowhere: the calendar does not list such events.
    """
    currencies = np.array(calendar.currencies)
    everyone = currencies == EVERYONE
    groups = [(currencies == c) | everyone for c in sorted(choice.currencies)] or [np.ones(len(currencies), np.bool_)]
    chosen = np.logical_or.reduce(groups) & (calendar.impact >= choice.impact)
    if choice.event:
        chosen &= kinds_of(calendar.names) & (1 << choice.event) > 0
    times = calendar.times[chosen]
    if not len(times):
        return NOTHING_KNOWN
    starts, ends = _joined(times - choice.before, times + choice.after)
    known: tuple[Times, Times] | None = None
    for group in groups:
        stretches = _covered(calendar.times[group & ~everyone if choice.currencies else group])
        known = stretches if known is None else _both(known, stretches)
    assert known is not None, "there is at least one group"
    first, last = known[0] + choice.after, known[1] - choice.before
    wide = first <= last
    return Windows(starts, ends, first[wide], last[wide])


def currencies_of(number: int, own: frozenset[str]) -> frozenset[str]:
    """The currencies that a word of the list `currency` stands for, `own` being those of the market; empty: all."""
    if number == OWN:
        return frozenset(own & set(_CURRENCIES.values())) or frozenset({"USD"})
    return frozenset() if number == ANY else frozenset({_CURRENCIES[number]})


def _joined(starts: Times, ends: Times) -> tuple[Times, Times]:
    """Rising intervals of one length, those that touch made one."""
    fresh = np.concatenate([[True], starts[1:] > ends[:-1]])
    return starts[fresh], ends[np.concatenate([fresh[1:], [True]])]


def _covered(times: Times) -> tuple[Times, Times]:
    """The stretches in which events follow each other without a hole."""
    if not len(times):
        return times, times
    hole = np.diff(times) > LONGEST_SILENCE
    return times[np.concatenate([[True], hole])], times[np.concatenate([hole, [True]])]


def _both(a: tuple[Times, Times], b: tuple[Times, Times]) -> tuple[Times, Times]:
    """What lies in a stretch of either list."""
    found = [
        (max(i, k), min(j, m))
        for i, j in zip(a[0].tolist(), a[1].tolist(), strict=True)
        for k, m in zip(b[0].tolist(), b[1].tolist(), strict=True)
        if max(i, k) <= min(j, m)
    ]
    return np.array([s for s, _ in found], dtype=np.int64), np.array([e for _, e in found], dtype=np.int64)
