"""A small part of `tests.stdlib.whole`: nothing said on real bars is taken back when later bars are cut off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles

from tests.stdlib.whole import SERIES, Series, changed, columns_on

ROWS = {"EURUSD and DXY H1 2007-24": 37_400}  # the dollar begins at bar 36,690


@pytest.mark.real_data
@pytest.mark.parametrize(
    "series", [series for series in SERIES if not series.recording], ids=lambda series: series.name
)
def test_nothing_is_taken_back(series: Series, real_data: Path) -> None:
    dataset = Dataset.open(real_data / "bars", load_profiles())
    bars = dataset.bars(series.lane.market, series.lane.timeframe)
    assert bars is not None
    rows = ROWS.get(series.name, 700)
    part = dataset.window(int(bars.open_time[rows - 700]), int(bars.close_time[rows - 1]))
    columns = columns_on(series, [], Graph(), dataset)
    values, differ = changed(columns, part, series, [17, 163, 500], Kernels("interpreted"))
    assert differ == []
    unknown = [name for name, column in values.items() if np.isnan(column).all()]
    assert unknown == [], "known nowhere, so nothing was shown"
