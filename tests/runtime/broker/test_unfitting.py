"""An act that does not fit changes nothing, is told, and does not keep a run from starting again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tradeplan.runtime.broker.acts import Act

from tests.runtime.broker.test_trading import HOLD, fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.world import ramp


def test_an_act_that_does_not_fit_is_told_and_survived(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(120))
    world.write(HOLD)

    def confuse() -> None:
        assert world.broker is not None
        body = {"plan": "hold", "leg": 3, "reason": "stop", "rule": -1, "price": 1.0, "units": 5, "time": 0}
        read = world.broker.read
        batches = iter([[Act("fill", body)]])
        world.broker.read = lambda engine, until=None: (*batches, *read(engine, until))  # type: ignore[assignment,method-assign]

    world.run({20: confuse}, until=30)
    with sqlite3.connect(world.database) as db:
        (text,) = db.execute("select text from alert").fetchone()
    assert "leg 3 of `hold` has 0 units, not the 5 that were closed" in text
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_a_position_that_no_plan_holds_is_told(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(120))
    world.write(HOLD)

    def lose() -> None:
        assert world.broker is not None
        world.broker.memory._latest.clear()

    world.run({20: lose}, until=40)
    assert [said for said in world.said if "no plan holds it any more" in said]
