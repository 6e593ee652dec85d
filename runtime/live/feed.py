"""What feeds a running instance: a clock that says when an instant has come, and the bars that came with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.market.appearing import Appearance
from tradeplan.runtime.market.growing import LateBar

Sleep = Callable[[float], bool]
"""Sleeps so many seconds at most; True: something wants to be looked at first."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a feed has to tell before an instant is handled.

    `late` bars are journalled before they count. `halts`: scopes (a market, `` for the account) that must open
    nothing more, with the reason. `away_until` (UTC ms): what is decided on bars up to then comes too late to be sent.
    `news`: the digest of another calendar of news. `begun`: plans that `lacks` held back may begin.
    """

    late: tuple[LateBar, ...] = ()
    halts: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()
    away_until: int | None = None
    news: str | None = None
    begun: bool = False


NOTHING = Arrivals()


@dataclass(frozen=True, slots=True)
class Past:
    """What a run's journal says of its bars: those that came `late`, and what was not known from the beginning.

    `begun`: it holds something, so that what comes from now on was not known before either.
    """

    late: Sequence[LateBar] = ()
    later: Sequence[Appearance] = ()
    begun: bool = False


class Feed(Protocol):
    """In the order of a run: `open`, `start`, `need`; for each instant `wait_until`, `arrivals`, `deliver`; `close`.

    After `need` and `seek`, and before `arrivals`, something may have `appeared`: it is journalled, then `show`n.
    """

    @property
    def speed(self) -> float | None:
        """Feed seconds a second; None: as fast as possible, so that nothing can be late."""

    def begin_news(self, digest: str | None) -> Arrivals:
        """The calendar of news before the first step; `digest` is that of the one used last."""

    def open(self, past: Past, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Have the history of all that was ever fed to this run, and of what the plans need if it begins only now."""

    def start(self, at: int, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """The feed begins, or goes on, after this time (UTC ms); `plans` and `guards` are those that run already."""

    def need(self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Feed what these plans need from now on, history included, and nothing else."""

    def seek(self) -> bool:
        """Ask again for what lacks, if it is time: for whoever waits for no instant. Whether something has come."""

    def appeared(self) -> tuple[Appearance, ...]:
        """What came to be known and is not shown yet."""

    def show(self) -> None:
        """Let what `appeared` be seen by the next step."""

    def lacks(self, block: CheckedPlan | CheckedGuard) -> str:
        """Why a plan or guard has to wait: its bars cannot be had at present. Empty: it need not."""

    def now(self) -> int:
        """The feed's time in UTC milliseconds."""

    def wait_until(self, instant: int, sleep: Sleep) -> bool:
        """Wait for an instant and its bars; False: woken before."""

    def arrivals(self, after: int) -> Arrivals:
        """What came; `after` is the instant handled last. Nothing counts before `deliver`."""

    def deliver(self) -> None:
        """Let what came be seen by the next step."""

    def tidings(self) -> tuple[str, ...]:
        """What people should know before the next instant comes: that may take long when nobody answers."""

    def close(self) -> None:
        """End."""


@dataclass(slots=True)
class ReplayClock:
    """The feed of stored or simulated bars, which are all there from the beginning.

    `speed` is feed seconds a second, None for as fast as possible: then the feed's time is simply that of the last
    instant handed out, and it stands still while the program is away. `resume_at` (UTC ms) says that the feed had
    gone on to that time while the program was away.
    """

    speed: float | None
    resume_at: int | None = None
    _began: float = field(default=0.0, init=False)
    _origin: int = field(default=0, init=False)
    _now: int = field(default=0, init=False)

    def open(self, past: Past, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Everything is there."""

    def need(self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Everything is there."""

    def seek(self) -> bool:
        """Everything is there."""
        return False

    def appeared(self) -> tuple[Appearance, ...]:
        """Everything was there from the beginning."""
        return ()

    def show(self) -> None:
        """Everything is seen."""

    def lacks(self, block: CheckedPlan | CheckedGuard) -> str:
        """Everything is there."""
        return ""

    def begin_news(self, digest: str | None) -> Arrivals:
        """What there is does not change."""
        return NOTHING

    def start(self, at: int, plans: Sequence[CheckedPlan] = (), guards: Sequence[CheckedGuard] = ()) -> None:
        """The feed begins, or goes on, at this time."""
        self._origin = self._now = max(at, self.resume_at or at)
        self._began = time.monotonic()

    def now(self) -> int:
        """The feed's time in UTC milliseconds."""
        if self.speed is None:
            return self._now
        return self._origin + int((time.monotonic() - self._began) * 1000 * self.speed)

    def wait_until(self, instant: int, sleep: Sleep) -> bool:
        """Wait for the feed to reach `instant`; `sleep(seconds)` tells whether something woke it. True when reached."""
        if self.speed is None:
            self._now = max(self._now, instant)
            return True
        while (left := (instant - self.now()) / 1000 / self.speed) > 0:
            if sleep(min(left, 0.25)):
                return False
        return True

    def tidings(self) -> tuple[str, ...]:
        """Nothing happens to what is stored."""
        return ()

    def arrivals(self, after: int) -> Arrivals:
        """No bar is ever late."""
        return NOTHING

    def deliver(self) -> None:
        """Nothing arrives."""

    def close(self) -> None:
        """Nothing to end."""
