"""A terminal that is away for a moment while a market is looked up: nothing is refused for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tradeplan.runtime.broker.mt5 import Markets
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Reply

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
