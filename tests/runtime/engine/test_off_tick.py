"""A run says when the bars are finer than the profile's tick."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.backtest import data_warnings
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import dataset_of, ramp

PLAN = "PLAN p TRADE btc ON M1\nWHEN close > open THEN BUY RISK 0.5% STOP 1%\n"


def warnings(prices: np.ndarray, shift: float) -> list[str]:
    """About bars of btc, whose tick is 0.01, moved by something less."""
    dataset = dataset_of(prices)
    bars = dataset.bars("btc", "M1")
    assert bars is not None
    for column in (bars.open, bars.high, bars.low, bars.close):
        column.flags.writeable = True
        column += shift
    plans = check_source(Source("t", PLAN), catalog(), load_facts(), Graph()).plans
    return [text for text in data_warnings(plans, dataset) if "between the ticks" in text]


@pytest.mark.parametrize("shift", [0.0, 0.01, 1e-11])
def test_prices_on_the_tick_are_no_matter(shift: float) -> None:
    """10,000 + i + 0.1 + 0.2 is on the tick but for the noise of a binary sum."""
    assert warnings(ramp(200) + 0.1 + 0.2, shift) == []


def test_prices_between_ticks_are_told() -> None:
    (text,) = warnings(ramp(200), 0.004)
    assert text.startswith("100% of the prices of btc.M1 lie between the ticks of its profile (0.01)")
