"""Plans that cannot begin yet: nobody answered when their bars were asked for, or their market has none."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.feed.need import FINEST, Series, series_needed
from tradeplan.runtime.feed.stream_need import streams_needed
from tradeplan.runtime.market.profiles import Profiles


class Owed:
    """`asked` is for whom was asked last; `unanswered`: nobody answered, so it has to be asked again."""

    def __init__(self, profiles: Profiles) -> None:
        self.asked: tuple[Sequence[CheckedPlan], Sequence[CheckedGuard]] = (), ()
        self.unanswered = False
        self._profiles, self._paid = profiles, False

    def put_off(self) -> None:
        """Nobody answered."""
        self.unanswered = True

    def had(self) -> None:
        """All that there is has come."""
        self._paid, self.unanswered = self._paid or self.unanswered, False

    def paid(self) -> None:
        """Something that lacked has come."""
        self._paid = True

    def lacks(self, block: CheckedPlan | CheckedGuard, fed: Container[Series]) -> str:
        """Why a plan or guard has to wait, empty if it need not. What it merely reads it does without meanwhile."""
        plans, guards = ((block,), ()) if isinstance(block, CheckedPlan) else ((), (block,))
        needed = series_needed(plans, guards, self._profiles)
        if self.unanswered and (streams_needed((block,)) or any(key not in fed for key in needed)):
            return "its bars cannot be had while nobody answers: it begins when somebody does"
        for plan in plans:
            for timeframe in (FINEST, plan.timeframe):
                if (plan.market, timeframe) not in fed:
                    return f"there are no {timeframe} bars of {plan.market} so far: it begins when there are"
        return ""

    def take(self) -> bool:
        """Whether something that was put off has come since the last call."""
        paid, self._paid = self._paid, False
        return paid
