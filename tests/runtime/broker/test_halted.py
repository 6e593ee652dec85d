"""What a person's halt does to orders of a run with a broker outside: what is not filled yet is not to fill."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.broker.test_trading import deals_sent, fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.world import ramp

NOW = "PLAN a\nTRADE btc ON M1\nWHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips\n"
LATER = (
    "PLAN a\nTRADE btc ON M15\nWHEN time = 00:30 THEN BUY 0.4 lots AT STOP close + 20 pips FOR 4 bars STOP 50 pips\n"
)


def halted_after(world: BrokerWorld, minute: int, scope: str, resume: int = 0) -> None:
    """Run, halt right after the step of a minute and before anything is sent, and resume after another."""
    steps = 0

    def point(name: str) -> None:
        nonlocal steps
        if name == "stepped":
            steps += 1
            assert world.instance is not None
            if steps == minute:
                world.instance.halt(scope)
            if steps == resume:
                world.instance.resume(scope)

    world.run(point=point)


@pytest.mark.parametrize("scope", ["a", "btc", ""])
def test_an_order_that_was_decided_is_not_sent_once_its_plan_is_halted(tmp_path: Path, scope: str) -> None:
    world = BrokerWorld(tmp_path, ramp(30))
    world.write(NOW)
    halted_after(world, 10, scope)
    assert deals_sent(world) == []
    assert fills(world) == []


@pytest.mark.parametrize("scope", ["a", "btc", ""])
def test_an_order_that_waits_at_the_broker_is_taken_back_at_once(tmp_path: Path, scope: str) -> None:
    """10,029 + 20 is reached by the ask (12 above the bid) at 00:37, before the plan's next step at 00:45."""
    world = BrokerWorld(tmp_path, ramp(60))
    world.write(LATER)
    halted_after(world, 32, scope)
    assert world.server.ledger.orders == []
    assert fills(world) == []
    assert len([r for r in world.server.sender.log if r["action"] == 8]) == 1


def test_without_a_halt_both_would_have_filled(tmp_path: Path) -> None:
    for text, name in ((NOW, "now"), (LATER, "later")):
        (tmp_path / name).mkdir()
        world = BrokerWorld(tmp_path / name, ramp(60))
        world.write(text)
        world.run()
        assert [f[0] for f in fills(world)] == ["entry"], name


def test_a_halt_that_was_lifted_in_between_changes_nothing(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(60))
    world.write(LATER)
    halted_after(world, 3, "a", resume=20)
    assert [f[0] for f in fills(world)] == ["entry"]
