"""Steps of money: sums, and falls from a peak."""

from __future__ import annotations

import empyrical
import numpy as np
import pytest
from tradeplan.runtime.analysis.paths import Path, fall, merged

DAY = 86_400_000


def _path(*points: tuple[int, float]) -> Path:
    return Path(np.array([t for t, _ in points], dtype=np.int64), np.array([c for _, c in points], dtype=np.float64))


def test_a_path_holds_its_value_until_it_changes() -> None:
    path = _path((10, 5.0), (20, -3.0))
    assert path.at(np.array([9, 10, 19, 20, 99])).tolist() == [0.0, 5.0, 5.0, -3.0, -3.0]


def test_a_sum_changes_when_either_does() -> None:
    both = merged([_path((10, 5.0), (30, 1.0)), _path((20, 2.0), (30, 4.0))])
    assert both.times.tolist() == [10, 20, 30]
    assert both.cents.tolist() == [5.0, 7.0, 5.0]


def test_the_deepest_and_the_longest_fall() -> None:
    # 100.00 -> 110.00 (day 1) -> 104.00 (day 2) -> 110.00 (day 5) -> 109.00 (day 6) .. end of day 12
    path = _path((DAY, 1000.0), (2 * DAY, 400.0), (5 * DAY, 1000.0), (6 * DAY, 900.0))
    found = fall(path, 10_000.0, 0, 12 * DAY)
    assert found.money == 6.0
    assert found.percent == pytest.approx(100 * 6 / 110)
    assert found.days == 7.0  # from day 5 to the end; the first took 4, from day 1 to day 5


def test_nothing_lost_is_no_fall() -> None:
    found = fall(_path((DAY, 500.0)), 10_000.0, 0, 9 * DAY)
    assert (found.money, found.percent, found.days) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_percent_is_the_oracles_maximum_drawdown(seed: int) -> None:
    returns = np.random.default_rng(seed).normal(0.0, 0.01, 400)
    values = 1_000_000.0 * np.cumprod(1.0 + returns)
    path = Path(np.arange(1, 401, dtype=np.int64) * DAY, values - 1_000_000.0)
    found = fall(path, 1_000_000.0, 0, 401 * DAY)
    assert found.percent == pytest.approx(-100.0 * empyrical.max_drawdown(returns), abs=1e-9)
