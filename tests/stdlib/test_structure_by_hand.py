"""Structure and its zones against values worked out by hand, both ways, and what its predecessor got wrong."""

from __future__ import annotations

import math

import pytest
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import run

U = math.nan
Columns = dict[str, list[float]]


def outputs(name: str, parameters: dict[str, float], **series: list[float]) -> Columns:
    """All outputs of a function over short columns."""
    return run(catalog()[name], parameters, series)


def alike(got: list[float], want: list[float]) -> None:
    """Equal, UNKNOWN equal to UNKNOWN."""
    assert got == pytest.approx(want, nan_ok=True, abs=1e-12, rel=0.0)


def upside_down(bars: Columns) -> Columns:
    """The market mirrored at 0: what bull says of one, bear says of the other."""
    return {
        "high": [-v for v in bars["low"]],
        "low": [-v for v in bars["high"]],
        "close": [-v for v in bars["close"]],
    }


def only(bars: Columns, *names: str) -> Columns:
    """Some of the columns."""
    return {name: bars[name] for name in names}


# bar              0    1    2    3    4    5    6    7    8    9
FALLING = {
    "high": [20.0, 18.0, 19.0, 21.0, 18.0, 15.0, 14.0, 17.0, 20.0, 23.0],
    "low": [18.0, 15.0, 17.0, 18.0, 14.0, 12.0, 11.0, 13.0, 16.0, 19.0],
    "close": [19.0, 16.0, 18.0, 19.0, 15.0, 13.0, 12.0, 16.0, 20.5, 22.0],
}
# k = 1: the low 15 of bar 1, the high 21 of bar 3, the lower low 11 of bar 6, which is known on bar 7


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_break_after_a_lower_low_is_a_change_of_character(side: float) -> None:
    bars = FALLING if side > 0 else upside_down(FALLING)
    given = {"direction": side, "k": 1, "margin": 0.5}
    got = outputs("swing_break", given, **bars, atr=[1.0] * 10)
    # 20.5 is not above 21; 22 is above 21 + 0.5 * 1
    alike(got["changes"], [U, U, U, U, U, U, U, 0, 0, 1])
    alike(got["continues"], [U, U, U, U, U, U, U, 0, 0, 0])
    alike(got["level"], [U] * 9 + [side * 21])
    alike(got["origin"], [U] * 9 + [side * 11])
    high_margin = outputs("swing_break", given | {"margin": 1.0}, **bars, atr=[1.0] * 10)
    alike(high_margin["changes"], [U, U, U, U, U, U, U, 0, 0, 0])  # 22 is not above 21 + 1 * 1
    other = outputs("swing_break", given | {"direction": -side}, **bars, atr=[1.0] * 10)
    assert 1.0 not in other["changes"] + other["continues"], "bull and bear are not the wrong way round"


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_break_after_a_higher_low_is_a_break_of_structure(side: float) -> None:
    rising = {name: list(column) for name, column in FALLING.items()}
    rising["low"][1] = 10.0  # now 11 is a higher low
    bars = rising if side > 0 else upside_down(rising)
    got = outputs("swing_break", {"direction": side, "k": 1, "margin": 0.5}, **bars, atr=[1.0] * 10)
    alike(got["continues"], [U, U, U, U, U, U, U, 0, 0, 1])
    alike(got["changes"], [U, U, U, U, U, U, U, 0, 0, 0])


def test_a_change_of_character_is_told_under_its_name() -> None:
    """The replaced labeller returned no such keys, so that nothing built on them ever appeared."""
    series = {
        "swing_break.changes": [0.0, 1.0, 0.0, U, 0.0],
        "swing_break.level": [7.0, 9.0, 9.0, U, 9.0],
        "swing_break.origin": [3.0, 4.0, 4.0, U, 4.0],
    }
    got = outputs("choch", {"direction": 1, "k": 1, "margin": 0.3}, **series)
    alike(got["choch"], [0, 1, 0, U, 0])
    alike(got["level"], [U, 9, 9, U, 9])
    alike(got["origin"], [U, 4, 4, U, 4])


# the gap: 10 is the high of bar 0, 12 the low of bar 2
GAP = {"high": [10.0, 13.0, 14.0, 14.0, 13.0, 13.0], "low": [9.0, 10.5, 12.0, 11.5, 11.0, 9.5]}


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_gap_is_between_the_first_and_the_third_bar(side: float) -> None:
    bars = GAP if side > 0 else {"high": [-v for v in GAP["low"]], "low": [-v for v in GAP["high"]]}
    given = {"direction": side, "gap": 0.5, "life": 10}
    got = outputs("fvg", given, **bars, atr=[4.0] * 6)
    # 12 - 10 = 0.5 * 4; then 11.5 is a quarter into it, 11 a half, and 9.5 beyond its other edge
    alike(got["formed"], [U, U, 1, 0, 0, 0])
    alike(got["exists"], [U, U, 1, 1, 1, 0])
    alike(got["filled"], [U, U, 0, 25, 50, U])
    low, high = (10.0, 12.0) if side > 0 else (-12.0, -10.0)
    alike(got["low"], [U, U, low, low, low, U])
    alike(got["high"], [U, U, high, high, high, U])
    alike(outputs("fvg", given | {"gap": 0.6}, **bars, atr=[4.0] * 6)["formed"], [U, U, 0, 0, 0, 0])
    short = outputs("fvg", given | {"life": 2}, **bars, atr=[4.0] * 6)
    alike(short["exists"], [U, U, 1, 1, 0, 0])
    other = outputs("fvg", given | {"direction": -side}, **bars, atr=[4.0] * 6)
    alike(other["formed"], [U, U, 0, 0, 0, 0])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_an_order_block_is_the_lowest_bar_before_the_break(side: float) -> None:
    # k = 1: the high 21 of bar 3, broken by the close 22 of bar 9; the lowest bar between is bar 6, from 11 to 14
    bars = FALLING if side > 0 else upside_down(FALLING)
    later = {"high": [24.0, 23.0, 16.0], "low": [20.0, 13.25, 10.0], "close": [21.0, 15.0, 10.5]}
    turned = later if side > 0 else upside_down(later)
    both = {name: bars[name] + turned[name] for name in bars}
    got = outputs("order_block", {"direction": side, "k": 1, "life": 50}, **both)
    alike(got["formed"][7:], [0, 0, 1, 0, 0, 0])
    alike(got["age"][9:], [3, 4, 5, U])
    # 13.25 is a quarter into the zone of 11 to 14; the close 10.5 is below it
    alike(got["exists"][9:], [1, 1, 1, 0])
    alike(got["filled"][9:], [0, 0, 25, U])
    alike(got["low"][9:], [11 if side > 0 else -14] * 3 + [U])
    alike(got["high"][9:], [14 if side > 0 else -11] * 3 + [U])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_block_that_is_closed_through_breaks(side: float) -> None:
    # the other side's block from 11 to 14 stands on bars 0 and 1, the close 15 of bar 2 is through it
    low, high = ([11.0, 11.0, U, U, U, U], [14.0, 14.0, U, U, U, U])
    bars: Columns = {
        "high": [12.0, 13.0, 16.0, 17.0, 16.0, 13.0],
        "low": [10.0, 11.0, 13.0, 14.5, 13.0, 10.0],
        "close": [11.0, 12.0, 15.0, 16.0, 14.0, 10.5],
    }
    if side < 0:
        bars, (low, high) = upside_down(bars), ([-v for v in high], [-v for v in low])
    named = {"order_block.low": low, "order_block.high": high, "order_block.exists": [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]}
    given = {"direction": side, "k": 1, "tolerance": 0.25, "life": 50}
    got = outputs("breaker_block", given, **bars, atr=[1.0] * 6, **named)
    alike(got["formed"], [0, 0, 1, 0, 0, 0])
    alike(got["exists"], [U, U, 1, 1, 1, 0])
    # 14.5 is not within 0.25 of 14, 13 is in the zone; 10 is, too, but that bar closes below it
    alike(got["retest"], [U, U, 0, 0, 1, 0])
    alike(got["filled"], [U, U, 0, 0, 100 / 3, U])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_chain_counts_beyond_one(side: float) -> None:
    """The replaced counter stayed at 1."""
    retest = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    named = {
        "breaker_block.low": [11.0 if side > 0 else -14.0] * 10,
        "breaker_block.high": [14.0 if side > 0 else -11.0] * 10,
        "breaker_block.exists": [1.0] * 10,
        "breaker_block.formed": [1.0] + [0.0] * 9,
        "breaker_block.retest": retest,
    }
    close = [side * v for v in (15.0, 14.0, 14.0, 15.0, 14.0, 15.0, 14.0, 15.0, 16.5, 14.0)]
    given = {"direction": side, "count": 2, "window": 6, "reset": 2, "k": 1, "tolerance": 0.5, "life": 50}
    got = outputs("breaker_retest_chain", given, close=close, atr=[1.0] * 10, **named)
    # touches begin on bars 1, 4 and 6; bar 1 leaves the six bars on bar 7; 16.5 is more than 2 above 14: anew
    alike(got["touches"], [0, 1, 1, 1, 2, 2, 3, 2, 0, 1])
    alike(got["breaker_retest_chain"], [0, 0, 0, 0, 1, 1, 1, 1, 0, 0])


def test_a_cascade_counts_blocks_that_have_a_price_in_common() -> None:
    """The replaced counter stayed at 1, and never asked whether zones overlap."""
    named = {
        "order_block.formed": [0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0],
        "order_block.low": [U, 10.0, 10.0, 12.0, 20.0, 20.0, 11.0, 11.0],
        "order_block.high": [U, 13.0, 13.0, 14.0, 21.0, 21.0, 12.0, 12.0],
        "order_block.age": [U, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 2.0],
    }
    got = outputs("mitigation_cascade", {"direction": 1, "count": 3, "window": 6, "k": 1, "life": 50}, **named)
    # 10-13 and 12-14 overlap, 20-21 does not, 11-12 touches both at 12; on bar 7 the first is six bars old
    alike(got["blocks"], [U, U, U, U, U, 2, 3, 2])
    alike(got["mitigation_cascade"], [U, U, U, U, U, 0, 1, 0])


def test_two_breaks_from_one_bar_are_one_block() -> None:
    named = {
        "order_block.formed": [1.0, 1.0, 0.0],
        "order_block.low": [10.0] * 3,
        "order_block.high": [13.0] * 3,
        "order_block.age": [1.0, 2.0, 3.0],
    }
    got = outputs("mitigation_cascade", {"direction": 1, "count": 2, "window": 3, "k": 1, "life": 50}, **named)
    alike(got["blocks"], [U, U, 1])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_mitigation_block_is_the_last_block_of_the_other_side(side: float) -> None:
    bars: Columns = {
        "high": [12.0, 13.0, 16.0, 15.0],
        "low": [10.0, 11.0, 13.0, 12.0],
        "close": [11.0, 12.0, 15.0, 13.0],
    }
    low, high = [11.0, U, U, U], [14.0, U, U, U]
    if side < 0:
        bars, (low, high) = upside_down(bars), ([-v for v in high], [-v for v in low])
    named = {"order_block.formed": [1.0, 0.0, 0.0, 0.0], "order_block.low": low, "order_block.high": high}
    given = {"direction": side, "k": 1, "margin": 0.3, "life": 50}
    got = outputs("mitigation_block", given, **bars, **named, choch=[0.0, 0.0, 1.0, 0.0])
    alike(got["formed"], [0, 0, 1, 0])
    alike(got["exists"], [U, U, 1, 1])
    alike(got["filled"], [U, U, 0, 200 / 3])  # 12 is two thirds of the way from 14 to 11


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_shift_is_the_way_back_to_the_level(side: float) -> None:
    bars: Columns = {
        "high": [11.0, 12.0, 13.0, 12.0, 12.0],
        "low": [9.0, 10.5, 11.0, 9.9, 9.0],
        "close": [10.5, 11.0, 12.0, 9.8, 10.0],
    }
    bars = bars if side > 0 else upside_down(bars)
    breaks = {
        "swing_break.continues": [1.0, 0.0, 0.0, 0.0, 0.0],
        "swing_break.changes": [0.0] * 5,
        "swing_break.level": [side * 10.0] * 5,
    }
    given = {"direction": side, "k": 1, "margin": 0.0, "tolerance": 0.5, "life": 50}
    got = outputs("mss", given, **bars, atr=[1.0] * 5, **breaks)
    # 9.9 is back at the level of 10, and 9.8 closes less than half an ATR below it
    alike(got["mss"], [0, 0, 0, 1, 0])
    alike(got["level"], [U, U, U, side * 10, side * 10])
    failed = outputs("mss", given | {"tolerance": 0.1}, **bars, atr=[1.0] * 5, **breaks)
    alike(failed["mss"], [0, 0, 0, 0, 0])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_pullback_gives_back_a_part_of_the_leg(side: float) -> None:
    bars: Columns = {
        "high": [19.0, 20.0, 19.5, 18.0, 18.5],
        "low": [17.0, 19.0, 18.0, 16.0, 17.0],
        "close": [18.0, 19.5, 18.5, 16.0, 18.0],
    }
    bars = bars if side > 0 else upside_down(bars)
    given = {"direction": side, "shallow": 30.0, "deep": 50.0, "bars": 20.0, "bounce": 1.0}
    legs = {"broken": [1.0, 1.0, 0.0, 0.0, 0.0], "origin": [side * 10.0] * 5}
    got = outputs("pullback", given, **bars, **legs)
    # from 10 to 20; 18 gives back 20 %, 16 gives back 40 % and closes on its low, 18 is more than 1 % above 16
    alike(got["depth"], [100 / 9, 5, 20, 40, 40])
    alike(got["pullback"], [0, 0, 0, 0, 1])
    shallow = outputs("pullback", given | {"deep": 39.0}, **bars, **legs)
    alike(shallow["pullback"], [0, 0, 0, 0, 0])


def test_a_refill_wants_both_within_the_window() -> None:
    given = {"direction": 1, "window": 2, "gap": 0.1}
    got = outputs("liquidity_vacuum_refill", given, fvg=[0.0, 1.0, 0, 0, 1, 0], imbalance=[0.0, 0, 1, 0, 0, U])
    # bar 1: bar 0 had no imbalance, bar 2 has one with the gap of bar 1; bar 5: the imbalance is not known
    alike(got["liquidity_vacuum_refill"], [U, 0, 1, 0, 0, U])


def test_views_that_are_often_missing_do_not_align() -> None:
    given = {"window": 5, "overlap": 60.0, "fill": 1}
    got = outputs("align", given, values0=[1.0] * 8, values1=[1.0, 1, 1, 1, U, U, 1, 1])
    # four of five; then three of five are not above 60 %, and bar 5 is two bars after the last known one
    alike(got["align"], [U, U, U, 1, 1, 0, 0, 0])


def test_confluence_adds_five_parts() -> None:
    weights = {"trend": 30.0, "momentum": 25.0, "levels": 25.0, "volume": 10.0, "volatility": 10.0}
    series = {
        "close": [110.0, 110.0],
        "atr": [5.0, 5.0],
        "ema": [100.0, 100.0],
        "sma": [99.0, 99.0],
        "rsi": [60.0, 60.0],
        "support": [100.0, 100.0],
        "resistance": [125.0, 125.0],
        "volume_ratio": [1.0, U],
        "atr_ratio": [2.0, 2.0],
    }
    bull = outputs("confluence", {"direction": 1.0} | weights, **series)["confluence"]
    # 30 * 0.5 + 25 * 30 / 40 + 25 * (3 - 2) / 2 + 10 * 0.5 + 10 * 0.5 = 15 + 18.75 + 12.5 + 5 + 5
    alike(bull, [56.25, U])
    bear = outputs("confluence", {"direction": -1.0} | weights, **series)["confluence"]
    # 30 * 0.5 + 25 * 10 / 40 + 25 * 0 + 5 + 5 = 15 + 6.25 + 0 + 10
    alike(bear, [31.25, U])
    without = outputs("confluence", {"direction": 1.0} | weights | {"volume": 0.0}, **series)["confluence"]
    alike(without, [100 * (15 + 18.75 + 12.5 + 5) / 90 / 1] * 2)
