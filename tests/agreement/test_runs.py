"""Whole runs of random plans over random markets: order loop and interpreter agree to the last bit and cent."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.kernels.build import Kernels

from tests.agreement.runs import account_of, compare, fast, run_differences
from tests.oracle.cases import random_case

INTERPRETED = Kernels("interpreted")
RANDOMS = st.one_of(st.randoms(use_true_random=False), st.integers(0, 2**32).map(Random))

agreement = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # shrinking a world takes minutes; the failing text is in the message
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("capacity", [1, 7, 4096])
@agreement
@given(r=RANDOMS)
def test_history_in_chunks_of_any_size(capacity: int, r: Random) -> None:
    case = random_case(r)
    if case.plans:
        assert run_differences(case, INTERPRETED, capacity) == [], case.text


def test_compiled_kernels() -> None:
    """Seeds are fixed so that few functions have to be compiled where the cache is cold."""
    compiled = Kernels("compiled")
    for seed in (1, 2, 3, 5, 8):
        case = random_case(Random(seed), plans=1)
        if case.plans:
            assert run_differences(case, compiled, 64) == [], case.text


@settings(agreement, max_examples=15)
@given(RANDOMS, st.floats(0.2, 0.9))
def test_no_decision_changes_when_later_bars_are_cut_off(r: Random, part: float) -> None:
    case = random_case(r)
    if not case.plans:
        return
    account, dataset = account_of(case), case.world.dataset
    start, end = case.world.span
    cut = start + round((end - start) * part)
    firsts = [dataset.bars(p.market, case.world.finest) for p in case.plans]
    if any(bars is None or bars.close_time[0] > cut for bars in firsts):
        return
    whole = fast(case.plans, case.guards, dataset, account, INTERPRETED, 4096, end)
    shorter = fast(case.plans, case.guards, dataset.window(end=cut), account, INTERPRETED, 4096, cut)
    # what fills at the open of a bar is known when the bar closes, so only the last bar's length is left out;
    # and a run ends with the last finest bar of its markets
    bars = [b for p in case.plans if (b := dataset.window(end=cut).bars(p.market, case.world.finest)) is not None]
    known = min(cut - milliseconds(case.world.finest), max(int(b.close_time[-1]) for b in bars))
    for all_rows, rows in ((whole.decisions, shorter.decisions), (whole.fills, shorter.fills)):
        assert [row for row in rows if row not in all_rows] == [], case.text
        assert [row for row in all_rows if int(str(row[0])) <= known and row not in rows] == [], case.text


def test_a_difference_would_be_seen() -> None:
    """The comparison itself: one changed fill and one cent are both reported."""
    case = random_case(Random(1), plans=1)
    run = fast(case.plans, case.guards, case.world.dataset, account_of(case), INTERPRETED, 4096, case.world.span[1])
    assert compare(run, run) == []
    other = type(run)(run.decisions[1:], run.fills, run.balance + 1)
    assert len(compare(run, other)) == 2
