"""Conditions on markets agree with TA-Lib, scipy and pandas over the first bars of real series."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles

from tests.stdlib.oracles.independent import compared
from tests.stdlib.whole import SERIES, Series

BARS = {"EURUSD M15 2022-23": 6_000, "EURUSD and DXY H1 2007-24": 40_000, "ETHUSD and BTCUSD M1 2018": 4_000}

JUDGED = [series for series in SERIES if not series.finer and not series.beyond_bars]


@pytest.mark.real_data
@pytest.mark.parametrize("series", JUDGED, ids=lambda series: series.name)
def test_agrees(series: Series, real_data: Path) -> None:
    dataset = Dataset.open(real_data / "bars", load_profiles())
    bars = dataset.bars(series.lane.market, series.lane.timeframe)
    assert bars is not None
    until = int(bars.close_time[min(BARS.get(series.name, len(bars)), len(bars)) - 1])
    for name, (equal, judged, others) in compared(series, dataset.window(None, until), Kernels("interpreted")).items():
        assert judged > 1_000, f"`{name}` is hardly compared"
        assert equal == judged, f"`{name}` differs on bars {others}"
