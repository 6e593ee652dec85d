"""Evaluator and interpreter agree to the last bit on every node of random plans over random markets."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tradeplan.dsl.graph import Op
from tradeplan.runtime.kernels.build import Kernels

from tests.agreement.columns import column_nodes, differences, evaluated_columns
from tests.oracle.cases import random_case

INTERPRETED = Kernels("interpreted")

# hypothesis draws both the odd and the small through its own random numbers, and the usual through a seed
RANDOMS = st.one_of(st.randoms(use_true_random=False), st.integers(0, 2**32).map(Random))

agreement = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # shrinking a world takes minutes; the failing text is in the message
    suppress_health_check=list(HealthCheck),
)


@agreement
@given(RANDOMS)
def test_random_plans_pass_the_checker(r: Random) -> None:
    # a level drawn at random may be provably on the wrong side; nothing else is ever refused
    refused = [text for text in random_case(r).refused if "-side: " not in text]
    assert refused == []


@pytest.mark.parametrize("capacity", [1, 7, 4096])
@agreement
@given(r=RANDOMS)
def test_history_in_chunks_of_any_size(capacity: int, r: Random) -> None:
    case = random_case(r, plans=1)
    assert differences(case, INTERPRETED, capacity) == [], case.text


@settings(agreement, max_examples=10)
@given(RANDOMS)
def test_one_instant_at_a_time(r: Random) -> None:
    case = random_case(r, plans=1)
    assert differences(case, INTERPRETED, 1, live=True) == [], case.text


@settings(agreement, max_examples=10)
@given(RANDOMS, st.floats(0.2, 0.9))
def test_no_value_changes_when_later_bars_are_cut_off(r: Random, part: float) -> None:
    case = random_case(r, plans=1)
    start, end = case.world.span
    cut = start + round((end - start) * part)
    nodes = [n for n in column_nodes(case) if n.op is not Op.CALL]
    whole = evaluated_columns(case, nodes, INTERPRETED, 4096)
    shorter = evaluated_columns(case, nodes, INTERPRETED, 4096, dataset=case.world.dataset.window(end=cut), end=cut)
    for node in nodes:
        assert whole[node][: len(shorter[node])] == shorter[node], f"{node.op} {node.data}\n{case.text}"
