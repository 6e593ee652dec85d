"""Counts of clauses: the kernel against plain loops over random columns, and a run against its bars."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.api import backtest
from tradeplan.runtime.kernels.orders.tally import RULE_TALLY, TALLY, tally_clauses

Columns = list[list[int]]


def _plainly(columns: Columns, optional: list[int]) -> tuple[list[list[int]], list[int]]:
    """TRUE, alone and decided of each clause; held and became of the rule: step by step, as they are defined."""
    passes = [[x == 2 or (o and x == 1) for x in column] for column, o in zip(columns, optional, strict=True)]
    clauses = [[column.count(2), 0, 0] for column in columns]
    held = became = 0
    for i in range(len(columns[0])):
        stopping = [j for j in range(len(columns)) if not passes[j][i]]
        if len(stopping) == 1:
            clauses[stopping[0]][1] += 1
        if stopping:
            continue
        held += 1
        late = [j for j in range(len(columns)) if i and not passes[j][i - 1]]
        became += bool(late)
        for j in late:
            clauses[j][2] += 1
    return clauses, [held, became]


@pytest.mark.parametrize("seed", range(40))
def test_the_kernel_counts_as_a_plain_loop_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, size=int(rng.integers(1, 4))).tolist()
    steps = int(rng.integers(1, 120))
    columns = [rng.choice([0, 1, 2], p=[0.2, 0.1, 0.7], size=steps).tolist() for _ in range(sum(sizes))]
    optional = rng.integers(0, 2, size=len(columns)).tolist()
    # columns anywhere in memory: a condition some bars ago is the same row, read from an odd place
    places = [8 * j * 20 + int(rng.integers(0, 8)) for j in range(len(columns))]
    memory = np.ones(8 * (20 * len(columns) + 2), dtype=np.int8)
    for place, column in zip(places, columns, strict=True):
        memory[place : place + steps] = column
    ends = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    windows = np.zeros(3, dtype=np.int64)
    clauses, rules = np.zeros(len(columns) * TALLY, np.int64), np.zeros(len(sizes) * RULE_TALLY, np.int64)
    missing, missed = np.zeros(len(columns), np.int64), np.zeros(len(columns), np.int64)
    done = 0
    while done < steps:  # in chunks, as a run does it
        windows[:2] = done, min(steps, done + int(rng.integers(1, 40)))
        tally_clauses(
            ends.tolist(),
            places,
            optional,
            [0] * len(sizes),
            windows.tolist(),
            memory.view(np.int64).tolist(),
            missing,
            missed,
            rules,
            clauses,
        )
        done = int(windows[1])
    for r, (a, b) in enumerate(pairwise(ends)):
        expected, whole = _plainly(columns[a:b], optional[a:b])
        assert clauses.reshape(-1, TALLY)[a:b].tolist() == expected
        assert rules[r * RULE_TALLY : (r + 1) * RULE_TALLY].tolist() == whole


def test_clauses_of_a_run_are_counted_on_its_bars() -> None:
    plan = """
PLAN p
TRADE btc ON H1
WHEN close > close[1] AND close > close[2] AND high > high[1] THEN BUY RISK 0.5% STOP 2 ATR
WHEN close < low[1] THEN CLOSE
"""
    rng = np.random.default_rng(3)
    close = 40_000.0 + np.round(np.cumsum(rng.normal(0.0, 80.0, 3_000)), 2)
    high, low = close + np.round(rng.uniform(1, 90, 3_000), 2), close - np.round(rng.uniform(1, 90, 3_000), 2)
    index = pd.date_range("2024-01-01", periods=3_000, freq="h", tz="UTC")  # a market that never closes: no gaps
    frame = pd.DataFrame({"open": close, "high": high, "low": low, "close": close}, index=index)
    result = backtest(plan, frame, start="2024-01-02")
    found = analyse(result).clauses["p"]["rules"]
    here = np.arange(24, 3_000)  # bars that close after the start
    columns = [close[here] > close[here - 1], close[here] > close[here - 2], high[here] > high[here - 1]]
    together = columns[0].astype(int) + columns[1] + columns[2]
    assert found[0]["held"] == int((together == 3).sum())
    came = (together[1:] == 3) & (together[:-1] < 3)
    assert found[0]["became"] == int(came.sum())
    for clause, column in zip(found[0]["clauses"], columns, strict=True):
        assert (clause["steps"], clause["unknown"]) == (len(here), 0)
        assert clause["true"] == int(column.sum())
        assert clause["false"] == int((~column).sum())
        assert clause["alone"] == int((~column & (together == 2)).sum())
        assert clause["decided"] == int((came & ~column[:-1]).sum())
    assert [rule["entry"] for rule in found] == [True, False]
    assert found[1]["clauses"][0]["true"] == int((close[here] < low[here - 1]).sum())


def test_clauses_about_the_position_are_told_not_counted(real_data: Path) -> None:
    plan = "PLAN p\nTRADE eurjpy ON H1\nWHEN close > open THEN BUY RISK 0.5% STOP 2 ATR\nWHEN held > 3h THEN CLOSE\n"
    rules = analyse(backtest(plan, real_data / "bars", "2016-01-01", "2016-01-15")).clauses["p"]["rules"]
    assert rules[1]["clauses"][0]["true"] is None
    assert "not counted" in rules[1]["clauses"][0]["reason"]
    assert rules[0]["clauses"][0]["true"] > 0
