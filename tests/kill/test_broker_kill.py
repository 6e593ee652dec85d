"""25 kills of a run with a broker outside, on real bars: nothing sent twice, without its stop, or unknown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kill.broker_campaign import MINUTE, Torment, millis

pytestmark = [pytest.mark.real_data, pytest.mark.skipif(not hasattr(os, "fork"), reason="a life starts by fork")]
START = millis("2018-01-08")
END = START + 5 * 60 * MINUTE
PLACES = 700


def test_killed_while_the_market_stands_the_trades_are_those_of_an_undisturbed_run(
    real_data: Path, tmp_path: Path
) -> None:
    peace = Torment(real_data / "bars", tmp_path / "peace", START, END, 0, 0)
    peace.run(0)
    assert len(peace.trades()) > 20, "a run in which little happens tests little"
    killed = Torment(real_data / "bars", tmp_path / "killed", START, END, 1, 13)
    killed.run(PLACES)
    assert killed.died == 13
    assert sorted(set(peace.problems + killed.problems)) == []
    assert killed.trades() == peace.trades()


def test_killed_with_faults_while_the_market_goes_on(real_data: Path, tmp_path: Path) -> None:
    work = Torment(real_data / "bars", tmp_path / "killed", START, END, 2, 12, faults=True, outage=True)
    work.run(PLACES // 3)  # outages leave fewer places to die at
    assert work.died == 12
    assert sorted(set(work.problems)) == []
