"""A terminal that is away for a moment while a market is looked up: nothing is refused for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tradeplan.runtime.broker.mt5 import Markets
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Reply, UnknownOutcome

from tests.mt5.in_process import InProcess
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.runtime.broker.test_trading import HOLD, acts, deals_sent
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.world import ramp


class Away(InProcess):
    """Does not answer the first two times that somebody asks for a symbol."""

    left = 2

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        if self.left and any(call.name == "symbol_info" for call in calls):
            self.left -= 1
            raise BridgeError("away")
        return super().batch(calls)


def test_an_order_on_a_new_market_waits_for_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.runtime.broker.world.resolve", lambda terminal, profiles: Markets(terminal, load_profiles())
    )
    world = BrokerWorld(tmp_path, ramp(60))
    away = Away(StandIn(world.server))
    away.call("initialize")
    world.terminal = away
    world.write(HOLD)
    world.run()
    assert away.left == 0
    assert acts(world, "refused") == []
    assert len(deals_sent(world)) == 1


class Silent(InProcess):
    """The first order is carried out, and the bridge never hears of it."""

    left = 1

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        replies = super().batch(calls)
        if self.left and calls[0].name == "order_send":
            self.left -= 1
            raise UnknownOutcome("no answer within 5 s")
        return replies


def test_an_answer_that_the_bridge_lost_is_looked_up_for_as_long_as_it_takes_to_show(tmp_path: Path) -> None:
    """Position and deal are shown a minute and a half later."""
    world = BrokerWorld(tmp_path, ramp(60), patience=3_600.0)
    silent = Silent(StandIn(world.server))
    silent.call("initialize")
    world.terminal = silent
    world.server.faults.add("late", "order_send", late=90_000)
    world.write(HOLD)
    world.run()
    assert silent.left == 0
    assert len(deals_sent(world)) == 1
    assert acts(world, "refused") == []
    assert len(acts(world, "unknown")) == 1
    assert [p.volume for p in world.server.ledger.positions] == [0.4]
