"""Exits and what they are made of, worked out by hand, both ways; the mirror of a price is 200 less it."""

from __future__ import annotations

import math

import pytest
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import run

U = math.nan
THRESHOLDS = {"structure_break": 0.7, "momentum_loss": 0.6, "volume_decline": 0.5}


def column(name: str, parameters: dict[str, float], output: str = "", **series: list[float]) -> list[float]:
    """A result over whole columns."""
    function = catalog()[name]
    return run(function, parameters, series)[output or function.outputs[0].name]


def alike(got: list[float], want: list[float]) -> None:
    """Equal but for rounding, UNKNOWN equal to UNKNOWN."""
    assert got == pytest.approx(want, nan_ok=True, abs=1e-12)


def mirror(prices: list[float]) -> list[float]:
    return [200.0 - price for price in prices]


def test_a_structure_break_is_measured_from_the_bars_before_it() -> None:
    high, low = [101.0, 102, 101, 101, 103], [99.0, 98, 99, 95, 97]
    close, atr = [100.0, 100, 100, 96, 103], [2.0, 2, 2, 2, 4]
    bars = {"high": high, "low": low, "close": close, "atr": atr}
    # bar 3 closes at 96, 2 below the lowest low before it (98): 1 ATR; its own low of 95 does not count
    alike(column("structure_break", {"direction": -1, "period": 3}, **bars), [U, U, U, 1.0, 0.0])
    # bar 4 closes at 103, 1 above the highest high of bars 1 to 3 (102): a quarter of its ATR of 4
    alike(column("structure_break", {"direction": 1, "period": 3}, **bars), [U, U, U, 0.0, 0.25])
    turned = {"high": mirror(low), "low": mirror(high), "close": mirror(close), "atr": atr}
    alike(column("structure_break", {"direction": 1, "period": 3}, **turned), [U, U, U, 1.0, 0.0])
    alike(column("structure_break", {"direction": -1, "period": 3}, **turned), [U, U, U, 0.0, 0.25])


def test_a_close_on_the_extreme_is_no_break() -> None:
    bars = {"high": [101.0, 101, 101], "low": [99.0, 99, 99], "close": [100.0, 100, 99], "atr": [2.0, 2, 2]}
    alike(column("structure_break", {"direction": -1, "period": 2}, **bars), [U, U, 0.0])


def test_thrust_is_a_move_in_atrs_with_the_volume_behind_it() -> None:
    close, volume, atr = [100.0, 101, 104, 98], [10.0, 20, 20, 10], [2.0, 2, 2, 2]
    # bar 2: 4 up in two bars is 2 ATRs: 0.7 x 2; volume 10 -> 20 grows by 10 of 20: 0.3 x 0.5
    # bar 3: 3 down is 1.5 ATRs: -1.05; volume 20 -> 10 shrinks by half: -0.15
    up = column("thrust", {"direction": 1, "period": 2}, close=close, tick_volume=volume, atr=atr)
    alike(up, [U, U, 1.55, -1.2])
    down = column("thrust", {"direction": -1, "period": 2}, close=close, tick_volume=volume, atr=atr)
    # turned round in price, not in volume: -1.4 + 0.15 and 1.05 - 0.15
    alike(down, [U, U, -1.25, 0.9])
    alike(column("thrust", {"direction": -1, "period": 2}, close=mirror(close), tick_volume=volume, atr=atr), up)


def test_momentum_is_lost_where_the_thrust_is_against() -> None:
    alike(column("momentum_loss", {"direction": 1, "period": 2}, thrust=[U, 1.55, 0, -1.2]), [U, 0, 0, 1.2])


def test_the_share_of_volume_that_is_gone() -> None:
    volume = [30.0, 10, 20, 10, 5, 40]
    # bar 4: (10 + 5) / 2 = 7.5 beside (30 + 10 + 20) / 3 = 20; bar 5: (5 + 40) / 2 beside (10 + 20 + 10) / 3
    ratio = column("volume_ratio", {"recent": 2, "before": 3}, tick_volume=volume)
    alike(ratio, [U, U, U, U, 7.5 / 20, 22.5 / (40 / 3)])
    alike(column("volume_decline", {"recent": 2, "before": 3}, volume_ratio=ratio), [U, U, U, U, 0.625, 0.0])


def test_a_market_without_volume_says_nothing_of_it() -> None:
    alike(column("volume_ratio", {"recent": 1, "before": 2}, tick_volume=[0.0, 0, 5, 1]), [U, U, U, 0.4])


def test_atr_beside_its_mean() -> None:
    alike(column("atr_ratio", {"period": 2}, atr=[U, 1.0, 3.0, 1.0, 0.0, 0.0]), [U, U, 1.5, 0.5, 0.0, U])


def ranking(**voices: float) -> tuple[float, ...]:
    """(rank, strength, kind, timeframe) of one bar; a voice that is not given is 0."""
    names = [p.name for p in catalog()["exit_ranking"].series]
    series = {name: [voices.get(name, 0.0)] for name in names}
    results = run(catalog()["exit_ranking"], THRESHOLDS, series)
    return tuple(column[0] for column in results.values())


@pytest.mark.parametrize(
    ("voices", "want"),
    [
        ({}, (0, 0, 0, 0)),
        ({"structure_m5": 0.7}, (3, 0.7, 1, 5)),  # from the threshold on: high
        ({"structure_m5": 1.4}, (4, 1.4, 1, 5)),  # twice of it: critical
        ({"structure_m5": 0.35}, (1, 0.35, 1, 5)),  # half of it: low
        ({"structure_m5": 0.34}, (0, 0, 0, 0)),
        ({"momentum_h1": 0.6}, (2, 0.6, 2, 60)),
        ({"momentum_h1": 5.0}, (2, 5.0, 2, 60)),  # never more than medium
        ({"volume_m1": 0.5}, (2, 0.5, 3, 1)),
        ({"volume_m1": 0.25, "momentum_m15": 0.3}, (1, 0.3, 2, 15)),
        ({"momentum_m1": 9.0, "structure_m15": 0.8}, (3, 0.8, 1, 15)),  # the rank comes first
        ({"momentum_m1": 0.8, "volume_h1": 0.9}, (2, 0.9, 3, 60)),  # then the strength
        ({"structure_m1": 0.9, "structure_h1": 0.9, "structure_m5": 0.9}, (3, 0.9, 1, 60)),  # then the slower
        ({"volume_h1": 0.7, "momentum_m1": 0.7}, (2, 0.7, 2, 1)),  # momentum before volume
        ({"structure_h1": math.nan, "structure_m1": 0.7}, (3, 0.7, 1, 1)),  # what is UNKNOWN has no voice
    ],
)
def test_the_most_urgent_exit(voices: dict[str, float], want: tuple[float, ...]) -> None:
    assert ranking(**voices) == want


def test_a_ranking_of_nothing_known_is_unknown() -> None:
    names = [p.name for p in catalog()["exit_ranking"].series]
    assert all(math.isnan(value) for value in ranking(**dict.fromkeys(names, math.nan)))


def test_choose_and_strongest() -> None:
    alike(column("choose", {}, condition=[1, 0, U, 1], yes=[1, 2, 3, U], no=[4, U, 6, 7]), [1, U, U, U])
    alike(column("choose", {}, condition=[1, 0], yes=[1, U], no=[U, 5]), [1, 5])
    alike(column("strongest", {}, values0=[1, U, -3, U], values1=[0, 2, -2, U]), [1, 2, -2, U])
