"""Conditions that stand for an expression, on short bars: both directions, each part of them decisive once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph, Lane
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.stdlib.expressions import columns_of
from tests.stdlib.whole import evaluated

U = math.nan
HOUR = 3_600_000
MONDAY = 1_704_067_200_000  # 2024-01-01


def rates(closes: list[float], volumes: list[float] | None = None) -> Rates:
    """Hours from a Monday on, without wicks."""
    close = np.array(closes, dtype=float)
    opened = np.concatenate((close[:1], close[:-1]))
    times = MONDAY + HOUR * np.arange(len(close), dtype=np.int64)
    volume = np.array(volumes if volumes else [1.0] * len(close))
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    return Rates(times, opened, high, low, close, volume, np.ones(len(close), dtype=np.int32), volume)


def said(call: str, closes: list[float], others: list[float], volumes: list[float] | None = None) -> list[float]:
    """What a call says on the hours of bitcoin, beside those of ether."""
    markets = {("btc", "H1"): rates(closes, volumes), ("eth", "H1"): rates(others)}
    dataset = Dataset.from_rates(markets, load_profiles())
    function = catalog()[call.partition("(")[0]]
    columns = columns_of(function, Lane("btc", "H1"), catalog(), load_facts(), Graph(), call)
    tables = Tables.build([column.node for column in columns], catalog())
    end = MONDAY + HOUR * len(closes)
    values = evaluated(columns, tables, Kernels("interpreted"), LaneData(dataset, ["btc"]), end)
    return [float(value) for value in values[columns[0].name]]


def alike(got: list[float], want: list[float]) -> None:
    assert got == pytest.approx(want, nan_ok=True, abs=0.0, rel=0.0)


UP = [100.0, 101, 100.5, 102, 103, 102.5, 104]
MIRROR = [10_000 / value for value in UP]  # returns of the other sign, so a correlation of nearly -1


def test_corr_conflict_is_on_either_side_of_what_is_expected() -> None:
    # the same closes: a correlation of 1, known from the fifth bar on (four returns)
    alike(said("corr_conflict(eth.H1.close, 0.8, 4 bars)", UP, UP), [U, U, U, U, 0, 0, 0])
    alike(said("corr_conflict(eth.H1.close, 0.6, 4 bars)", UP, UP), [U, U, U, U, 1, 1, 1])
    alike(said("corr_conflict(eth.H1.close, 0.6, 4 bars, 0.5)", UP, UP), [U, U, U, U, 0, 0, 0])
    alike(said("corr_conflict(eth.H1.close, -0.8, 4 bars)", UP, MIRROR), [U, U, U, U, 0, 0, 0])
    alike(said("corr_conflict(eth.H1.close, -0.6, 4 bars)", UP, MIRROR), [U, U, U, U, 1, 1, 1])


CONFIRMED = "corr_confirmed(eth.H1.close, {}, 4 bars, period=3)"


def test_a_trend_is_confirmed_by_a_like_market_that_rises_and_by_an_opposite_one_that_falls() -> None:
    # bars 4 and 6 close above the last close and above the mean of three (101.83, 103.17), bar 5 below its last close
    alike(said(CONFIRMED.format("bull"), UP, UP)[4:], [1, 0, 1])
    alike(said(CONFIRMED.format("bull"), UP, MIRROR)[4:], [1, 0, 1])
    alike(said(CONFIRMED.format("bear"), UP, UP)[4:], [0, 0, 0])


def test_confirmation_turned_round() -> None:
    # the mirror falls where UP rises; bar 5 closes above its last close
    alike(said(CONFIRMED.format("bear"), MIRROR, MIRROR)[4:], [1, 0, 1])
    alike(said(CONFIRMED.format("bear"), MIRROR, UP)[4:], [1, 0, 1])
    alike(said(CONFIRMED.format("bull"), MIRROR, UP)[4:], [0, 0, 0])


def test_a_market_that_does_not_move_confirms_nothing() -> None:
    assert all(value != 1 for value in said(CONFIRMED.format("bull"), UP, [50.0] * 7))


DIVERGENCE = "divergence(eth.H1.close, {}, window=4 bars, moved=1 bars)"


def test_a_divergence_of_markets_needs_opposed_returns_and_both_moves() -> None:
    # changes of the last hour in percent: bar 4 +0.98 here, -0.97 there; bar 5 the other way round
    alike(said(DIVERGENCE.format("bull"), UP, MIRROR)[4:], [1, 0, 1])
    alike(said(DIVERGENCE.format("bear"), UP, MIRROR)[4:], [0, 1, 0])
    alike(said(DIVERGENCE.format("bull"), MIRROR, UP)[4:], [0, 1, 0])
    # of markets that go together there is none, and a move has to be as large as was asked for
    alike(said(DIVERGENCE.format("bull"), UP, UP)[4:], [0, 0, 0])
    alike(said(DIVERGENCE.format("bull").replace(")", ", own=1%)"), UP, MIRROR)[4:], [0, 0, 1])
    alike(said(DIVERGENCE.format("bull").replace(")", ", theirs=1%)"), UP, MIRROR)[4:], [0, 0, 1])


def test_iv_collapse_leaves_the_bar_itself_out_of_the_mean() -> None:
    closes = [10.0, 10, 6.9, 5.9, 6]
    # beside the means of the two before: 6.9 / 10, 5.9 / 8.45, 6 / 6.4
    alike(said("iv_collapse(30%, 2, close)", closes, closes), [U, U, 1, 1, 0])
    alike(said("iv_collapse(31%, 2, close)", closes, closes), [U, U, 0, 0, 0])


def test_momentum_decay_needs_the_condition_and_one_of_the_oscillators() -> None:
    # both conditions are UNKNOWN for so few bars, and FALSE beside UNKNOWN is FALSE
    assert said("momentum_decay(close > 1000, bull)", UP, UP) == [0.0] * 7
    alike(said("momentum_decay(close > 10, bear)", UP, UP), [U] * 7)


def test_moved_is_a_difference_either_way() -> None:
    # over two hours: +0.5, +1, +2.5, +0.5, +1; a pip of bitcoin is 1
    alike(said("moved(1 pip, bull, 2 bars)", UP, UP), [U, U, 0, 1, 1, 0, 1])
    alike(said("moved(1 pip, bear, 2 bars)", [200 - v for v in UP], UP), [U, U, 0, 1, 1, 0, 1])
    alike(said("moved(1 pip, bear, 2 bars)", UP, UP), [U, U, 0, 0, 0, 0, 0])
