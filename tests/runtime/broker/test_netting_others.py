"""Volume of others in a net position: only what the run holds is closed, and a position that they turned is theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.broker.test_protections import make, told
from tests.runtime.broker.test_trading import HOLD
from tests.runtime.broker.world import BrokerWorld


def strip(world: BrokerWorld) -> None:
    """Take the stop away by hand, and let the server refuse every new one."""
    world.server.remove_stop(world.server.ledger.positions[0].ticket)
    world.server.faults.add("refuse", "order_send", retcode=10016)


@pytest.mark.parametrize("act", ["close", "stop"])
def test_of_a_net_position_only_our_part_is_closed(tmp_path: Path, act: str) -> None:
    """0.4 are the run's, 0.3 somebody's: what is left is 0.3, closed by the plan or for want of a stop."""
    world = make(tmp_path, HOLD, mode="netting")
    acts = {20: lambda: world.server.deal_by_hand("BTCUSD", 0, 0.3)}
    if act == "stop":
        acts[30] = lambda: strip(world)
    world.run(acts)
    assert [p.volume for p in world.server.ledger.positions] == [0.3]
    assert [d.volume for d in world.server.ledger.deals] == [0.4, 0.3, 0.4]


def test_a_net_position_that_others_turned_round_is_left_alone(tmp_path: Path) -> None:
    """0.4 bought by the run, 1.0 sold by somebody: the short 0.6 is theirs, without stops or closes of the run."""
    world = make(tmp_path, HOLD, mode="netting")
    sent = 0

    def turn() -> None:
        nonlocal sent
        world.server.deal_by_hand("BTCUSD", 1, 1.0)
        sent = len(world.server.sender.log)

    world.run({20: turn})
    (left,) = world.server.ledger.positions
    assert (left.side, left.volume) == (1, 0.6)
    assert len(world.server.sender.log) == sent, "no close and no levels"
    assert told(world, "others trade it on this netting account")
