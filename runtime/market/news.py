"""A calendar of news: when, for which currency, how important, and what kind of event its name says it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.runtime.market.errors import DataError

IMPACTS = ("none", "low", "medium", "high")
EVERYONE = "ALL"
"""The currency of events that concern all of them."""

_NAMES = {
    "nfp": r"(?<!adp )non-?farm (?:payrolls|employment change)",
    "cpi": r"\bcpi\b|consumer price index|index of consumer prices",
    "ppi": r"\bppi\b|producer price index",
    "pce": r"\bpce\b|personal consumption expenditure",
    "gdp": r"\bgdp\b|gross domestic product",
    "rate": r"\brate decision|federal funds rate|official bank rate(?! votes)|refinancing rate|\bpolicy rate"
    r"|\bcash rate|overnight rate",
    "fomc": r"\bfomc\b|^fed (?:interest )?rate decision|federal funds rate|fed's monetary policy statement"
    r"|^fed chair press conference|^fed announcement",
    "speech": r"\bspeech\b|\bspeaks\b|\btestif|\btestimony\b|press conference",
    "retail_sales": r"\bretail sales\b",
    "jobs": r"payrolls|employment|jobless|claimant",
    "pmi": r"\bpmi\b",
}
"""By word of the list `event`: what the name of such an event looks like, in lower case."""


class NewsError(DataError):
    """A calendar that cannot be used; the message names file and row, and what was expected."""


@dataclass(frozen=True, slots=True)
class NewsCalendar:
    """Events in order of time (UTC ms), `impact` an index of IMPACTS; `digest` is that of what they were read from."""

    source: str
    digest: str
    times: NDArray[np.int64]
    currencies: tuple[str, ...]
    impact: NDArray[np.int64]
    names: tuple[str, ...] = field(default=(), repr=False)

    def times_of(self, currencies: frozenset[str], impact: str = "high") -> NDArray[np.int64]:
        """The times of events of this importance or more for one of the currencies."""
        mine = np.array([c in currencies for c in self.currencies], dtype=bool)
        return self.times[mine & (self.impact >= IMPACTS.index(impact))]


def calendar_of(source: str, events: Iterable[tuple[int, str, int, str]], digest: str = "") -> NewsCalendar:
    """A calendar of events (UTC ms, currency, index of IMPACTS, name), in any order; raises NewsError for none."""
    rows = sorted(set(events))
    if not rows:
        raise NewsError(f"`{source}` holds no events: expected one row for each")
    times, currencies, impacts, names = zip(*rows, strict=True)
    text = "\n".join("\t".join(map(str, row)) for row in rows)
    return NewsCalendar(
        source,
        digest or hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
        np.array(times, dtype=np.int64),
        currencies,
        np.array(impacts, dtype=np.int64),
        names,
    )


def merged(calendars: Sequence[NewsCalendar]) -> NewsCalendar:
    """All events of several calendars, each once; of several words about its importance the highest counts."""
    found: dict[tuple[int, str, str], int] = {}
    for calendar in calendars:
        _raise_to(found, calendar)
    source = "; ".join(dict.fromkeys(part for c in calendars for part in c.source.split("; ")))
    return calendar_of(source, ((time, currency, impact, name) for (time, currency, name), impact in found.items()))


def added(old: NewsCalendar, new: NewsCalendar) -> tuple[int, int]:
    """How many events of a calendar another one does not have, and how many it has with less importance."""
    known: dict[tuple[int, str, str], int] = {}
    fresh: dict[tuple[int, str, str], int] = {}
    _raise_to(known, old)
    _raise_to(fresh, new)
    return sum(key not in known for key in fresh), sum(known.get(key, impact) < impact for key, impact in fresh.items())


def kinds_of(names: Sequence[str]) -> NDArray[np.int64]:
    """For each name the kinds of event that it is, bit n for the word with number n of the list `event`."""
    bits: dict[str, int] = {}
    numbers = ENUMERATIONS["event"]
    patterns = [(1 << numbers[word], re.compile(pattern)) for word, pattern in _NAMES.items()]
    for name in set(names):
        text = name.lower().replace("’", "'")
        bits[name] = sum(bit for bit, pattern in patterns if pattern.search(text))
    return np.array([bits[name] for name in names], dtype=np.int64)


def _raise_to(found: dict[tuple[int, str, str], int], calendar: NewsCalendar) -> None:
    for time, currency, name, impact in zip(
        calendar.times.tolist(), calendar.currencies, calendar.names, calendar.impact.tolist(), strict=True
    ):
        found[time, currency, name] = max(impact, found.get((time, currency, name), 0))
