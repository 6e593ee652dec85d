"""Fills are tested on the finest bars that leave nothing of the run out."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.runtime.engine.finest_over import finest_over
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates

from tests.oracle.adapt import is_near

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_704_067_200_000  # 2024-01-01 00:00 UTC
PROFILES = load_profiles()


def bars(times: np.ndarray) -> Rates:
    """Flat bars of these opens."""
    ones, zeros = np.ones(len(times)), np.zeros(len(times))
    opens = times.astype(np.int64)
    return Rates(opens, 100 * ones, 100 * ones, 100 * ones, 100 * ones, zeros, zeros.astype(np.int32), zeros)


def days(length: int, *spans: tuple[int, int]) -> Rates:
    """Bars of a length in ms over spans of days counted from START, each from its first day to before its second."""
    return bars(np.concatenate([np.arange(START + a * DAY, START + b * DAY, length) for a, b in spans]))


def dataset(**series: Rates) -> Dataset:
    """Bars of btc, which trades always."""
    return Dataset.from_rates({("btc", name): rates for name, rates in series.items()}, PROFILES)


M15, M30, H1 = HOUR // 4, HOUR // 2, HOUR

CASES = [
    # what is stored, the plans' own timeframe, days of the run, what is chosen
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (0, 10))}, "H1", (None, None), "M15"),
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (0, 10))}, "H4", (None, None), "M15"),
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (0, 10))}, "M15", (None, None), "M15"),
    ({"H1": days(H1, (0, 10))}, "M15", (None, None), None),
    # the finer bars are of another time
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (20, 40))}, "H1", (20, 40), "H1"),
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (20, 40))}, "H1", (None, None), "H1"),
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (20, 40))}, "H1", (0, 10), "M15"),
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (20, 40))}, "H1", (10, 20), None),
    ({"M15": days(M15, (0, 10)), "H1": days(H1, (20, 40))}, "M15", (20, 40), None),
    # they cover a part of it
    ({"M15": days(M15, (10, 20)), "H1": days(H1, (0, 40))}, "H1", (0, 40), "H1"),
    ({"M15": days(M15, (10, 20)), "H1": days(H1, (0, 40))}, "H1", (10, 20), "M15"),
    ({"M15": days(M15, (10, 20)), "H1": days(H1, (0, 40))}, "H1", (8, 22), "M15"),
    ({"M15": days(M15, (10, 20)), "H1": days(H1, (0, 40))}, "H1", (8, 23), "H1"),
    ({"M15": days(M15, (10, 20)), "M30": days(M30, (5, 30)), "H1": days(H1, (5, 30))}, "H1", (None, None), "M30"),
    # a hole: four days are bridged, with an hour more there is a bar that is far from both sides
    ({"M15": days(M15, (0, 10), (14, 20)), "H1": days(H1, (0, 20))}, "H1", (None, None), "M15"),
    ({"M15": days(M15, (0, 10), (15, 20)), "H1": days(H1, (0, 20))}, "H1", (None, None), "H1"),
    ({"M15": days(M15, (0, 10), (15, 20)), "H1": days(H1, (0, 10), (15, 20))}, "H1", (None, None), "M15"),
]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_what_is_chosen(case: tuple[dict[str, Rates], str, tuple[int | None, int | None], str | None]) -> None:
    series, own, (first, last), chosen = case
    start, end = (None if day is None else START + day * DAY for day in (first, last))
    assert finest_over(dataset(**series), "btc", own, start, end) == chosen


def test_the_rule_word_for_word() -> None:
    """Against every pair of bars, over random stretches of both."""
    r = np.random.default_rng(5)
    seen = set()
    for _ in range(200):
        fine = np.unique(np.concatenate([np.arange(a, a + n) for a, n in r.integers(1, 60, (3, 2))]))
        coarse = np.unique(np.concatenate([np.arange(a, a + n) for a, n in r.integers(1, 60, (2, 2))]))
        series = {"H4": bars(START + 4 * HOUR * fine), "H8": bars(START + 8 * HOUR * coarse)}
        start, end = START + DAY * int(r.integers(0, 8)), START + DAY * int(r.integers(9, 40))
        finer = [t for t in (series["H4"].time + 4 * HOUR).tolist() if start < t <= end]
        coarser = [t for t in (series["H8"].time + 8 * HOUR).tolist() if start < t <= end]
        wanted = "H8" if coarser else None
        if finer and all(is_near(t, finer) for t in coarser):
            wanted = "H4"
        seen.add(wanted)
        assert finest_over(dataset(**series), "btc", "H8", start, end) == wanted
    assert seen >= {"H4", "H8"}
