"""Functions of correlation, volatility and momentum, worked out by hand; the mirror of a price is 200 less it."""

from __future__ import annotations

import math

import pytest
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import run

U = math.nan


def column(name: str, parameters: dict[str, float], output: str = "", **series: list[float]) -> list[float]:
    """One output of a function over short columns."""
    return run(catalog()[name], parameters, series)[output or catalog()[name].outputs[0].name]


def alike(got: list[float], want: list[float]) -> None:
    """Equal but for rounding, UNKNOWN equal to UNKNOWN."""
    assert got == pytest.approx(want, nan_ok=True, abs=1e-12, rel=1e-12)


def test_stalled_compares_with_the_steepest_before_whichever_way_it_goes() -> None:
    # half = 2: each slope beside the steeper of the two before it
    slopes = [4.0, 3.0, 1.9, 1.5, 1.5, -0.1, -8.0, -5.0, -3.9, 0.0, 0.0, 0.0, 1.0]
    #   1.9 < 4/2; 1.5 is 3/2, not below it; 1.5 > 1.9/2; -0.1 turned; -8 against 1.5 turned; -5 > 8/2 in size;
    #   -3.9 < 4; 0 beside -5; 0 beside -3.9; then nothing moved that could stall, twice
    alike(column("stalled", {"half": 2, "share": 50}, slope=slopes), [U, U, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0])


def test_stalled_with_a_share_of_nothing_means_turned_round() -> None:
    alike(column("stalled", {"half": 1, "share": 0}, slope=[2.0, 0.1, 0.0, -0.1, -0.2]), [U, 0, 0, 0, 0])
    alike(column("stalled", {"half": 1, "share": 0}, slope=[2.0, -0.1, 0.3]), [U, 1, 1])


def test_ratio_is_a_quotient_and_its_standard_score() -> None:
    # ratios 1, 3, 2, 2: of 1 and 3 the mean is 2 and the deviation 1, of 3 and 2 they are 2.5 and 0.5
    own, other = [10.0, 30, 40, 40], [10.0, 10, 20, 20]
    alike(column("ratio", {"period": 2}, source=own, other=other), [U, 3, 2, 2])
    alike(column("ratio", {"period": 2}, "z", source=own, other=other), [U, 1, -1, U])


def test_ratio_leaves_out_what_is_not_common() -> None:
    own, other = [10.0, U, 30, 30, 40], [10.0, 10, U, 0, 20]
    # the second and third bar are one market's alone, the fourth cannot be divided: 1 and 2 are the last two ratios
    alike(column("ratio", {"period": 2}, "z", source=own, other=other), [U, U, U, U, 1])


def test_inside_bars_are_nested_and_equal_edges_count() -> None:
    high, low = [10.0, 9, 9, 8, 8, 9], [1.0, 1, 2, 3, 2, 2]
    #                        bars 1, 2, 3 are inside; bar 4 has a lower low, bar 5 a higher high
    alike(column("inside_bars", {"n": 2}, high=high, low=low), [U, U, 1, 1, 0, 0])
    alike(column("inside_bars", {"n": 3}, high=high, low=low), [U, U, U, 1, 0, 0])
    alike(column("inside_bars", {"n": 3}, "high", high=high, low=low), [U, U, U, 10, 9, 9])
    alike(column("inside_bars", {"n": 3}, "low", high=high, low=low), [U, U, U, 1, 1, 2])


def test_inside_bars_are_read_oldest_first() -> None:
    # ranges that grow are the same bars the other way round: not one of them is inside
    alike(column("inside_bars", {"n": 1}, high=[8.0, 9, 10], low=[3.0, 2, 1]), [U, 0, 0])


def test_fractal_expansion_asks_for_both_and_leaves_the_bar_itself_out_of_the_mean() -> None:
    given = {"width": 20, "range": 15, "period": 3}
    widths = [1.0, 1, 1.2, 1.2, 2, 0]
    #  means of the two before: 1, 1.1, 1.2, 1.6 -> 1.2 reaches 1.2, 1.2 does not reach 1.32, 2 reaches 1.44
    alike(column("fractal_expansion", given, bands=widths, atr=[1, 1, 1.15, 1, 2, 9]), [U, U, 1, 0, 1, 0])
    alike(column("fractal_expansion", given, bands=widths, atr=[1, 1, 1.14, 1, 1.2, 9]), [U, U, 0, 0, 0, 0])


def test_nothing_expands_where_nothing_moves() -> None:
    given = {"width": 20, "range": 15, "period": 2}
    alike(column("fractal_expansion", given, bands=[0.0] * 4, atr=[0.0] * 4), [U, 0, 0, 0])


def test_vol_recoil_needs_the_peak_before_the_trough() -> None:
    given = {"fall": 30, "rise": 15, "period": 4, "reach": 0.5}
    series = {"close": [100.0] * 7, "sma": [100.0, 100, 100, 90, 99.9, 110, 100]}
    # bars 0-3: trough 7 after 10, now 8.05 = 1.15 * 7: recoiled. bars 1-4: 8 lies before 7, and 7 > 0.7 * 8.
    # bars 2-5: the trough of 7 is the first, no peak before it. bars 3-6: trough 8.05 is the first.
    atr = [10.0, 8, 7, 8.05, 9, 10, 11]
    alike(column("vol_recoil", given, atr=atr, **series), [U, U, U, 1, 0, 0, 0])
    # half an ATR towards the mean: 100 - 4.025; the mean itself at 99.9; 100 + 5 of 110; 100 where it is
    alike(column("vol_recoil", given, "target", atr=atr, **series), [U, U, U, 95.975, 99.9, 105, 100])


def test_vol_recoil_takes_the_latest_of_equal_troughs() -> None:
    given = {"fall": 30, "rise": 15, "period": 4, "reach": 0.5}
    series = {"close": [1.0] * 4, "sma": [1.0] * 4}
    # of the two 7s the second counts, and the 10 between them is its peak
    alike(column("vol_recoil", given, atr=[7.0, 10, 7, 8.05], **series), [U, U, U, 1])


WIDTH = {"period": 20, "deviations": 2, "rising": 2, "squeeze": 1.5, "expansion": 2}


def test_band_width_rises_squeezes_and_expands() -> None:
    widths = [1.0, 1.1, 1.5, 1.5, 2.0, 2.1]
    alike(column("band_width", WIDTH, bands=widths), [U, U, 1.5, 1.5, 2.0, 2.1])
    alike(column("band_width", WIDTH, "rising", bands=widths), [U, U, 1, 0, 0, 1])
    alike(column("band_width", WIDTH, "squeeze", bands=[1.0, 1, 1.49, 1.5]), [U, U, 1, 0])
    alike(column("band_width", WIDTH, "expansion", bands=[1.0, 1, 2.0, 2.01]), [U, U, 0, 1])


def test_a_width_that_grows_by_rounding_does_not_rise() -> None:
    last_digit = 0.3 + 1e-16
    assert last_digit > 0.3
    alike(column("band_width", WIDTH | {"rising": 1}, "rising", bands=[0.3, last_digit, 0.31]), [U, 0, 1])


def test_rmag_is_in_atrs_and_has_a_sign() -> None:
    given = {"close": [110.0, 90, 90], "ema": [100.0, 100, 100], "atr": [2.0, 4, 0]}
    alike(column("rmag", {"average": 200}, **given), [5, -2.5, U])


@pytest.mark.parametrize(("direction", "want"), [(1, [1, 0, 0, 0]), (-1, [0, 0, 0, 1])])
def test_impulse_continuation_needs_stretch_and_widening(direction: int, want: list[float]) -> None:
    given = {"direction": direction, "level": 5, "rising": 3}
    alike(column("impulse_continuation", given, rmag=[5.1, 5.0, 6, -5.1], band_width=[1, 1, 0, 1]), want)


LOW = [9.0, 5, 9, 9, 4, 9, 9, 9, 9, 9]
RSI = [50.0, 30, 50, 50, 31, 50, 50, 50, 50, 50]


@pytest.mark.parametrize("name", ["rsi", "macd"])
def test_a_divergence_is_of_two_swings_and_known_k_bars_later(name: str) -> None:
    given = {"direction": 1, "k": 1, "lookback": 6}
    # lows of 5 at bar 1 and 4 at bar 4, known at bars 2 and 5; the reading rose from 30 to 31. The first answer is at
    # bar 6, when seven bars are known; six bars hold bar 1 up to bar 6.
    bars = {"high": [20.0] * 10, "low": LOW, name: RSI}
    alike(column(f"{name}_divergence", given, **bars), [U, U, U, U, U, U, 1, 0, 0, 0])
    alike(column(f"{name}_divergence", given | {"lookback": 8}, **bars), [U] * 8 + [1, 0])
    alike(column(f"{name}_divergence", given | {"lookback": 4}, "confirmed", **bars), [U, U, U, U, 0, 0, 0, 0, 0, 0])
    alike(column(f"{name}_divergence", given | {"lookback": 5}, "confirmed", **bars), [U] * 5 + [1, 0, 0, 0, 0])
    # the mirror image is a divergence of the bears; a reading that goes along is none
    turned = {"low": [100.0] * 10, "high": [200 - v for v in LOW], name: [100 - v for v in RSI]}
    alike(column(f"{name}_divergence", given | {"direction": -1}, **turned), [U, U, U, U, U, U, 1, 0, 0, 0])
    along = bars | {name: [50.0, 30, 50, 50, 30, 50, 50, 50, 50, 50]}
    alike(column(f"{name}_divergence", given, **along), [U, U, U, U, U, U, 0, 0, 0, 0])


def test_a_newer_swing_takes_the_place_of_the_older() -> None:
    given = {"direction": 1, "k": 1, "lookback": 9}
    low, rsi = [9.0, 5, 9, 4, 9, 6, 9, 9, 9, 9, 9, 9], [50.0, 30, 50, 31, 50, 40, 50, 50, 50, 50, 50, 50]
    # 5 and 4 diverge, but by bar 9, the first answer, 4 and 6 are the last two, and 6 is no lower low
    alike(column("rsi_divergence", given, high=[20.0] * 12, low=low, rsi=rsi), [U] * 9 + [0, 0, 0])


RATE = {"period": 2, "drop": 20, "sustained": 2}


def test_the_tick_rate_is_beside_the_bars_before_it() -> None:
    volumes = [10.0, 10, 8, 7.2, 6.0, 9.9]
    # beside the means 10, 9, 7.6, 6.6: 0.8, 0.8, 0.79, 1.5; two in a row are needed, so the first answer is at bar 3
    alike(column("tick_rate_proxy", RATE, tick_volume=volumes), [U, U, U, 0.8, 6 / 7.6, 1.5])
    alike(column("tick_rate_proxy", RATE, "declining", tick_volume=volumes), [U, U, U, 1, 1, 0])


def test_a_volume_of_zero_is_unknown_and_skipped() -> None:
    volumes = [10.0, 0, 10, 8, 0, 7.2]
    alike(column("tick_rate_proxy", RATE, "declining", tick_volume=volumes), [U, U, U, U, U, 1])
    alike(column("tick_rate_proxy", RATE, tick_volume=[0.0] * 5), [U] * 5)
