"""What a run said beside its trades: exits that spoke, margin calls, limits that were broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.engine.events import Alert, Decision, MarginCall, events
from tradeplan.runtime.engine.voices import Spoken
from tradeplan.runtime.kernels.orders import layout as at


class Told:
    """Read once from the rows of a run: only those that say something, as a run has many that do not."""

    def __init__(self, recording: Recording) -> None:
        rows = recording.table
        kind = rows[:, at.EV_TYPE]
        decides = kind == at.TYPE_DECISION
        wanted = (decides | (kind == at.TYPE_ALERT)) & (rows[:, at.EV_VOICE] != 0.0)
        wanted |= decides & (rows[:, at.EV_REASON] == at.OVER_LIMIT) | (kind == at.TYPE_MARGIN_CALL)
        found = list(events(rows[np.flatnonzero(wanted)], recording.program))
        self.spoken: list[Decision | Alert] = [e for e in found if isinstance(e, Decision | Alert) and e.spoken]
        self.broken_limits: list[Decision] = [e for e in found if isinstance(e, Decision) and e.limit is not None]
        self.margin_calls: list[MarginCall] = [e for e in found if isinstance(e, MarginCall)]

    def closed_by(self) -> dict[tuple[str, int], Spoken]:
        """Which exit closed a position, by plan and position: that of its last CLOSE."""
        return {
            (e.plan, e.position): e.spoken
            for e in self.spoken
            if isinstance(e, Decision) and e.about == "close" and e.outcome == "sent" and e.spoken is not None
        }

    def exits(self) -> dict[str, dict[str, int]]:
        """How often each exit spoke when something was closed, by plan and `structure on H1, critical`."""
        return _counted(
            (e.plan, e.spoken.what)
            for e in self.spoken
            if isinstance(e, Decision) and e.about == "close" and e.outcome == "sent" and e.spoken is not None
        )

    def limits(self) -> dict[str, dict[str, int]]:
        """How often each limit refused something, by guard and text."""
        return _counted((e.limit.guard, e.limit.limit) for e in self.broken_limits if e.limit is not None)

    def as_dict(self) -> dict[str, list[dict[str, Any]]]:
        """As plain values, for JSON; a reading that was UNKNOWN is None."""
        return {
            "spoken": [_spoken(e) for e in self.spoken],
            "margin_calls": [asdict(e) for e in self.margin_calls],
            "broken_limits": [_broken(e) for e in self.broken_limits],
        }


def _counted(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (owner, what), count in sorted(Counter(pairs).items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        found.setdefault(owner, {})[what] = count
    return found


def _spoken(event: Decision | Alert) -> dict[str, Any]:
    said = {} if event.spoken is None else asdict(event.spoken)
    if isinstance(event, Alert):
        about = {"plan": event.owner, "rule": event.rule, "about": "alert", "outcome": "sent", "position": 0}
    else:
        about = {"plan": event.plan, "rule": event.rule, "about": event.about, "outcome": event.outcome}
        about |= {"position": event.position}
    return {"time": event.time, **about, **said}


def _broken(event: Decision) -> dict[str, Any]:
    limit = event.limit
    assert limit is not None
    value = limit.value if limit.value == limit.value else None
    about = {"time": event.time, "plan": event.plan, "rule": event.rule, "about": event.about}
    return {**about, "guard": limit.guard, "limit": limit.limit, "value": value}
