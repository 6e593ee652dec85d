"""In what ways a rule on the position can be TRUE, worked out by hand from the definitions of the functions."""

from __future__ import annotations

import pytest
from tradeplan.dsl.graph import CheckedRule, Graph, Op, PositionBound
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

HOUR = 3_600_000.0


def rule(condition: str, action: str = "CLOSE") -> CheckedRule:
    text = f"PLAN p TRADE btc ON M5\nWHEN close > open THEN BUY RISK 0.5% STOP 2 ATR\nWHEN {condition} THEN {action}\n"
    found = check_source(Source("t.plan", text), catalog(), load_facts(), Graph())
    assert found.ok, [d.message for d in found.diagnostics]
    return found.plans[0].rules[1]


def bounds(condition: str) -> set[tuple[PositionBound, ...]]:
    gates = rule(condition).gates
    assert gates is not None
    assert all(g.column is None for g in gates)
    return {g.bounds for g in gates}


def up(name: str, level: float, in_r: bool = False) -> PositionBound:
    return PositionBound(name, True, level, in_r)


def down(name: str, level: float, in_r: bool = False) -> PositionBound:
    return PositionBound(name, False, level, in_r)


def test_a_comparison_is_a_bound_and_a_division_is_multiplied_out() -> None:
    assert bounds("profit > 1.5R") == {(up("profit", 1.5, True),)}
    assert bounds("scale_profit(0.5R) >= 4") == {(up("profit", 2.0, True),)}
    assert bounds("scale_time(4h) >= 2") == {(up("held", 8 * HOUR),)}
    assert bounds("2R < best") == {(up("best", 2.0, True),)}


def test_and_or_and_not() -> None:
    assert bounds("profit > 1R AND held >= 2h") == {(up("held", 2 * HOUR), up("profit", 1.0, True))}
    assert bounds("profit > 1R OR held >= 2h") == {(up("held", 2 * HOUR),), (up("profit", 1.0, True),)}
    assert bounds("NOT (profit > 1R OR held < 2h)") == {(up("held", 2 * HOUR), down("profit", 1.0, True))}


def test_time_exit_waits_for_the_shortest_patience() -> None:
    """24 h; 15 min with 0.4R; while it loses 60 min at least."""
    assert bounds("time_exit(24h) >= 1") == {
        (up("held", 24 * HOUR),),
        (up("held", HOUR / 4), up("profit", 0.4, True)),
        (up("held", HOUR), down("profit", 0.0)),
        (up("held", 3 * HOUR), down("profit", 0.0)),
    }


def test_the_market_half_of_the_most_urgent_exit_is_one_column() -> None:
    """Neither clock nor profit is critical: only the market's rank can be."""
    gates = rule("exit_signal >= critical AND profit < 0 pips").gates
    assert gates is not None
    (gate,) = gates
    assert gate.bounds == (down("profit", 0.0),)
    assert gate.column is not None
    assert gate.column.op is Op.GE
    assert gate.column.inputs[1].data == (4.0,)
    assert not gate.column.positional


def test_a_rule_of_columns_alone_waits_for_them() -> None:
    found = rule("close < sma(20)")
    assert found.gates is not None
    assert [(g.bounds, g.column) for g in found.gates] == [((), found.hoisted)]


@pytest.mark.parametrize("condition", ["(profit > 1R) FOR 3 bars", "size < 2 lots", "profit > close - sma(20)"])
def test_what_remembers_or_cannot_be_told_is_looked_at_on_every_step(condition: str) -> None:
    assert rule(condition).gates is None
