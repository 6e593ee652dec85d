"""What the broker answered to requests, kept until it can be journalled: tickets and retcodes, each once."""

from __future__ import annotations

from tradeplan.runtime.broker.acts import Act, Batch
from tradeplan.runtime.broker.retcodes import Verdict
from tradeplan.runtime.broker.sending import Sent

MOST = 1_000
"""How many answers are remembered so that the same one is not told twice."""


class Answers:
    """Collects answers of one round of sending.

    They decide nothing: what was carried out is looked up at the broker. So they are journalled together at the end of
    a round, and a kill before that loses a retcode and nothing else.
    """

    def __init__(self) -> None:
        self._acts: Batch = []
        self._newest: dict[tuple[str, int], tuple[int, float]] = {}

    def note(
        self,
        plan: str,
        about: str,
        sent: Sent,
        number: int,
        level: float = 0.0,
        intent: int | None = None,
        part: int = 0,
    ) -> Sent:
        """Take an answer down. `number`: a position, order or magic number; `level`: a price asked or volume held.

        A request is made again at every look while its answer is "later": the same answer to the same is told once.
        """
        if sent.verdict is Verdict.LATER and not sent.retcode:
            return sent  # nobody was asked
        key, said = (about, number), (sent.retcode, level)
        if self._newest.pop(key, None) != said:
            body = {"plan": plan, "about": about, "intent": intent, "part": part}
            self._acts.append(Act("answered", body | {"order": sent.order, "retcode": sent.retcode, "text": sent.why}))
        self._newest[key] = said
        if len(self._newest) > MOST:
            del self._newest[next(iter(self._newest))]
        return sent

    def take(self) -> Batch:
        """What has come since the last call, as one batch."""
        taken, self._acts = self._acts, []
        return taken
