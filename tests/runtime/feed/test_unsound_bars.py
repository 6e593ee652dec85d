"""A bar whose prices cannot be is left out and told: no number of it may reach a plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.mt5.terminal import Call, Reply

from tests.runtime.feed.floor import DAY, MINUTE, MONDAY, Floor, minutes
from tests.runtime.feed.test_mt5_feed import PLAN, go
from tests.runtime.live.world import checked


@pytest.mark.parametrize(
    ("field", "value"), [("close", float("nan")), ("high", float("inf")), ("low", 0.0), ("low", 1e9), ("open", -1.0)]
)
def test_a_bar_that_cannot_be_is_left_out(tmp_path: Path, field: str, value: float) -> None:
    floor = Floor(tmp_path, minutes(("usdjpy", "btc")))
    bad = [MONDAY + DAY + n * MINUTE for n in (-100, 5)]  # one of the history, one that comes later
    shown = [floor.world.clock.broker(time) // 1000 for time in bad]
    asked = floor.terminal.batch

    def bent(calls: Sequence[Call]) -> list[Reply]:
        replies = []
        for call, reply in zip(calls, asked(calls), strict=True):
            if call.name == "copy_rates_from_pos" and call.arguments[:2] == (floor.symbol("usdjpy"), 1):
                rows = reply.value.copy()
                rows[field][np.isin(rows["time"], shown)] = value
                reply = reply._replace(value=rows)
            replies.append(reply)
        return replies

    floor.terminal.batch = bent  # type: ignore[method-assign]  # a terminal that gives other bars
    feed = floor.begun(checked(PLAN)[0])
    told = [text for came in go(feed, floor, 20) for text in came.told]
    bars = feed.dataset.bars("usdjpy", "M1")
    assert bars is not None
    assert not np.isin(bad, bars.open_time).any()
    assert np.isin([time + MINUTE for time in bad], bars.open_time).all()
    assert len([text for text in told if "usdjpy M1" in text]) == 2, told
