"""Checks rates row by row and reports what is wrong with them; nothing is ever repaired here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.calendar import HOUR, MarketCalendar
from tradeplan.runtime.market.columns import PRICES
from tradeplan.runtime.market.rates import Rates

LISTED = 5
"""How many rows a finding names; it always tells how many there are."""
_ENOUGH_ROWS = 5
"""Below this many rows, "every row is so" says nothing about the source."""


class Severity(StrEnum):
    """An error makes results wrong and stops an import; a note is worth knowing."""

    ERROR = "error"
    NOTE = "note"


CODES: dict[str, tuple[Severity, str]] = {
    "disorder": (Severity.ERROR, "rows older than the row before them"),
    "duplicate": (Severity.ERROR, "rows with the time of the row before them"),
    "not_finite": (Severity.ERROR, "prices that are not a number or infinite"),
    "not_positive": (Severity.ERROR, "prices of zero or below"),
    "crossed": (Severity.ERROR, "bars whose high is below the low, or whose open or close lies outside"),
    "negative": (Severity.ERROR, "volumes or spreads that are negative or no number"),
    "misaligned": (Severity.ERROR, "bars that do not open on the timeframe's grid (or the profile's day boundary)"),
    "dst_gap": (Severity.ERROR, "local times that never were, because clocks were put forward over them"),
    "dst_overlap": (Severity.ERROR, "local times that were twice, and the order of rows does not tell which is meant"),
    "future": (Severity.ERROR, "bars that open in the future: is `--zone` the zone of these times?"),
    "timeframe": (Severity.ERROR, "rows are not of the timeframe that was said"),
    "crossed_quotes": (Severity.ERROR, "ticks whose bid is above the ask"),
    "crossed_book": (Severity.NOTE, "messages after which the best bid is not below the best ask"),
    "no_aggressor": (Severity.NOTE, "trades that do not tell who was the aggressor: they count for neither side"),
    "gap": (Severity.NOTE, "gaps inside sessions"),
    "outside_session": (Severity.NOTE, "bars wholly outside the profile's sessions"),
    "chained_open": (Severity.NOTE, "every open equals the close before it: the source holds no real opens"),
    "no_real_range": (Severity.NOTE, "every high and low is that of open and close: the source holds no real ones"),
    "no_spread": (Severity.NOTE, "no row has a spread: the profile's is used for all"),
}


REMEDIES: dict[str, str] = {
    "disorder": "sort the rows by time, the oldest first (a frame: `frame.sort_index()`)",
    "duplicate": "keep one row for each time (a frame: `frame[~frame.index.duplicated(keep='last')]`)",
    "not_finite": "leave these rows out (a frame: `frame.dropna()`): a bar that is missing is no error",
    "not_positive": "leave these rows out, or look whether the columns are prices",
    "crossed": "look whether columns are exchanged: high must be the highest of the four, low the lowest",
    "crossed_quotes": "look whether the columns of bid and ask are exchanged",
    "negative": "write 0 where a volume or spread is not known",
    "misaligned": "the times must be opens of bars in UTC: convert a broker's clock, and closes to opens",
}
"""What a person can do about an error, where the text of the finding does not say it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of problem: how many rows have it, and the first of them (counted from 0) with their times as read.

    `detail` adds what only this check knows, such as the longest gap. A finding about all rows has `rows` empty.
    """

    code: str
    count: int
    rows: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """Whether it stops an import."""
        return CODES[self.code][0]

    def text(self) -> str:
        """The finding in one line, rows counted from 1."""
        what = CODES[self.code][1]
        if not self.rows:
            return f"{what}{f' ({self.detail})' if self.detail else ''}"
        named = ", ".join(f"{row + 1} ({stamp(at)})" for row, at in zip(self.rows, self.times, strict=True))
        more = f" and {self.count - len(self.rows)} more" if self.count > len(self.rows) else ""
        return f"{self.count} {what}{f', {self.detail}' if self.detail else ''}: row {named}{more}"


def stamp(time: int) -> str:
    """UTC milliseconds as `2018-01-31 23:59`, with seconds only where there are any."""
    text = str(np.datetime64(time, "ms")).replace("T", " ").removesuffix(".000")
    return text.removesuffix(":00") if len(text) == 19 else text


def found(code: str, hit: NDArray[np.bool_], times: NDArray[np.int64], detail: str = "") -> list[Finding]:
    """A finding for the rows that are hit, or nothing."""
    rows = np.flatnonzero(hit)
    if not len(rows):
        return []
    first = rows[:LISTED]
    return [Finding(code, len(rows), tuple(first.tolist()), tuple(times[first].tolist()), detail)]


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop an import."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def verify(rates: Rates, timeframe: str, calendar: MarketCalendar) -> list[Finding]:
    """Every finding about the rates, errors first."""
    if not len(rates):
        return []
    findings = wrong(rates, timeframe, calendar)
    findings += _gaps(rates.time, timeframe, calendar)
    findings += found("outside_session", _outside(rates.time, timeframe, calendar), rates.time)
    findings += _whole(rates)
    return findings


def wrong(rates: Rates, timeframe: str, calendar: MarketCalendar) -> list[Finding]:
    """The errors alone, which cost a tenth of the time of all findings."""
    if not len(rates):
        return []
    time, false = rates.time, np.zeros(1, dtype=np.bool_)
    step = np.diff(time)
    findings = found("disorder", np.concatenate([false, step < 0]), time)
    findings += found("duplicate", np.concatenate([false, step == 0]), time)
    findings += _prices(rates)
    countable = np.isfinite(rates.tick_volume + rates.real_volume)
    negative = ~countable | (rates.tick_volume < 0) | (rates.real_volume < 0) | (rates.spread < 0)
    findings += found("negative", negative, time)
    findings += found("misaligned", calendar.bar_open(time, timeframe) != time, time, _grid(timeframe, calendar))
    return findings


def remedied(findings: Iterable[Finding]) -> list[str]:
    """Each error and what to do about it, in one line each."""
    return [f"{f.text()}; {REMEDIES[f.code]}" if f.code in REMEDIES else f.text() for f in errors(findings)]


def _grid(timeframe: str, calendar: MarketCalendar) -> str:
    return f"by the profile its day starts at {calendar.day_start}" if TIMEFRAMES[timeframe] > HOUR else ""


def _prices(rates: Rates) -> list[Finding]:
    rows, time = len(rates), rates.time
    infinite, low = np.zeros(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
    for name in PRICES:
        column = getattr(rates, name)
        infinite |= ~np.isfinite(column)
        low |= column <= 0
    crossed = (rates.high < np.maximum(rates.open, rates.close)) | (rates.low > np.minimum(rates.open, rates.close))
    crossed |= rates.high < rates.low
    return found("not_finite", infinite, time) + found("not_positive", low, time) + found("crossed", crossed, time)


def _gaps(time: NDArray[np.int64], timeframe: str, calendar: MarketCalendar) -> list[Finding]:
    closes = calendar.close_of(time, timeframe)
    due = calendar.scheduled_closes(timeframe, int(closes.min()), int(closes.max()))
    missing = np.searchsorted(due, closes[1:], side="left") - np.searchsorted(due, closes[:-1], side="right")
    hit = np.concatenate([[False], missing > 0])
    if not hit.any():
        return []
    worst = int(missing.argmax())
    detail = f"{int(missing[missing > 0].sum())} bars missing, most after {stamp(int(time[worst]))}: {missing[worst]}"
    return found("gap", hit, time, detail)


def _outside(time: NDArray[np.int64], timeframe: str, calendar: MarketCalendar) -> NDArray[np.bool_]:
    opened = calendar.session_clock(time)
    return np.asarray(calendar.session_clock(calendar.close_of(time, timeframe)) == opened, dtype=np.bool_)


def _whole(rates: Rates) -> list[Finding]:
    rows = len(rates)
    if rows < _ENOUGH_ROWS:
        return []
    findings: list[Finding] = []
    if (rates.open[1:] == rates.close[:-1]).all():
        findings.append(Finding("chained_open", rows - 1))
    top, bottom = np.maximum(rates.open, rates.close), np.minimum(rates.open, rates.close)
    if (rates.high == top).all() and (rates.low == bottom).all():
        findings.append(Finding("no_real_range", rows))
    if not rates.spread.any():
        findings.append(Finding("no_spread", rows))
    return findings
