"""What money needs beside bars that arrive: the same as over the whole, and no more of it kept than a step reads."""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.engine.growing_traded import KEPT, Rows
from tradeplan.runtime.engine.market_table import Column, TradedBars, traded_bars
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator import simulated_dataset

END = 1_782_421_200_000  # Thursday, 2026-06-25 21:00 UTC: a night that counts three times lies before


def whole_and_grown() -> tuple[TradedBars, Rows, int]:
    """Two days of a market whose money is not the account's."""
    rates: Rates = simulated_dataset(("usdjpy",), days=2, seed=3, end_ms=END).rates("usdjpy", "M1")
    profiles = load_profiles()
    grown = Growing(profiles)
    grown.feed("usdjpy", "M1", rates)
    whole = traded_bars(Dataset.from_rates({("usdjpy", "M1"): rates}, profiles), "usdjpy", "M1")
    assert whole is not None
    return whole, Rows(grown, "usdjpy", "M1"), len(rates)


def same(found: tuple[Column, ...], whole: TradedBars, rows: slice) -> None:
    expected = whole.reached(rows)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.broadcast_to(other, rows.stop - rows.start), one)


def test_each_step_reads_what_a_run_over_the_whole_reads() -> None:
    whole, rows, count = whole_and_grown()
    assert not isinstance(whole.swap_days, float)
    assert whole.swap_days.max() == 3.0
    same(rows.reached(slice(1_000, 1_001)), whole, slice(1_000, 1_001))  # a run begins with history behind it
    for start, stop in [*((i, i + 1) for i in range(1_001, 1_400)), (1_400, 2_300), (2_300, count)]:
        same(rows.reached(slice(start, stop)), whole, slice(start, stop))


def test_only_the_newest_rows_are_kept() -> None:
    """Two spans of `KEPT` at the most, 8 columns of 8 bytes: 33 kB a market, however long the run."""
    _, rows, count = whole_and_grown()
    for i in range(1_000, count):
        rows.reached(slice(i, i + 1))
        assert rows._table.nbytes <= 8 * 8 * (2 * KEPT + 1)


def test_a_trial_of_the_past_reads_the_same_again() -> None:
    whole, rows, count = whole_and_grown()
    rows.reached(slice(count - 1, count))
    for start in (count - 10, 500, 0):
        same(rows.reached(slice(start, start + 5)), whole, slice(start, start + 5))
    same(rows.reached(slice(count - 1, count)), whole, slice(count - 1, count))
