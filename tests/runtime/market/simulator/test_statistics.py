"""The simulated markets look like markets: volatilities, correlations, clustering, and products that agree."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator import simulate

HOUR = 3_600_000
DAY = 24 * HOUR
END = 1_782_507_600_000
ICE = {"eurusd": -0.576, "usdjpy": 0.136, "gbpusd": -0.119, "usdcad": 0.091, "usdsek": 0.042, "usdchf": 0.036}
HALF_POINT = {"eurusd": 5e-6, "gbpusd": 5e-6, "usdcad": 5e-6, "usdchf": 5e-6, "usdsek": 5e-6, "usdjpy": 5e-4}


def _hours(rates: Rates) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    hour = rates.time // HOUR
    last = np.flatnonzero(np.diff(hour, append=hour[-1] + 1))
    return hour[last], np.log(rates.close[last])


def _correlation(a: Rates, b: Rates) -> float:
    (hours_a, logs_a), (hours_b, logs_b) = _hours(a), _hours(b)
    both, in_a, in_b = np.intersect1d(hours_a, hours_b, return_indices=True)
    adjacent = np.diff(both) == 1
    moves = np.diff(logs_a[in_a])[adjacent], np.diff(logs_b[in_b])[adjacent]
    return float(np.corrcoef(*moves)[0, 1])


@pytest.mark.parametrize(
    ("market", "low", "high"),
    [
        ("eurusd", 0.06, 0.10),
        ("gbpusd", 0.07, 0.11),
        ("usdjpy", 0.07, 0.12),
        ("usdchf", 0.06, 0.10),
        ("audusd", 0.07, 0.12),
        ("usdcad", 0.06, 0.10),
        ("nzdusd", 0.07, 0.12),
        ("eurgbp", 0.05, 0.09),
        ("dxy", 0.05, 0.09),
        ("gold", 0.12, 0.19),
        ("btc", 0.45, 0.68),
        ("us500", 0.12, 0.20),
        ("us10y", 0.18, 0.30),
        ("vix", 0.70, 1.15),
    ],
)
def test_annual_volatility(year: dict[str, Rates], market: str, low: float, high: float) -> None:
    _, logs = _hours(year[market])
    # The year's realised variance, weekends included: the sum of squared hourly moves.
    assert low < float(np.sqrt((np.diff(logs) ** 2).sum())) < high


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ("dxy", "gold", -0.50, -0.30),
        ("dxy", "btc", -0.50, -0.28),
        ("vix", "us500", -0.80, -0.62),
        ("eurusd", "gbpusd", 0.50, 0.75),
        ("eurusd", "usdchf", -0.80, -0.58),
        ("eurusd", "dxy", -0.99, -0.90),
        ("audusd", "nzdusd", 0.60, 0.85),
        ("btc", "eth", 0.55, 0.80),
        ("usdjpy", "us10y", 0.35, 0.60),
        ("us500", "btc", 0.15, 0.40),
    ],
)
def test_hourly_correlation(year: dict[str, Rates], a: str, b: str, low: float, high: float) -> None:
    assert low < _correlation(year[a], year[b]) < high


def test_volatility_clusters_and_tails_are_fat(year: dict[str, Rates]) -> None:
    for market in ("btc", "eurusd"):
        hours, logs = _hours(year[market])
        moves = np.diff(logs)[np.diff(hours) == 1]
        # Over days: an excited day follows an excited day, which the hours of the day alone would not give.
        daily = np.array([chunk.std() for chunk in np.array_split(moves, moves.size // 24)])
        assert np.corrcoef(daily[:-1], daily[1:])[0, 1] > 0.2
        assert (moves**4).mean() / (moves**2).mean() ** 2 > 4


def test_the_day_has_its_busy_hours(year: dict[str, Rates]) -> None:
    rates = year["eurusd"]
    size, hour = np.log(rates.high / rates.low), rates.time // HOUR % 24
    assert size[(hour >= 13) & (hour < 16)].mean() > 1.6 * size[(hour >= 22) | (hour < 3)].mean()
    ticks = rates.tick_volume
    assert ticks[(hour >= 13) & (hour < 16)].mean() > 1.6 * ticks[(hour >= 22) | (hour < 3)].mean()


def test_the_dollar_slides_within_an_hour_now_and_then(year: dict[str, Rates]) -> None:
    hours, logs = _hours(year["dxy"])
    slides = ((np.diff(logs) < np.log(0.998)) & (np.diff(hours) == 1)).sum()
    assert 20 < slides < 400


def _together(*rates: Rates) -> list[NDArray[np.float64]]:
    times = rates[0].time
    for other in rates[1:]:
        times = np.intersect1d(times, other.time)
    return [r.close[np.searchsorted(r.time, times)] for r in rates]


def test_the_dollar_index_is_its_formula_to_rounding() -> None:
    shipped = load_profiles()
    krona = shipped["usdchf"].model_copy(update={"names": ("usdsek",), "symbols": ("USDSEK",)})
    bars = simulate(["dxy", *ICE], END - 30 * DAY, END, profiles=Profiles([*shipped, krona]))
    dxy, *legs = _together(bars["dxy"], *(bars[leg] for leg in ICE))
    assert dxy.size > 25_000
    expected = 50.14348112 * np.prod([price**weight for price, weight in zip(legs, ICE.values(), strict=True)], axis=0)
    # Half a point of the index, and half a point of each leg times its weight: d(DXY) = DXY * |w| * dp / p.
    share = sum(abs(w) * HALF_POINT[leg] / price for (leg, w), price in zip(ICE.items(), legs, strict=True))
    assert (np.abs(dxy - expected) <= 0.0005 + 1.01 * expected * share).all()


@pytest.mark.parametrize(
    ("cross", "first", "second", "sign", "half"),
    [
        ("eurjpy", "eurusd", "usdjpy", 1, 5e-4),
        ("gbpjpy", "gbpusd", "usdjpy", 1, 5e-4),
        ("eurgbp", "eurusd", "gbpusd", -1, 5e-6),
    ],
)
def test_triangles_close(year: dict[str, Rates], cross: str, first: str, second: str, sign: int, half: float) -> None:
    price, a, b = _together(year[cross], year[first], year[second])
    expected = a * b**sign
    bound = half + 1.01 * expected * (HALF_POINT[first] / a + HALF_POINT[second] / b)
    assert (np.abs(price - expected) <= bound).all()
    # Far within a spread, so there is nothing to earn going round.
    assert bound.max() < 0.2 * load_profiles()[cross].spread.by_hour[10] * load_profiles()[cross].point * 2


def test_prices_stay_near_their_level_over_decades() -> None:
    for year in range(1975, 2050, 15):
        start = (year - 1970) * 365 * DAY
        week = simulate(["eurusd", "btc", "vix"], start, start + 7 * DAY)
        assert 0.6 < week["eurusd"].close.mean() < 2.1
        assert 8_000 < week["btc"].close.mean() < 600_000
        assert 5 < week["vix"].close.mean() < 70
