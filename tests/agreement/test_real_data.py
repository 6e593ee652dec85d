"""Order loop and interpreter agree on example plans over slices of real bars; full.py does the whole series."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.kernels.build import Kernels

from tests.agreement.real import SERIES, Series, compare_series


@pytest.mark.real_data
@pytest.mark.parametrize("series", SERIES, ids=lambda s: s.market)
def test_example_plans_over_real_bars(series: Series, real_data: Path) -> None:
    outcome = compare_series(series, real_data, series.slice, Kernels("interpreted"), 1_000)
    assert outcome.differences == []
    assert outcome.fills > 0, "the slice holds no trade, so it shows nothing"
