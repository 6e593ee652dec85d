"""Functions that no outside library has, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import run

U = math.nan
HOUR = 3600.0


def column(name: str, parameters: dict[str, float], output: str = "", **series: list[float]) -> list[float]:
    """One output of a function over short columns."""
    return run(catalog()[name], parameters, series)[output or catalog()[name].outputs[0].name]


def alike(got: list[float], want: list[float]) -> None:
    """Equal, UNKNOWN equal to UNKNOWN."""
    assert got == pytest.approx(want, nan_ok=True, abs=0.0, rel=0.0)


def test_swing_low_is_strict_and_known_k_bars_later() -> None:
    low = [5, 4, 3, 4, 5, 2, 2, 5, 6, 1, 7, 8]
    # k = 2: the 3 at bar 2 is confirmed at bar 4; the two 2s deny each other; the 1 at bar 9 is confirmed at bar 11
    alike(column("swing_low", {"k": 2}, low=low), [U, U, U, U, 3, 3, 3, 3, 3, 3, 3, 1])
    alike(column("swing_low", {"k": 2}, "confirmed", low=low), [U, U, U, U, 1, 0, 0, 0, 0, 0, 0, 1])


def test_swing_high_mirrors_it() -> None:
    high = [1, 2, 9, 3, 4, 4, 3]
    alike(column("swing_high", {"k": 1}, high=high), [U, U, U, 9, 9, 9, 9])
    alike(column("swing_high", {"k": 1}, "confirmed", high=high), [U, U, 0, 1, 0, 0, 0])


def test_a_support_is_unknown_before_the_first_swing() -> None:
    alike(column("support", {"k": 3}, swing_low=[U, U, 1.5, 1.5, 1.7]), [U, U, 1.5, 1.5, 1.7])


HOLDS = {"bars": 3, "margin": 0.2, "wick": 0.1, "direction": 1}


@pytest.mark.parametrize(
    ("close", "low", "want"),
    [
        ([101, 101, 103], [100, 100, 100], 1),  # 103 > 100 + 0.2 * 10
        ([101, 101, 102], [100, 100, 100], 0),  # 102 is not beyond 102
        ([99.9, 101, 103], [99.5, 100, 100], 0),  # a close through the level
        ([100, 101, 103], [99, 100, 100], 1),  # a close on it, a wick 0.1 * 10 through it: just allowed
        ([101, 101, 103], [100, 98.9, 100], 0),  # a wick further through
    ],
)
def test_holds(close: list[float], low: list[float], want: float) -> None:
    bull = {"high": [110.0] * 3, "low": low, "close": close, "atr": [10.0] * 3, "level": [100.0] * 3}
    alike(column("holds", HOLDS, **bull), [U, U, want])
    bear = bull | {"high": [200 - v for v in low], "low": [90.0] * 3, "close": [200 - v for v in close]}
    alike(column("holds", HOLDS | {"direction": -1}, **bear), [U, U, want])


def test_holds_forgets_what_left_the_window() -> None:
    close, low = [90, 103, 103, 103], [89, 101, 101, 101]
    series = {"high": [110.0] * 4, "low": low, "close": close, "atr": [10.0] * 4, "level": [100.0] * 4}
    alike(column("holds", HOLDS, **series), [U, U, 0, 1])


def test_trend() -> None:
    close, sma = [10, 11, 12, 11, 9, 9], [9, 9, 9, 11.5, 10, 10]
    # bull at 1 and 2; at 3 below the average and falling: bear; at 4 too; at 5 not falling: neutral
    alike(column("trend", {"direction": 1, "period": 20}, close=close, sma=sma), [U, 1, 1, 0, 0, 0])
    alike(column("trend", {"direction": -1, "period": 20}, close=close, sma=sma), [U, 0, 0, 1, 1, 0])


def test_rsi_of_equal_prices_is_in_the_middle() -> None:
    alike(column("rsi", {"period": 2}, source=[1.1] * 5), [U, U, 50, 50, 50])


def test_zscore_of_equal_prices_is_unknown() -> None:
    alike(column("zscore", {"period": 2}, source=[1.1, 1.1, 1.1, 1.3]), [U, U, U, 1])


def test_change_is_in_percent_and_keeps_its_sign() -> None:
    alike(column("change", {"window": 2}, source=[100, 7, 50, 0, 75, 1]), [U, U, -50, -100, 50, U])


def test_bars_since() -> None:
    alike(column("bars_since", {}, condition=[0, 0, 1, 0, 0, U, 0, 1, 1, 0]), [U, U, 0, 1, 2, U, U, 0, 0, 1])


def test_value_when() -> None:
    got = column("value_when", {}, condition=[0, 1, 0, U, 0, 1, 0, 1], value=[1, 2, 3, 4, 5, 6, U, U])
    alike(got, [U, 2, 2, U, U, 6, 6, U])


def test_count() -> None:
    alike(column("count", {"window": 3}, condition=[1, 0, 1, 1, U, 1, 1, 1]), [U, U, 2, 2, U, U, U, 3])


def test_at_least_knows_when_the_unknown_ones_decide() -> None:
    series = {"conditions0": [1, 1, 0, U, 1], "conditions1": [1, U, U, U, 0], "conditions2": [0, 0, 0, 1, U]}
    alike(column("at_least", {"n": 2}, **series), [1, U, 0, U, U])


def test_sequence_needs_the_order_and_a_bar_for_each() -> None:
    first, then, last = [1, 0, 0, 0, 1, 0], [1, 0, 1, 0, 0, 0], [1, 0, 0, 1, 1, 1]
    # bar 0: the others could have come before the first bar, nobody knows; bar 3: bars 0, 2, 3 within 4;
    # bar 4: bars 0, 2, 4 take 5 bars; bar 5: the second step did not follow the new first
    alike(column("sequence", {"within": 4}, steps0=first, steps1=then, steps2=last), [U, 0, 0, 1, 0, 0])
    alike(column("sequence", {"within": 5}, steps0=first, steps1=then, steps2=last), [U, 0, 0, 1, 1, 0])


def test_sequence_of_one_is_the_condition() -> None:
    alike(column("sequence", {"within": 4}, steps0=[1, 0, U]), [1, 0, U])


def test_sequence_with_an_unknown_step() -> None:
    # the first step of bar 4 may have been TRUE; the second of bar 5 was; by then nothing before bar 0 counts
    first, last = [0, 0, 0, 0, U, 0], [0, 0, 0, 0, 1, 1]
    alike(column("sequence", {"within": 3}, steps0=first, steps1=last), [0, 0, 0, 0, 0, U])


def test_known_tells_truth_of_everything() -> None:
    alike(column("known", {}, value=[0, U, -1]), [1, 0, 1])


@pytest.mark.parametrize(
    ("name", "hours", "open_at"),
    [("asia", 0, {0, 7}), ("london", 1, {8, 12}), ("overlap", 2, {13, 15}), ("new_york", 3, {16, 20})],
)
def test_session_hours(name: str, hours: int, open_at: set[int]) -> None:
    hours_of_day = [0, 7, 8, 12, 13, 15, 16, 20, 21, 23]
    got = column("session", {"name": hours}, seconds=[hour * HOUR for hour in hours_of_day])
    assert {hour for hour, value in zip(hours_of_day, got, strict=True) if value == 1.0} == open_at


def test_session_range_follows_the_newest_session_only() -> None:
    # bars open at 6, 9 (london, begins unseen? no: a bar before it was seen), 11, 14, next day 8, 10
    series = {
        "seconds": [hour * HOUR for hour in (6, 9, 11, 14, 8, 10)],
        "day": [1, 1, 1, 1, 2, 2],
        "high": [9.0, 5, 6, 9, 3, 2],
        "low": [1.0, 4, 3, 1, 2, 1],
    }
    alike(column("session_range", {"name": 1}, "low", **series), [U, 4, 3, 3, 2, 1])
    alike(column("session_range", {"name": 1}, "high", **series), [U, 5, 6, 6, 3, 3])
    alike(column("session_range", {"name": 1}, "exists", **series), [U, 1, 1, 1, 1, 1])


def test_a_session_under_way_on_the_first_bar_does_not_count() -> None:
    series = {"seconds": [9 * HOUR, 10 * HOUR, 14 * HOUR, 8 * HOUR], "day": [1, 1, 1, 2]}
    series |= {"high": [5.0, 6, 9, 3], "low": [4.0, 3, 1, 2]}
    alike(column("session_range", {"name": 1}, "low", **series), [U, U, U, 2])


def test_the_day_so_far() -> None:
    day = [7, 7, 8, 8, 8, 9]
    alike(column("day_open", {}, open=[1, 2, 3, 4, 5, 6], day=day), [U, U, 3, 3, 3, 6])
    alike(column("day_high", {}, high=[9, 2, 3, 5, 4, 1], day=day), [U, U, 3, 5, 5, 1])
    alike(column("day_low", {}, low=[0, 2, 3, 5, 1, 6], day=day), [U, U, 3, 3, 1, 6])


def test_corr_leaves_out_bars_that_are_not_common() -> None:
    # returns from common bar to common bar: +100 %, +50 % against -50 %, -20 %. Two points, the one falling where the
    # other rises, lie on a falling line: exactly -1. With 2 of 3 returns the window is more than half covered.
    got = column("corr", {"window": 3}, other=[1.0, U, 2.0, 3.0, 3.3], source=[10.0, 7.0, 5.0, 4.0, U])
    assert got[3] == pytest.approx(-1.0, abs=1e-12)
    alike([got[0], got[1], got[2], got[4]], [U, U, U, U])


def test_corr_is_unknown_below_half_of_the_window() -> None:
    # bar 5 looks at the returns of bars 2 to 5, of which only bar 5 has one
    got = column(
        "corr", {"window": 4}, other=[1.0, 2.0, U, U, U, 3.0, 4.0, 6.0], source=[1.0, 3.0, 2.0, 2.0, 2.0, 4.0, 5.0, 4.0]
    )
    assert math.isnan(got[5])
    assert not math.isnan(got[7])


def test_volatility_is_the_deviation_of_simple_returns() -> None:
    # returns 2, 0, -50, 100 %: of the first two mean 1, deviation 1; then mean -25, deviation 25; then mean 25, 75
    got = column("volatility", {"period": 2}, source=[100.0, 102.0, 102.0, 51.0, 102.0])
    assert got == pytest.approx([U, U, 1.0, 25.0, 75.0], nan_ok=True, rel=1e-12)
    alike(column("volatility", {"period": 2}, source=[7.0, 14.0, 28.0, 56.0]), [U, U, 0.0, 0.0])
    # 100 and 0 %, then 0 and -100 %: deviation 50 both times; a return from 0 is none, and skipped
    got = column("volatility", {"period": 2}, source=[1.0, 2.0, 2.0, 0.0, 3.0])
    assert got == pytest.approx([U, U, 50.0, 50.0, U], nan_ok=True, rel=1e-12)
