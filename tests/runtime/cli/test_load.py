"""Which markets a run without data is given bars of."""

from __future__ import annotations

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli._load import markets_of
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

TEXT = """PLAN p TRADE btc ON M5 WHEN dxy.H1.close > 1 THEN BUY RISK 1% STOP 2 ATR
GUARD g WHEN gold.H1.volatility(20) > 2% AND account.loss(day) > 1 USD THEN HALT
"""


def test_markets_that_only_a_guard_reads_are_among_them() -> None:
    checked = check_source(Source("t", TEXT), catalog(), load_facts(), Graph())
    assert checked.ok
    assert markets_of(checked.plans) == ("btc", "dxy")
    assert markets_of(checked.plans, checked.guards) == ("btc", "dxy", "gold")
