"""What a running instance shows of a step to those who watch it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event
from tradeplan.runtime.store.room import Room


@dataclass(frozen=True, slots=True)
class Step:
    """One instant that was handled: what was told since the last one, how long it took (s), how plans and feeds stand.

    `states` has `states` and `feeds` as they are kept with progress. The engine must only be looked at.
    `room` is that of the disk when it was looked at last.
    """

    engine: Engine
    told: Sequence[Event]
    seconds: float
    states: Mapping[str, object]
    room: Room | None = None
