"""Differences that the campaign found, made small: both sides must give the result worked out here."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import Row, fast, interpreted
from tests.oracle.hand import M5, START, profile

Bar = tuple[float, float, float, float] | None
FLAT = (100.0, 100.0, 100.0, 100.0)
UP = (100.0, 101.0, 100.0, 101.0)


def run_both(rows: list[Bar], text: str, capacity: int) -> tuple[list[Row], list[Row]]:
    """Decisions and fills of a plan on `red` M5, after making sure that both sides agree; None is a missing bar."""
    present = [(START + i * M5, row) for i, row in enumerate(rows) if row is not None]
    columns = np.array([row for _, row in present])
    zeros = np.zeros(len(present))
    rates = Rates(
        np.array([time for time, _ in present], dtype=np.int64),
        *(np.ascontiguousarray(columns[:, c]) for c in range(4)),
        zeros,
        zeros.astype(np.int32),
        zeros,
    )
    profiles = Profiles([profile(max_signal_age="1d")])
    dataset = Dataset.from_rates({("red", "M5"): rates}, profiles)
    checked = check_source(Source("test", text), catalog(), profiles.facts(), Graph())
    assert checked.ok, checked.diagnostics
    end = START + len(rows) * M5
    account = AccountConfig(record_moves=True)
    slow, _ = interpreted(checked.plans, checked.guards, dataset, account, end)
    quick = fast(checked.plans, checked.guards, dataset, account, Kernels("interpreted"), capacity, end)
    assert slow == quick
    return quick.decisions, quick.fills


def at(bars: int) -> int:
    """The open of bar number `bars`."""
    return START + bars * M5


@pytest.mark.parametrize("capacity", [1, 7, 4096])
def test_a_step_without_a_bar_does_not_see_the_next_bars_extreme(capacity: int) -> None:
    # bought at 100.2 on the open of bar 2; bar 4 is missing; bar 5 reaches 120: best = 19.8 from its close, at(6)
    rows: list[Bar] = [FLAT, UP, FLAT, FLAT, None, (100.0, 120.0, 100.0, 100.0), FLAT]
    text = """
        PLAN p TRADE red ON M5
        WHEN close > open THEN BUY 0.3 lots STOP 20 pips
        WHEN best >= 15 pips THEN ALERT "far", HALT FOR 1h
        WHEN profit > 100 pips THEN CLOSE
    """
    decisions, _ = run_both(rows, text, capacity)
    assert [d[0] for d in decisions if d[2] == "halt"] == [at(6)]


@pytest.mark.parametrize("capacity", [1, 4096])
def test_a_part_close_keeps_its_time_when_a_guard_flattens_after_it(capacity: int) -> None:
    # the half is asked for at(3), the guard's FLATTEN a minute later: at the open of bar 3 only the half is sold,
    # ceil(1.5) = 2 of 3 units, the last one at the open of bar 4
    rows: list[Bar] = [FLAT, UP, FLAT, FLAT, FLAT, FLAT]
    text = """
        PLAN p TRADE red ON M5
        WHEN close > open THEN BUY 0.3 lots STOP 20 pips
        WHEN profit < 0 pips THEN CLOSE 50%
        GUARD g
        WHEN time >= 00:16 THEN FLATTEN
    """
    _, fills = run_both(rows, text, capacity)
    assert [(f[0], f[3], f[5]) for f in fills] == [(at(2), "entry", 3), (at(3), "close", 2), (at(4), "close", 1)]


@pytest.mark.parametrize("capacity", [1, 4096])
def test_adds_for_one_open_fill_in_order_of_rule(capacity: int) -> None:
    # 4 units; the lower rule asks at(3) for 2, the upper at(4) for 1; bars 3 and 4 are missing, both fill at(5)
    rows: list[Bar] = [FLAT, UP, FLAT, None, None, FLAT]
    text = """
        PLAN p TRADE red ON M5
        WHEN close > open THEN BUY 0.4 lots STOP 20 pips
        WHEN held >= 10m THEN ADD 25%
        WHEN held >= 5m THEN ADD 50%
    """
    _, fills = run_both(rows, text, capacity)
    assert [(f[0], f[2], f[3], f[5]) for f in fills] == [
        (at(2), 0, "entry", 4),
        (at(5), 1, "add", 1),
        (at(5), 2, "add", 2),
    ]
