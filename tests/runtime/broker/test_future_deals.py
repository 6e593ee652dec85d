"""A deal whose time lies ahead, because the broker's clock jumped and nobody has noticed yet."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.runtime.broker.world import BrokerWorld, ServerTimes
from tests.runtime.live.world import MINUTE, START, ramp

HOLD = "PLAN hold\nTRADE btc ON M1\nWHEN time = 00:10 THEN BUY 0.4 lots STOP 500 pips\nWHEN held > 30m THEN CLOSE\n"


def test_a_deal_of_the_future_counts_from_when_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that is two hours ahead it would be bought at 02:10, and `held > 30m` would be said at 02:41.

    This world looks a minute after it sent: the entry of 00:10 is seen at 00:11, held for more than 30 minutes at
    00:42, and that its close was made is seen at 00:43.
    """
    world = BrokerWorld(tmp_path, ramp(120))
    world.write(HOLD)
    exact = ServerTimes.to_utc_ms
    monkeypatch.setattr(ServerTimes, "to_utc_ms", lambda self, seconds: exact(self, seconds) + 120 * MINUTE)
    world.run()
    with sqlite3.connect(world.database) as db:
        found = list(db.execute("select reason, (time - ?) / 60000 from fill order by rowid", [START]))
    assert found == [("entry", 11), ("close", 43)]
