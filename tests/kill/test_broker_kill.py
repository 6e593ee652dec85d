"""25 kills of a run with a broker outside, on real bars: nothing sent twice, without its stop, unknown, or missed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kill.broker_campaign import Series, millis

pytestmark = [pytest.mark.real_data, pytest.mark.skipif(not hasattr(os, "fork"), reason="a life starts by fork")]
START = millis("2018-01-19")


def test_killed_while_the_market_stands_the_trades_are_those_of_an_undisturbed_run(
    real_data: Path, tmp_path: Path
) -> None:
    killed = Series(real_data / "bars", tmp_path, START, 1.5, 3, 13).run()
    assert killed.problems == []
    assert killed.alike
    assert sum(killed.died.values()) == 13
    assert killed.traded > 100, "a run in which little happens tests little"
    assert killed.checked["exits as in peace"] > 10
    assert killed.stops > 100


def test_killed_with_faults_while_the_market_goes_on(real_data: Path, tmp_path: Path) -> None:
    killed = Series(real_data / "bars", tmp_path, START, 2.5, 2, 12, "both").run()
    assert killed.problems == []
    assert sum(killed.died.values()) == 12
    assert killed.outages
    assert sum(killed.troubles.met.values()) > 12, "faults that meet no request test nothing"


def test_killed_while_plans_are_edited_and_positions_are_moved(real_data: Path, tmp_path: Path) -> None:
    killed = Series(real_data / "bars", tmp_path, START, 0.5, 4, 3, "moves").run()
    assert killed.problems == []
    assert sum(killed.died.values()) == 3
    said = (tmp_path / "killed" / "said.txt").read_text(encoding="utf-8")
    assert "its position goes on by version" in said
