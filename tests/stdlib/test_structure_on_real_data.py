"""Structure over a whole real series: how often it speaks, and that later bars never change what was said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.stdlib.real import Columns, bars_of, columns_of, rates

pytestmark = pytest.mark.real_data

DAY = 96  # bars of M15
LIFE = {"life": DAY}

ASKED: list[tuple[str, str, dict[str, float], float, float]] = [
    # function, result, what is given, the least and the greatest share of TRUE in percent
    ("swing_break", "continues", {}, 1.0, 3.0),
    ("swing_break", "changes", {}, 0.5, 2.0),
    ("bos", "bos", {}, 1.0, 3.0),
    ("choch", "choch", {}, 0.5, 2.0),
    ("fvg", "exists", LIFE, 20.0, 45.0),
    ("order_block", "exists", LIFE, 40.0, 75.0),
    ("mitigation_block", "exists", LIFE, 15.0, 45.0),
    ("breaker_block", "exists", LIFE, 20.0, 55.0),
    ("breaker_retest_chain", "breaker_retest_chain", LIFE | {"window": 16}, 1.0, 6.0),
    ("mitigation_cascade", "mitigation_cascade", LIFE | {"window": 16}, 0.01, 1.0),
    ("mss", "mss", LIFE, 1.0, 3.0),
    ("pullback", "pullback", {}, 0.05, 1.0),
    # 15 minutes are one bar here, so it cannot be TRUE more often than a gap is formed: on 8.4 percent of the bars
    ("liquidity_vacuum_refill", "liquidity_vacuum_refill", {"window": 1}, 1.0, 8.4),
    ("confluence", "confluence", {}, 0.0, 0.0),
]


@pytest.fixture(scope="module")
def bars(request: pytest.FixtureRequest) -> Columns:
    """EURUSD M15, 24,424 bars."""
    return bars_of(request.getfixturevalue("real_data"), "EURUSD", "M15")


def told(name: str, bars: Columns, side: float, given: dict[str, float]) -> Columns:
    """All outputs, with conditions of these bars where the function takes some."""
    body = side * (bars["close"] - bars["open"])
    series = {"imbalance": (body > 0.5 * (bars["high"] - bars["low"])).astype(float)}
    if name == "pullback":
        breaks = columns_of("bos", bars, direction=side)
        series |= {"broken": breaks["bos"], "origin": breaks["origin"]}
    return columns_of(name, bars, series, direction=side, **given)


@pytest.mark.parametrize("side", [1.0, -1.0], ids=["bull", "bear"])
@pytest.mark.parametrize(("name", "result", "given", "least", "most"), ASKED, ids=[f"{a[0]}.{a[1]}" for a in ASKED])
def test_rates_are_plausible_and_the_past_stays(
    name: str, result: str, given: dict[str, float], least: float, most: float, side: float, bars: Columns
) -> None:
    whole = told(name, bars, side, given)
    true, _, unknown = rates(whole[result])
    assert least <= true <= most
    assert unknown < 0.5
    for cut in (500, 6000, 17_777):
        part = told(name, {field: column[:cut] for field, column in bars.items()}, side, given)
        for output, column in part.items():
            assert np.array_equal(column, whole[output][:cut], equal_nan=True), f"`{output}` changes before bar {cut}"


def test_a_score_lies_between_0_and_100(bars: Columns) -> None:
    score = columns_of("confluence", bars)["confluence"]
    assert np.nanmin(score) >= 0.0
    assert np.nanmax(score) <= 100.0
    assert 20.0 < np.nanmean(score) < 80.0


def test_an_hour_of_m1_is_enough_for_a_cascade(real_data: Path) -> None:
    m1 = bars_of(real_data, "EURUSD", "M1")
    for side in (1.0, -1.0):
        column = columns_of("mitigation_cascade", m1, direction=side, window=60, life=1440)["mitigation_cascade"]
        assert 1.0 < rates(column)[0] < 8.0
