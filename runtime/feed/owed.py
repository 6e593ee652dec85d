"""Plans whose bars could not be fetched because nobody answered: they begin when somebody does."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.feed.need import Series, series_needed
from tradeplan.runtime.market.profiles import Profiles


class Owed:
    """`asked`: what has to be asked for again; None: nothing."""

    def __init__(self, profiles: Profiles) -> None:
        self.asked: tuple[Sequence[CheckedPlan], Sequence[CheckedGuard]] | None = None
        self._profiles, self._paid = profiles, False

    def put_off(self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Nobody answered."""
        self.asked = plans, guards

    def had(self) -> None:
        """All that there is has come."""
        self._paid, self.asked = self._paid or self.asked is not None, None

    def lacks(self, block: CheckedPlan | CheckedGuard, fed: Container[Series]) -> bool:
        """Whether a plan or guard waits for bars that are to be asked for again."""
        if self.asked is None:
            return False
        plans, guards = ((block,), ()) if isinstance(block, CheckedPlan) else ((), (block,))
        return any(key not in fed for key in series_needed(plans, guards, self._profiles))

    def take(self) -> bool:
        """Whether something that was put off has come since the last call."""
        paid, self._paid = self._paid, False
        return paid
