"""When a broker's clock shows midnight: its offset from UTC at every time, by a zone's rules for summer time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.sessions import parse_boundary
from tradeplan.runtime.market.zones import Times, Zone, day_clock, zone

HOUR = 3_600_000
_MARGIN = 2
"""A holiday makes a week or two look wrong; summer times of two rules differ in three weeks of a year or more."""
_ENOUGH_WEEKS = 4
US_DAY, EU_DAY = "17:00 America/New_York", "00:00 Europe/Athens"


@dataclass(frozen=True, slots=True)
class ServerRule:
    """A rule by what a profile would say of it: `text` is the `day_boundary`."""

    text: str
    zone: Zone
    shift: int

    def offset_at(self, time: int) -> int:
        """Broker time less UTC, in ms, at a UTC time."""
        return self.zone.offset_at(time) + self.shift

    def to_utc(self, broker: Times) -> Times:
        """UTC milliseconds of broker milliseconds; of an hour that comes twice, the first."""
        return self.zone.to_utc(broker - self.shift)

    def to_broker_at(self, time: int) -> int:
        """Broker milliseconds of a UTC time."""
        return time + self.offset_at(time)


def rule(boundary: str) -> ServerRule:
    """The clock of a broker whose day begins at a boundary such as `17:00 America/New_York`."""
    at, zone_name = parse_boundary(boundary)
    return ServerRule(boundary, zone(zone_name), -day_clock(zone_name, at).shift)


def rule_of(profile: SymbolProfile) -> ServerRule:
    """The clock that a profile tells of."""
    return rule(profile.day_boundary)


def fixed_rule(offset: int) -> ServerRule | None:
    """A clock without summer time; None for an offset that is no whole number of hours."""
    hours, rest = divmod(offset, HOUR)
    if rest or abs(hours) > 12:
        return None
    return rule("00:00 UTC" if not hours else f"00:00 Etc/GMT{-hours:+d}")


@dataclass(frozen=True, slots=True)
class WeekOpen:
    """The true time of a week's open (UTC ms), and the open of its first H1 bar by the broker's clock."""

    opened: int
    shown: int

    def fits(self, known: ServerRule) -> bool:
        """Whether a rule explains this week."""
        return known.offset_at(self.opened) == self.shown - self.opened // HOUR * HOUR


def week_opens(broker_opens: Times, starts: Times) -> list[WeekOpen]:
    """Week opens in H1 history (broker ms), by a calendar's session starts (UTC ms) that follow a day without trading.

    A week whose first bar is more than 15 hours from any start was shortened by a holiday and is left out.
    """
    if len(broker_opens) < 2 or len(starts) < 2:
        return []
    weekly = starts[1:][np.diff(starts) > 36 * HOUR]
    first = broker_opens[1:][np.diff(broker_opens) > 24 * HOUR]
    found = []
    for shown in first.tolist():
        near = int(np.searchsorted(weekly, shown))
        around = weekly[max(near - 1, 0) : near + 1]
        if len(around):
            opened = int(around[np.argmin(np.abs(around - shown))])
            if abs(opened - shown) <= 15 * HOUR:
                found.append(WeekOpen(opened, shown))
    return found


def best_rule(rules: Sequence[ServerRule], offset: int | None, now: int, weeks: Sequence[WeekOpen]) -> ServerRule:
    """The rule by which a broker's bars are told, of `rules` (not empty, the expected one first) or a fixed offset.

    Where week opens are known they decide: they are in the bars themselves, and a rule must explain two more than the
    expected one to be preferred. Without them the measured offset decides, and without that the expected rule stands.
    """
    candidates = list(rules)
    if offset is not None and all(r.offset_at(now) != offset for r in rules):
        known = fixed_rule(offset)
        candidates.append(ServerRule(f"UTC{offset / HOUR:+g} h", zone("UTC"), offset) if known is None else known)
    if len(weeks) < _ENOUGH_WEEKS:
        return next((r for r in candidates if offset is None or r.offset_at(now) == offset), candidates[0])
    fits = [sum(week.fits(r) for week in weeks) for r in candidates]
    best = fits.index(max(fits))
    return candidates[best] if fits[best] >= fits[0] + _MARGIN else candidates[0]
