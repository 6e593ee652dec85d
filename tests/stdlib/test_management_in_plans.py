"""How exits, stops and scaling are read in a plan: directions by its side, words with an order, explained defaults."""

from __future__ import annotations

import pytest
from tradeplan.dsl.explain import explain_text
from tradeplan.dsl.graph import CheckedPlan, Graph, MoveStopAction, Node, Op
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

FACTS = load_facts()


def checked(rules: str, side: str = "BUY", stop: str = "2 ATR") -> Checked:
    text = f"PLAN p TRADE btc ON M5\nWHEN close > open THEN {side} RISK 0.5% STOP {stop}\n{rules}\n"
    return check_source(Source("t.plan", text), catalog(), FACTS, Graph())


def plan_of(rules: str, side: str = "BUY", stop: str = "2 ATR") -> CheckedPlan:
    found = checked(rules, side, stop)
    assert found.ok, [d.message for d in found.diagnostics]
    return found.plans[0]


def nodes(node: Node) -> list[Node]:
    found: dict[Node, None] = {}
    stack = [node]
    while stack:
        top = stack.pop()
        if top not in found:
            found[top] = None
            stack.extend(top.inputs)
    return list(found)


def calls(node: Node) -> set[tuple[object, ...]]:
    return {n.data for n in nodes(node) if n.op is Op.CALL}


def moved(rule: str, side: str = "BUY") -> Node:
    action = plan_of(f"WHEN held > 1m THEN MOVE STOP TO {rule}", side).rules[1].actions[0]
    assert isinstance(action, MoveStopAction)
    return action.price


@pytest.mark.parametrize(("side", "against"), [("BUY", -1.0), ("SELL", 1.0)])
def test_directions_follow_the_side_of_the_plan(side: str, against: float) -> None:
    for text, direction in (
        ("structure_break", against),
        ("structure_break(against)", against),
        ("structure_break(with)", -against),
        ("structure_break(bull)", 1.0),
        ("structure_break(direction=bear)", -1.0),
    ):
        rule = plan_of(f"WHEN {text} > 0.7 THEN CLOSE", side).rules[1]
        assert ("structure_break", direction, 20.0, 1) in calls(rule.condition), text
    rule = plan_of("WHEN momentum_loss > 0.6 THEN CLOSE", side).rules[1]
    assert ("thrust", -against, 10.0, 1) in calls(rule.condition), "the momentum of the plan's own direction"


@pytest.mark.parametrize(("side", "against"), [("BUY", -1.0), ("SELL", 1.0)])
def test_the_exit_signal_reads_twelve_strengths(side: str, against: float) -> None:
    condition = plan_of("WHEN exit_signal >= high THEN CLOSE", side).rules[1].condition
    found = [n for n in nodes(condition) if n.op is Op.CALL]
    for timeframe in ("H1", "M15", "M5", "M1"):
        own = {n.data for n in found if n.lane is not None and n.lane.timeframe == timeframe}
        assert ("structure_break", against, 20.0, 1) in own
        assert ("momentum_loss", -against, 10.0, 1) in own
        assert ("volume_decline", 5.0, 15.0, 1) in own
    assert ("exit_ranking", 0.7, 0.6, 0.5, 4) in {n.data for n in found}


def test_the_exit_signal_reads_no_finer_than_it_is_told() -> None:
    plan = plan_of("WHEN exit_signal(finest=M15) >= high THEN CLOSE")
    assert {lane.timeframe for lane, _ in plan.lookback} == {"H1", "M15", "M5"}, "M5 is the plan's own"
    reads = {n.lane.timeframe for n in nodes(plan.rules[1].condition) if n.op is Op.FIELD and n.lane is not None}
    assert reads == {"H1", "M15", "M5"}, "M5 for the volatility of `time_exit`"


@pytest.mark.parametrize(
    ("text", "op", "word"),
    [
        ("exit_signal >= high", Op.GE, 3.0),
        ("exit_signal > medium", Op.GT, 2.0),
        ("high <= exit_signal", Op.GE, 3.0),
        ("critical = exit_signal", Op.EQ, 4.0),
        ("exit_signal.rank != none", Op.NE, 0.0),
        ("exit_signal.kind = structure", Op.EQ, 1.0),
        ("exit_signal.kind = profit", Op.EQ, 5.0),
        ("exit_signal.timeframe = M15", Op.EQ, 15.0),
        ("H1 = market_exit.timeframe", Op.EQ, 60.0),
    ],
)
def test_words_are_compared_with_words(text: str, op: Op, word: float) -> None:
    if text.startswith("H1"):
        assert not checked(f"WHEN {text} THEN CLOSE").ok, "a timeframe alone before = is a view"
        return
    comparison = next(n for n in nodes(plan_of(f"WHEN {text} THEN CLOSE").rules[1].condition) if n.op is op)
    assert comparison.inputs[1].data == (word,)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("WHEN exit_signal.kind > time THEN CLOSE", "kind-mismatch"),
        ("WHEN exit_signal.timeframe = M30 THEN CLOSE", "unknown-word"),
        ("WHEN exit_signal >= 3 THEN CLOSE", "kind-mismatch"),
        ("WHEN exit_signal >= urgent THEN CLOSE", "unknown-word"),
        ("WHEN exit_signal(finest=M30) >= high THEN CLOSE", "unknown-word"),
        ("WHEN time_exit(limit=10) >= 1 THEN CLOSE", "argument-kind"),
        ("WHEN profit_exit(0R) >= 1 THEN CLOSE", "argument-bounds"),
        ("WHEN close < open THEN MOVE STOP TO tighter(entry, 2 ATR)", "argument-kind"),
        ("WHEN exit_signal >= high THEN BUY RISK 0.5% STOP 2 ATR", "management-only"),
        ("WHEN close < open THEN BUY RISK 0.5% STOP breakeven_stop", "management-only"),
        ("LET l = trail\nWHEN close < open THEN BUY RISK 0.5% STOP l", "position-place"),
    ],
)
def test_mistakes(rules: str, code: str) -> None:
    assert [d.code for d in checked(rules).diagnostics if d.severity.value == "error"] == [code]


def test_a_let_may_be_called_like_a_word_of_the_exits() -> None:
    plan_of("LET structure = support\nLET momentum = rsi(14)\nWHEN close < structure AND momentum < 30 THEN CLOSE")


def test_a_guard_has_no_side() -> None:
    text = "GUARD g\nWHEN structure_break > 1 THEN HALT\n"
    found = check_source(Source("t.plan", text), catalog(), FACTS, Graph())
    assert [d.code for d in found.diagnostics] == ["no-side"]


@pytest.mark.parametrize(
    ("side", "name", "op"),
    [("BUY", "tighter", Op.MAX), ("BUY", "wider", Op.MIN), ("SELL", "tighter", Op.MIN), ("SELL", "wider", Op.MAX)],
)
def test_the_side_decides_what_is_tighter(side: str, name: str, op: Op) -> None:
    entry = plan_of("WHEN held > 1h THEN CLOSE", side, f"{name}(fixed_stop(1 ATR), fixed_stop(20 pips))").rules[0].entry
    assert entry is not None
    assert [n.op for n in nodes(entry.stop.value) if n.op in (Op.MAX, Op.MIN)] == [op]
    managed = moved(f"{name}(trail(1 ATR), entry)", side)
    known = {Op.MAX: Op.GREATEST, Op.MIN: Op.LEAST}[op] if name == "tighter" else op
    assert managed.op is known, "an UNKNOWN one is left out of the tighter, not of the wider"


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_fixed_stop_counts_from_the_entry_in_a_rule_that_manages(side: str) -> None:
    node = moved("fixed_stop(20 pips)", side)
    assert node.op is Op.SUB
    assert (node.inputs[0].op, node.inputs[0].data) == (Op.POSITION, ("entry",))
    assert node.inputs[1].data == (20.0 if side == "BUY" else -20.0,)


def test_a_trail_without_a_step_is_what_it_was() -> None:
    assert Op.CHOOSE not in {n.op for n in nodes(moved("trail(1.5 ATR)"))}
    assert moved("trail(1.5 ATR, step=0.1R)").op is Op.CHOOSE


def test_explain_says_where_a_default_comes_from() -> None:
    found = checked(
        "WHEN exit_signal >= high THEN CLOSE\nWHEN best >= 1R THEN MOVE STOP TO gold.trail", stop="atr_stop"
    )
    assert not found.ok, "the distance of another market is none of this one's"
    found = checked("WHEN exit_signal >= high THEN CLOSE\nWHEN best >= 1R THEN MOVE STOP TO trail", stop="atr_stop")
    text = explain_text(found.elaborated[0], found.file.blocks[0])
    assert "structure_break=0.7 (profile of btc: exits.structure_break)" in text
    assert "multiple=2 (profile of btc: stops.atr)" in text
    assert "distance=1 * atr(14) (profile of btc: stops.trail)" in text
    assert "where market is `market_exit(direction, finest" in text
