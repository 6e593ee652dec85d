"""When a run hands free memory back: after the first step of a new set of plans, and now and then."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.live import switch

from tests.runtime.live.world import World, dataset_of, ramp

PLAN = "PLAN p\nTRADE btc ON M1\nWHEN close > 20000 THEN BUY 0.1 lots STOP 50 pips\n"


def test_after_a_new_set_and_every_so_many_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 60 steps the first follows a new set, and so does the one after the edit at step 30; else every tenth."""
    handed: list[int] = []
    world = World(tmp_path, dataset_of(ramp(60)), minutes=60)
    monkeypatch.setattr(switch, "TIDY_STEPS", 10)
    monkeypatch.setattr(switch, "hand_back", lambda: handed.append(steps))
    steps = 0

    def at(name: str) -> None:
        nonlocal steps
        steps += name == "stepped"

    world.write("p.plan", PLAN)
    world.run({30: lambda: world.write("p.plan", PLAN.replace("20000", "30000"))}, point=at)
    assert handed == [1, 11, 21, 31, 41, 51]
