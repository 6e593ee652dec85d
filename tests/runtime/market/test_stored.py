"""Which views a data folder can answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore
from tradeplan.runtime.market.stored import markets_with_data


def test_stored_and_coarser_timeframes_have_data_and_finer_ones_have_not(tmp_path: Path) -> None:
    n, hour = 48, 3_600_000
    one = np.ones(n)
    monday = 1_546_819_200_000  # 2019-01-07 00:00 UTC
    rates = Rates(
        monday + hour * np.arange(n, dtype=np.int64), one, one, one, one, one, np.full(n, 5, dtype=np.int32), one
    )
    BarStore(tmp_path).write("btc", "H1", rates, source="test")
    markets = markets_with_data(tmp_path)
    btc, dxy = markets.get("btc"), markets.get("dxy")
    assert btc is not None
    assert dxy is not None
    assert btc.timeframes is not None
    assert {"H1", "H4", "D1"} <= set(btc.timeframes)
    assert {"M1", "M5", "M30"} & set(btc.timeframes) == set()
    assert dxy.timeframes == ()
