"""How long values wait for a day or a session to begin: the bound that the checker counts with, at every start."""

from __future__ import annotations

import math

import pytest
from tradeplan.dsl.graph import Graph, Lane
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

HOUR = 3600
SESSION_NAMES = ("asia", "london", "overlap", "new_york")


def first_known(values: list[float]) -> int:
    """How many bars it took."""
    return next(i for i, value in enumerate(values) if not math.isnan(value)) + 1


def needed(call: str) -> dict[Lane, int]:
    """The bars that the checker asks for."""
    text = f"PLAN p TRADE eurusd ON H1 WHEN known({call}) THEN BUY RISK 0.5% STOP 10 pips"
    checked = check_source(Source("test", text), catalog(), load_facts(), Graph())
    assert checked.ok, checked.diagnostics
    return dict(checked.plans[0].lookback)


@pytest.mark.parametrize("session", range(4))
def test_a_session_range_is_known_after_a_day_of_hours_and_one_at_the_latest(session: int) -> None:
    oracle = catalog()["session_range"].oracle
    assert oracle is not None
    longest = 0
    for start in range(24):
        hours = [start + i for i in range(60)]
        series = {
            "high": [1.0] * 60,
            "low": [1.0] * 60,
            "seconds": [float(h % 24 * HOUR) for h in hours],
            "day": [float(h // 24) for h in hours],
        }
        longest = max(longest, first_known(oracle(series, {"name": float(session)})["high"]))
    # the worst start is the session's own first hour: 24 bars lie before the next one, which is the 25th
    assert longest == 25
    assert needed(f"session_range({SESSION_NAMES[session]})") == {Lane("eurusd", "H1"): 25}


@pytest.mark.parametrize("name", ["day_open", "day_high", "day_low"])
def test_a_day_of_25_hours_is_known_after_26_bars_at_the_latest(name: str) -> None:
    function = catalog()[name]
    assert function.oracle is not None
    longest = 0
    for start in range(25):
        days = [0.0] * (25 - start) + [1.0] * 24  # from hour `start` of a day of 25 hours
        series = {"open": [1.0] * len(days), "high": [1.0] * len(days), "low": [1.0] * len(days), "day": days}
        longest = max(longest, first_known(function.oracle(series, {})[name]))
    assert longest == 26
    assert needed(name) == {Lane("eurusd", "H1"): 26}


def test_what_looks_back_on_it_asks_for_more_and_a_finer_view_for_the_same_time() -> None:
    # 288 bars of M5 are a day: 288 + 1, and two more for the past; 4 bars of H6 are a day: 4 + 1
    assert needed("M5.session_range(asia).high[2]") == {Lane("eurusd", "M5"): 291}
    assert needed("H6.session_range(asia)") == {Lane("eurusd", "H6"): 5}
