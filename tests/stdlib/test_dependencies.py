"""What the conditions of the library need beside them, as plans that lack it and plans that have it."""

from __future__ import annotations

import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog


def told(condition: str) -> set[str]:
    """The codes of what `plan check` says about an entry with the condition."""
    text = f"PLAN p\nTRADE btc ON M5\nWHEN {condition} THEN BUY RISK 0.5% STOP 2 ATR\n"
    return {d.code for d in check_source(Source("p", text), catalog(), load_facts(), Graph()).diagnostics}


COMPANIONS = [
    ("mitigation_cascade(bull, window=4h)", "low IN order_block(bull)"),
    ("mitigation_cascade(bull, window=4h)", "low IN mitigation_block(bull)"),
    ("breaker_retest_chain(bull)", "breaker_block(bull).retest"),
    ("liquidity_vacuum_refill(imbalance >= 1.5, bull)", "close IN fvg(bull)"),
    ("close CROSSES ABOVE news.pre_level", "NOT news.blackout"),
    ("price_reclaim(news.pre_level)", "news.absorption"),
    ("close > news.pre_level", "post_news_reclaim"),
]


@pytest.mark.parametrize(("condition", "companion"), COMPANIONS)
def test_a_companion_is_missed(condition: str, companion: str) -> None:
    assert told(condition) == {"missing-companion"}
    assert told(f"{condition} AND {companion}") == set()


def test_a_refill_without_an_imbalance_is_refused() -> None:
    assert told("liquidity_vacuum_refill(direction=bull) AND close IN fvg(bull)") == {"missing-argument"}


OPPOSED = sorted(function.name for function in catalog() if function.opposed)


@pytest.mark.parametrize("name", OPPOSED)
def test_bull_and_bear_at_once_are_contradictory(name: str) -> None:
    call = {
        "corr_confirmed": "corr_confirmed(eth.close, {})",
        "divergence": "divergence(dxy.close, {})",
        "moved": "moved(1 * atr(14), {})",
        "breaker_retest_chain": "breaker_block.exists AND breaker_retest_chain({})",
        "mitigation_cascade": "order_block.exists AND mitigation_cascade({})",
        "swing_break": "swing_break({}).changes",
    }.get(name, f"{name}({{}})")
    assert told(f"{call.format('bull')} AND {call.format('bear')}") == {"opposed-directions"}
    assert told(f"({call.format('bull')}) WITHIN 9 bars AND ({call.format('bear')}) WITHIN 9 bars") == set()


def test_what_speaks_of_a_direction_is_among_them() -> None:
    assert {"bos", "choch", "mss", "trend", "divergence", "moved", "impulse_continuation"} <= set(OPPOSED)
