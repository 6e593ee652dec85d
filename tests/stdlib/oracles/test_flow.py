"""The functions of order flow against TA-Lib and pandas on drawn volumes, and on deltas worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import talib
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import run

U = math.nan
RNG = np.random.default_rng(11)
DELTAS = np.round(RNG.normal(0.0, 30.0, 900) + 15.0 * np.sin(np.arange(900) / 12.0))
VOLUMES = np.round(RNG.gamma(2.0, 40.0, 900))
CLOSES = 100.0 * np.exp(np.cumsum(RNG.normal(0.0, 0.0004, 900)))
HIGHS = CLOSES * (1.0 + np.abs(RNG.normal(0.0, 0.0002, 900)))


def said(name: str, parameters: dict[str, float], **series: np.ndarray) -> dict[str, np.ndarray]:
    """What a function says over columns."""
    columns = {key: values.tolist() for key, values in series.items()}
    return {key: np.array(values) for key, values in run(catalog()[name], parameters, columns).items()}


def same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Unknown on the same bars, else equal up to rounding."""
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def told(condition: np.ndarray, known: np.ndarray) -> np.ndarray:
    """1, 0, and NaN where it is not known."""
    return np.where(known, condition.astype(float), np.nan)


def test_delta_is_a_rolling_sum() -> None:
    got = said("delta", {"window": 7, "by": 0}, signed_volume=DELTAS)
    same(got["delta"], pd.Series(DELTAS).rolling(7).sum().to_numpy())


def test_cvd_and_its_slope() -> None:
    got = said("cvd", {"window": 5, "bars": 10, "by": 0}, signed_volume=DELTAS)
    known = np.arange(len(DELTAS)) >= 9
    same(got["cvd"], np.where(known, pd.Series(DELTAS).rolling(5).sum(), np.nan))
    same(got["slope"], talib.LINEARREG_SLOPE(np.cumsum(DELTAS), 10))


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_cvd_flip(direction: float) -> None:
    got = said("cvd_flip", {"direction": direction, "bars": 8, "least": 0.3, "by": 0}, signed_volume=DELTAS)
    slope = talib.LINEARREG_SLOPE(np.cumsum(DELTAS), 8)
    most = talib.LINEARREG_SLOPE(np.cumsum(np.abs(DELTAS)), 8)
    before = np.concatenate((np.full(8, np.nan), slope[:-8]))
    same(got["strength"], np.where(np.isnan(before), np.nan, slope / most))
    flipped = (direction * before < 0) & (direction * slope > 0) & (direction * slope / most >= 0.3)
    same(got["cvd_flip"], told(flipped, ~np.isnan(before)))
    assert 20 < np.nansum(got["cvd_flip"]) < 400


def test_cvd_flip_by_hand() -> None:
    # Three bars a slope: the running sum 0, b, b + c has the slope (b + c) / 2, so the first bar of three says nothing.
    # Bars 1 to 3: -2 - 4 = -6, below 0. Bars 4 to 6: 1 + 3 = 4 above 0, and with all sizes 1 + 3 = 4: a strength of 1.
    # Bar 7: before (bars 2 to 4) -4 + 5 = 1, so it no longer flips; now 3 - 1 = 2 of 3 + 1 = 4.
    deltas = np.array([9.0, -2, -4, 5, 1, 3, -1])
    got = said("cvd_flip", {"direction": 1.0, "bars": 3, "least": 0.3, "by": 0}, signed_volume=deltas)
    assert got["cvd_flip"].tolist() == pytest.approx([U, U, U, U, U, 1, 0], nan_ok=True)
    assert got["strength"].tolist() == pytest.approx([U, U, U, U, U, 1.0, 0.5], nan_ok=True)
    # Nothing traded: no slope, no flip, and no division by 0.
    still = said("cvd_flip", {"direction": 1.0, "bars": 2, "least": 0.0, "by": 0}, signed_volume=np.zeros(5))
    assert still["cvd_flip"].tolist() == pytest.approx([U, U, U, 0, 0], nan_ok=True)
    # Not clear enough: 4 - 3 = 1 of 4 + 3 = 7 is 0.14.
    weak = np.array([0.0, -1, -1, 0, 4, -3])
    for least, flips in ((0.3, 0), (0.1, 1)):
        got = said("cvd_flip", {"direction": 1.0, "bars": 3, "least": least, "by": 0}, signed_volume=weak)
        assert got["cvd_flip"][5] == flips


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_momentum_flip(direction: float) -> None:
    got = said("momentum_flip", {"direction": direction, "window": 3, "by": 0}, signed_volume=DELTAS, close=CLOSES)
    moves = pd.Series(CLOSES).diff(3) * direction
    sums = pd.Series(DELTAS).rolling(3).sum() * direction
    flipped = (moves > 0) & (sums > 0) & (moves.shift(3) < 0) & (sums.shift(3) < 0)
    same(got["momentum_flip"], told(flipped.to_numpy(), np.arange(len(CLOSES)) >= 6))
    assert np.nansum(got["momentum_flip"]) > 10


@pytest.mark.parametrize("least", [0.0, 200.0])
def test_absorption(least: float) -> None:
    parameters = {"times": 2.0, "range": 0.03, "period": 20, "by": 0, "least": least}
    got = said("absorption", parameters, traded_volume=VOLUMES, high=HIGHS, low=CLOSES, close=CLOSES)
    usual = pd.Series(VOLUMES).rolling(20).mean().shift(1).to_numpy()
    narrow = 100.0 * (HIGHS - CLOSES) / CLOSES < 0.03
    same(got["absorption"], told((2.0 * usual < VOLUMES) & narrow & (least <= VOLUMES), ~np.isnan(usual)))
    assert np.nansum(got["absorption"]) > 10
    assert least == 0.0 or ((2.0 * usual < VOLUMES) & narrow & (least > VOLUMES)).any()


def test_tick_rate() -> None:
    got = said("tick_rate", {"period": 20, "drop": 20, "span": 3, "by": 0}, tick_count=VOLUMES)
    rate = pd.Series(VOLUMES) / pd.Series(VOLUMES).rolling(20).mean().shift(1)
    known = (np.arange(len(VOLUMES)) >= 22).astype(bool)
    same(got["tick_rate"], np.where(known, rate, np.nan))
    few = (rate <= 0.8).astype(float).rolling(3).min().to_numpy() == 1.0
    same(got["declining"], told(few, known))
    assert np.nansum(got["declining"]) > 10
