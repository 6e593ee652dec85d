"""What the parts of a broker share: the terminal, what is remembered, the clocks, and the voice."""

from __future__ import annotations

from collections.abc import Callable

from tradeplan.runtime.broker.answers import Answers
from tradeplan.runtime.broker.clock import BrokerTimes
from tradeplan.runtime.broker.memory import Memory
from tradeplan.runtime.broker.pacing import Pacing
from tradeplan.runtime.broker.requests import Traded
from tradeplan.runtime.broker.sending import Fillings, Request, Sent, send
from tradeplan.runtime.mt5.terminal import Terminal


class Means:
    """`point(name)` is called before and after each call that sends; `timer` counts seconds.

    `patience`: seconds that the broker may take to show what it did.
    """

    def __init__(
        self,
        terminal: Terminal,
        traded: dict[str, Traded],
        clock: BrokerTimes,
        say: Callable[[str], None],
        point: Callable[[str], None],
        timer: Callable[[], float],
        patience: Callable[[], float],
    ) -> None:
        self.terminal, self.traded, self.clock = terminal, traded, clock
        self.say, self.point = say, point
        self.timer, self.patience = timer, patience
        self.memory, self.answers = Memory(), Answers()
        self.fillings, self.pacing = Fillings(terminal), Pacing(timer, patience)

    def send(self, make: Callable[[], Request]) -> Sent:
        """Send what `make` makes, again with new prices after a requote."""
        return send(self.terminal, make, self.point, self.timer)


class WithMeans:
    """A part of the broker: it has what all of them share at hand."""

    def __init__(self, means: Means) -> None:
        self.terminal, self.traded, self.clock = means.terminal, means.traded, means.clock
        self.say, self.timer, self.patience = means.say, means.timer, means.patience
        self.memory, self.answers = means.memory, means.answers
        self.fillings, self.pacing = means.fillings, means.pacing
        self.send = means.send
