"""Over a million bars, an outlier and a stretch of equal prices among them, nothing drifts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tradeplan.stdlib.registry import catalog

from tests.stdlib.laws.compiled import run_long

LENGTH = 1_000_000
EPSILON = 1.2e-16  # relative error of one rounding; a sum of n terms has n, each of at most n times the largest term
FLAT = slice(600_000, 600_500)


@pytest.fixture(scope="module")
def prices() -> np.ndarray:
    """A walk around 1.1, a spike to a million times that, and 500 equal prices that no binary fraction hits."""
    rng = np.random.default_rng(11)
    column = 1.1 + 0.2 * np.sin(np.arange(LENGTH) / 40_000) + np.cumsum(rng.normal(0.0, 1e-5, LENGTH))
    column[300_000] = 1.1e6
    column[FLAT] = 1.1
    return column


def sampled(period: int) -> list[int]:
    """Bars all over the history, those just after the spike and the last ones among them."""
    near = [300_000 + period - 1, 300_000 + period, 300_000 + period + 1, 300_000 + 3 * period, LENGTH - 1]
    return near + [int(i) for i in np.random.default_rng(1).integers(period, LENGTH, 300)]


@pytest.mark.parametrize("period", [20, 500])
def test_mean_and_deviation(prices: np.ndarray, period: int) -> None:
    bands = run_long(catalog()["bands"], (period, 2.0), prices[:, None])
    for i in sampled(period):
        window = prices[i - period + 1 : i + 1].tolist()
        mean = math.fsum(window) / period
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in window) / period)
        assert bands[i, 1] == pytest.approx(mean, abs=period * EPSILON * max(window))
        assert (bands[i, 0] - bands[i, 2]) / 4 == pytest.approx(deviation, rel=1e-10, abs=1e-15)
    equal = bands[FLAT][period - 1 :]
    assert (equal[:, 0] == 1.1).all()
    assert (equal[:, 2] == 1.1).all()
    assert (equal[:, 3] == 0.0).all()


@pytest.mark.parametrize("period", [20, 500])
def test_sma_of_equal_prices_is_the_price(prices: np.ndarray, period: int) -> None:
    means = run_long(catalog()["sma"], (period,), prices[:, None])[:, 0]
    for i in sampled(period):
        window = prices[i - period + 1 : i + 1].tolist()
        assert means[i] == pytest.approx(math.fsum(window) / period, abs=period * EPSILON * max(window))
    assert (means[FLAT][period - 1 :] == 1.1).all()


@pytest.mark.parametrize("period", [20, 500])
def test_slope(prices: np.ndarray, period: int) -> None:
    slopes = run_long(catalog()["slope"], (period,), prices[:, None])[:, 0]
    centred = [i - (period - 1) / 2 for i in range(period)]
    squares = math.fsum(c * c for c in centred)
    for i in sampled(period):
        window = prices[i - period + 1 : i + 1].tolist()
        mean = math.fsum(window) / period
        want = math.fsum(c * (v - mean) for c, v in zip(centred, window, strict=True)) / squares
        assert slopes[i] == pytest.approx(want, rel=1e-9, abs=1e-17 * period)
    assert (slopes[FLAT][period - 1 :] == 0.0).all()


def test_correlation(prices: np.ndarray) -> None:
    window = 240
    other = prices[::-1] * 90.0
    values = run_long(catalog()["corr"], (window,), np.column_stack((prices, other)))[:, 0]
    for i in sampled(window + 1):
        a, b = (np.diff(x[i - window : i + 1]) / x[i - window : i] for x in (prices, other))
        if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
            assert math.isnan(values[i])
        else:
            assert values[i] == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-11)
    assert np.isnan(values[FLAT][window:]).all()


def test_ratio(prices: np.ndarray) -> None:
    other = prices[::-1] * 90.0
    values = run_long(catalog()["ratio"], (100,), np.column_stack((other, prices)))
    ratios = prices / other
    for i in sampled(100):
        window = ratios[i - 99 : i + 1]
        assert values[i, 0] == ratios[i]
        assert values[i, 1] == pytest.approx((ratios[i] - window.mean()) / window.std(), rel=1e-7, abs=1e-9)
