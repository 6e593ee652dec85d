"""A run on a terminal's feed beside its backtest: equal while bars come in time, and what late ones changed is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tradeplan.runtime.cli._past import world_of_run
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.watch.compare import Comparison, compare
from tradeplan.runtime.watch.past import PastJournal

from tests.runtime.feed.floor import HOUR, MINUTE, minutes
from tests.runtime.feed.test_instance_on_mt5 import BEGIN, Desk


@pytest.fixture(scope="module")
def bars() -> Mapping[str, Rates]:
    return minutes(("usdjpy", "btc"))


def compared(desk: Desk, as_scheduled: bool) -> Comparison:
    journal = PastJournal(desk.folder / "run.db")
    try:
        return compare(journal, world_of_run(journal, None, as_scheduled))
    finally:
        journal.close()


def test_bars_in_time_give_the_backtest(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    desk = Desk(tmp_path, bars)
    desk.run(BEGIN + 3 * HOUR)
    found = compared(desk, as_scheduled=True)
    assert found.differences == ()
    assert found.decisions > 5
    assert {s.total for s in found.slippage} == {0.0}


def test_what_a_late_bar_changed_is_a_difference(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    desk = Desk(tmp_path, bars)

    def hide(step: int) -> None:
        faults = desk.floor.world.faults
        if step > 60 and step % 8 == 4:  # just before a step of M5 or M15 in many of these minutes
            faults.add("hidden", "*", times=-1, bars=1)
        elif step % 8 == 7:
            faults.clear()

    desk.run(BEGIN + 3 * HOUR, hide)
    # with the bars as they came the replay decides alike; with the bars as they should have come it does not
    assert compared(desk, as_scheduled=False).differences == ()
    found = compared(desk, as_scheduled=True)
    assert found.differences
    assert found.differences[0].time >= BEGIN + 60 * MINUTE
