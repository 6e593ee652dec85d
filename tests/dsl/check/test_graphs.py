"""Small plans and the graphs that they must become, written by hand from the language page."""

from __future__ import annotations

import pytest

from tests.dsl.check.small import ENTRY, HEADER, check, codes, drawn

CLOSE = "field close@btc.M5"
ATR = "output@{0}(call atr 14 1@{0}(field high@{0}, field low@{0}, field close@{0}))"

CONDITIONS = {
    # one view: everything on its bars, joined to the steps at the end
    "close > open": "join@btc.M5*(gt@btc.M5(field close@btc.M5, field open@btc.M5))",
    "rsi > 30": "join@btc.M5*(gt@btc.M5(output@btc.M5(call rsi 14 1@btc.M5(field close@btc.M5)), 30))",
    "M15.rsi(9) > 30": "join@btc.M5*(gt@btc.M15(output@btc.M15(call rsi 9 1@btc.M15(field close@btc.M15)), 30))",
    "btcusd.H1.close > 4": "join@btc.M5*(gt@btc.H1(field close@btc.H1, 4))",
    # 1h of M5 is 12 bars; the market alone is read on the plan's timeframe
    "dxy.change < -0.2%": "join@btc.M5*(lt@dxy.M5(output@dxy.M5(call change 12 1@dxy.M5(field close@dxy.M5)), -0.2))",
    # 61 minutes are rounded up to 13 bars of 5 minutes
    "change(61m) < 0%": "join@btc.M5*(lt@btc.M5(output@btc.M5(call change 13 1@btc.M5(field close@btc.M5)), 0))",
    # two timeframes of one market meet on the finer
    "close > D1.high": "join@btc.M5*(gt@btc.M5(field close@btc.M5, join@btc.M5(field high@btc.D1)))",
    "M15.close > D1.high": "join@btc.M5*(gt@btc.M15(field close@btc.M15, join@btc.M15(field high@btc.D1)))",
    # two markets meet on the plan's steps
    "close / dxy.close > 2": (
        "gt@btc.M5*(div@btc.M5*(join@btc.M5*(field close@btc.M5), join@btc.M5*(field close@dxy.M5)), 2)"
    ),
    # temporal operators run on the expression's own clock and are joined afterwards
    "M15.close > M15.open FOR 2 bars": (
        "join@btc.M5*(for 2@btc.M15(gt@btc.M15(field close@btc.M15, field open@btc.M15)))"
    ),
    "H1.close > H1.open WITHIN 90m": (
        "join@btc.M5*(within 2@btc.H1(gt@btc.H1(field close@btc.H1, field open@btc.H1)))"
    ),
    "close CROSSES ABOVE H1.open": (
        "join@btc.M5*(became@btc.M5(gt@btc.M5(field close@btc.M5, join@btc.M5(field open@btc.H1))))"
    ),
    "close[1] CROSSES BELOW 5": "join@btc.M5*(became@btc.M5(lt@btc.M5(ago 1@btc.M5(field close@btc.M5), 5)))",
    "D1.close[2] > D1.close": "join@btc.M5*(gt@btc.D1(ago 2@btc.D1(field close@btc.D1), field close@btc.D1))",
    "(close > open)[3]": "join@btc.M5*(ago 3@btc.M5(gt@btc.M5(field close@btc.M5, field open@btc.M5)))",
    "rsi BETWEEN 30 AND 45": (
        "join@btc.M5*(and@btc.M5(ge@btc.M5(output@btc.M5(call rsi 14 1@btc.M5(field close@btc.M5)), 30), "
        "le@btc.M5(output@btc.M5(call rsi 14 1@btc.M5(field close@btc.M5)), 45)))"
    ),
    "NOT close > open": "join@btc.M5*(not@btc.M5(gt@btc.M5(field close@btc.M5, field open@btc.M5)))",
    "close > open OR M15.choch(bear)": (
        "join@btc.M5*(or@btc.M5(gt@btc.M5(field close@btc.M5, field open@btc.M5), "
        "join@btc.M5(output@btc.M15(call choch -1 1@btc.M15(field close@btc.M15)))))"
    ),
    # what looks at the clock alone takes the clock of what it meets, and the steps at the top
    "time(new_york) >= 16:45": (
        "ge@btc.M5*(output@btc.M5*(call time 3 1@btc.M5*(calendar seconds America/New_York True@btc.M5*)), 60300)"
    ),
    "(H1.close > 4 OR weekday = friday)": (
        "join@btc.M5*(or@btc.H1(gt@btc.H1(field close@btc.H1, 4), "
        "eq@btc.H1(output@btc.H1(call weekday 0 1@btc.H1(calendar weekday UTC True@btc.H1)), 4)))"
    ),
    "M15.time >= 08:00": (
        "join@btc.M5*(ge@btc.M15(output@btc.M15(call time 0 1@btc.M15(calendar seconds UTC True@btc.M15)), 28800))"
    ),
    "time BETWEEN 22:00 AND 01:30": (
        "or@btc.M5*(ge@btc.M5*(output@btc.M5*(call time 0 1@btc.M5*(calendar seconds UTC True@btc.M5*)), 79200), "
        "le@btc.M5*(output@btc.M5*(call time 0 1@btc.M5*(calendar seconds UTC True@btc.M5*)), 5400))"
    ),
    "time >= 08:00 FOR 10m": (
        "for 2@btc.M5*(ge@btc.M5*(output@btc.M5*(call time 0 1@btc.M5*(calendar seconds UTC True@btc.M5*)), 28800))"
    ),
    "day_open > close": (
        "join@btc.M5*(gt@btc.M5(output@btc.M5(call day_open  1@btc.M5("
        "field open@btc.M5, calendar day broker False@btc.M5)), field close@btc.M5))"
    ),
    # the view of a call is that of its arguments; units too
    "btc.H1.holds(low - 1 ATR)": (
        "join@btc.M5*(output@btc.H1(call holds 10 1@btc.H1(field close@btc.H1, "
        + ATR.format("btc.H1")
        + ", sub@btc.H1(field low@btc.H1, mul@btc.H1(1, "
        + ATR.format("btc.H1")
        + ")))))"
    ),
    "dxy.H1.slope(5, close) > 0": (
        "join@btc.M5*(gt@dxy.H1(output@dxy.H1(call slope 5 1@dxy.H1(field close@dxy.H1)), 0))"
    ),
    "H1.ema(5, M15.close) > 3": (
        "join@btc.M5*(gt@btc.H1(output@btc.H1(call ema 5 1@btc.H1(join@btc.H1(field close@btc.M15))), 3))"
    ),
    "double(7) > 3": (
        "join@btc.M5*(gt@btc.M5(output@btc.M5(call double 7 1@btc.M5("
        "output@btc.M5(call ema 7 1@btc.M5(field close@btc.M5)))), 3))"
    ),
    # several results: the first is the default
    "close > bands(20, 2)": (
        "join@btc.M5*(gt@btc.M5(field close@btc.M5, output@btc.M5(call bands 20/2 3@btc.M5(field close@btc.M5))))"
    ),
    "bands(20, 2).lower[1] > close": (
        "join@btc.M5*(gt@btc.M5(ago 1@btc.M5(output 1@btc.M5(call bands 20/2 3@btc.M5(field close@btc.M5))), "
        "field close@btc.M5))"
    ),
    "bands.width > 1.5%": "join@btc.M5*(gt@btc.M5(output 2@btc.M5(call bands 20/2 3@btc.M5(field close@btc.M5)), 1.5))",
    # zones
    "close IN gap(bear)": (
        "join@btc.M5*(and@btc.M5(output 2@btc.M5(call gap -1 4@btc.M5(field high@btc.M5, field low@btc.M5)), "
        "ge@btc.M5(field close@btc.M5, output@btc.M5(call gap -1 4@btc.M5(field high@btc.M5, field low@btc.M5))), "
        "le@btc.M5(field close@btc.M5, output 1@btc.M5(call gap -1 4@btc.M5(field high@btc.M5, field low@btc.M5)))))"
    ),
    "close > gap.mid": (
        "join@btc.M5*(gt@btc.M5(field close@btc.M5, mul@btc.M5(add@btc.M5("
        "output@btc.M5(call gap 1 4@btc.M5(field high@btc.M5, field low@btc.M5)), "
        "output 1@btc.M5(call gap 1 4@btc.M5(field high@btc.M5, field low@btc.M5))), 0.5)))"
    ),
    # conditions as arguments, variadic ones counted behind p
    "at_least(2, close > open, rsi > 50)": (
        "join@btc.M5*(output@btc.M5(call at_least 2/2 1@btc.M5(gt@btc.M5(field close@btc.M5, field open@btc.M5), "
        "gt@btc.M5(output@btc.M5(call rsi 14 1@btc.M5(field close@btc.M5)), 50))))"
    ),
    "sequence(close > open, close < open, within=1h)": (
        "join@btc.M5*(output@btc.M5(call sequence 12/2 1@btc.M5(gt@btc.M5(field close@btc.M5, field open@btc.M5), "
        "lt@btc.M5(field close@btc.M5, field open@btc.M5))))"
    ),
    "bars_since(time = 08:00) < 12": (
        "lt@btc.M5*(output@btc.M5*(call bars_since  1@btc.M5*(eq@btc.M5*(output@btc.M5*("
        "call time 0 1@btc.M5*(calendar seconds UTC True@btc.M5*)), 28800))), 12)"
    ),
    "corr(dxy.close) < -0.5": (
        "join@btc.M5*(lt@btc.M5(output@btc.M5(call corr 48 1@btc.M5("
        "join@btc.M5(field close@dxy.M5), field close@btc.M5)), -0.5))"
    ),
    "rsi(5, close / dxy.close) > 1": (
        "gt@btc.M5*(output@btc.M5*(call rsi 5 1@btc.M5*(div@btc.M5*(join@btc.M5*(field close@btc.M5), "
        "join@btc.M5*(field close@dxy.M5)))), 1)"
    ),
    # operations instead of calls
    "abs(close - open) > 3 pips": (
        "join@btc.M5*(gt@btc.M5(abs@btc.M5(sub@btc.M5(field close@btc.M5, field open@btc.M5)), 3))"
    ),
    "close > max(open, 5)": "join@btc.M5*(gt@btc.M5(field close@btc.M5, max@btc.M5(field open@btc.M5, 5)))",
    # asked where the answer is read, after the join: the plan's steps, or the written view around it
    "known(imbalance)": (
        "known@btc.M5*(join@btc.M5*(output@btc.M5(call imbalance 5 1@btc.M5(field tick_volume@btc.M5))))"
    ),
    "NOT known(dxy.H1.close)": "not@btc.M5*(known@btc.M5*(join@btc.M5*(field close@dxy.H1)))",
    "M15.known(close)": "known@btc.M5*(join@btc.M5*(field close@btc.M15))",
    "known(close / dxy.close)": (
        "known@btc.M5*(div@btc.M5*(join@btc.M5*(field close@btc.M5), join@btc.M5*(field close@dxy.M5)))"
    ),
    "known(dxy.close) FOR 10m": "for 2@btc.M5*(known@btc.M5*(join@btc.M5*(field close@dxy.M5)))",
    "bars_since(known(dxy.close)) < 3": (
        "lt@btc.M5*(output@btc.M5*(call bars_since  1@btc.M5*(known@btc.M5*(join@btc.M5*(field close@dxy.M5)))), 3)"
    ),
    "H1.bars_since(known(dxy.M15.close)) < 3": (
        "join@btc.M5*(lt@btc.H1(output@btc.H1(call bars_since  1@btc.H1("
        "known@btc.H1(join@btc.H1(field close@dxy.M15)))), 3))"
    ),
    # a percent of a price, and constants folded
    "close > open + 0.5%": "join@btc.M5*(gt@btc.M5(field close@btc.M5, mul@btc.M5(field open@btc.M5, 1.005)))",
    "close - open > 2 * 3 pips + 50 points": (
        "join@btc.M5*(gt@btc.M5(sub@btc.M5(field close@btc.M5, field open@btc.M5), 6.5))"
    ),
    "bias = bear": "join@btc.M5*(eq@btc.M5(output@btc.M5(call bias 20 1@btc.M5(field close@btc.M5)), -1))",
    "bull != bias(9)": "join@btc.M5*(ne@btc.M5(output@btc.M5(call bias 9 1@btc.M5(field close@btc.M5)), 1))",
}  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_becomes_this_graph(condition: str) -> None:
    checked = check(HEADER + "WHEN " + condition + ENTRY)
    assert codes(checked) == []
    assert drawn(checked.plans[0].rules[0].condition) == CONDITIONS[condition]


MANAGED = {
    "profit > 0.5R": "gt@btc.M5*(position profit@btc.M5*, mul@btc.M5*(0.5, position r@btc.M5*))",
    "best - profit > 1 ATR FOR 2 bars": (
        "for 2@btc.M5*(gt@btc.M5*(sub@btc.M5*(position best@btc.M5*, position profit@btc.M5*), "
        "join@btc.M5*(mul@btc.M5(1, " + ATR.format("btc.M5") + "))))"
    ),
    "held > 8h": "gt@btc.M5*(position held@btc.M5*, 2.88e+07)",
    "close < at_entry(H1.support)": (
        "lt@btc.M5*(join@btc.M5*(field close@btc.M5), at_entry@btc.M5*(join@btc.M5*("
        "output@btc.H1(call support 3 1@btc.H1(field low@btc.H1)))))"
    ),
    "at_entry(close > open)": "at_entry@btc.M5*(join@btc.M5*(gt@btc.M5(field close@btc.M5, field open@btc.M5)))",
    "close > entry + 1R": (
        "gt@btc.M5*(join@btc.M5*(field close@btc.M5), add@btc.M5*(position entry@btc.M5*, "
        "mul@btc.M5*(1, position r@btc.M5*)))"
    ),
    # one of two is either; two of three are the first two, or one of these and the third
    "at_least(1, profit > 0, close > 3)": (
        "or@btc.M5*(gt@btc.M5*(position profit@btc.M5*, 0), join@btc.M5*(gt@btc.M5(field close@btc.M5, 3)))"
    ),
    "at_least(2, profit > 0, held > 1ms, size > 1 lots)": (
        "or@btc.M5*(and@btc.M5*(gt@btc.M5*(position profit@btc.M5*, 0), gt@btc.M5*(position held@btc.M5*, 1)), "
        "and@btc.M5*(or@btc.M5*(gt@btc.M5*(position profit@btc.M5*, 0), gt@btc.M5*(position held@btc.M5*, 1)), "
        "gt@btc.M5*(position size@btc.M5*, 1)))"
    ),
    "size > 0.1 lots": "gt@btc.M5*(position size@btc.M5*, 0.1)",
}


@pytest.mark.parametrize("condition", MANAGED)
def test_a_management_condition_becomes_this_graph(condition: str) -> None:
    checked = check(HEADER + "WHEN close > open" + ENTRY + "\nWHEN " + condition + " THEN CLOSE")
    assert codes(checked) == []
    rule = checked.plans[0].rules[1]
    assert drawn(rule.condition) == MANAGED[condition]
    assert rule.condition.positional


def test_a_function_that_stands_for_an_expression_is_expanded_with_its_arguments() -> None:
    checked = check(HEADER + "WHEN close > open" + ENTRY + "\nWHEN profit > 1R THEN MOVE STOP TO trail(2 pips)")
    assert codes(checked) == []
    action = checked.plans[0].rules[1].actions[0]
    assert drawn(action.price) == (  # type: ignore[union-attr]
        "add@btc.M5*(position entry@btc.M5*, mul@btc.M5*(position side@btc.M5*, sub@btc.M5*(position best@btc.M5*, 2)))"
    )


def test_a_rule_keeps_what_looks_at_the_position_apart() -> None:
    checked = check(
        HEADER
        + "WHEN close > open"
        + ENTRY
        + "\nWHEN close < open AND profit > 0 AND rsi > 70 AND held > 1h THEN CLOSE"
    )
    rule = checked.plans[0].rules[1]
    assert [c.text for c in rule.clauses] == ["close < open", "profit > 0", "rsi > 70", "held > 1h"]
    assert rule.hoisted is not None
    assert rule.residual is not None
    assert rule.hoisted.inputs == (rule.clauses[0].node, rule.clauses[2].node)
    assert rule.residual.inputs == (rule.clauses[1].node, rule.clauses[3].node)
    assert rule.condition.inputs == tuple(c.node for c in rule.clauses)
    assert checked.plans[0].rules[0].residual is None


def test_optional_counts_unknown_as_met() -> None:
    checked = check(HEADER + "WHEN close > open AND OPTIONAL NOT choch(bear)" + ENTRY)
    clause = checked.plans[0].rules[0].clauses[1]
    inner = "join@btc.M5*(not@btc.M5(output@btc.M5(call choch -1 1@btc.M5(field close@btc.M5))))"
    assert clause.optional
    assert clause.inner is not None
    assert drawn(clause.inner) == inner
    assert drawn(clause.node) == f"or@btc.M5*({inner}, not@btc.M5*(known@btc.M5*({inner})))"


def test_equal_parts_of_two_plans_are_one_node() -> None:
    checked = check(
        "PLAN a TRADE btc ON M5 WHEN rsi > 30" + ENTRY + "\nPLAN b TRADE btc ON M15 WHEN M5.rsi(14) > 30" + ENTRY
    )
    a, b = checked.plans
    assert a.rules[0].condition.inputs[0] is b.rules[0].condition.inputs[0]


def test_a_let_is_its_expression_and_a_param_its_value() -> None:
    written = check(HEADER + "WHEN M15.ema(30) > M15.close + 3 pips" + ENTRY)
    named = check(
        HEADER
        + "PARAM n = 30 FROM 10 TO 60 STEP 10\nPARAM d = 3 pips\nLET line = M15.ema(n)\n"
        + "LET above = line > M15.close + d\n"
        + "WHEN above" + ENTRY
    )  # fmt: skip
    assert codes(named) == []
    assert drawn(named.plans[0].rules[0].condition) == drawn(written.plans[0].rules[0].condition)


def test_a_guard_reads_the_account_on_its_own_steps() -> None:
    checked = check(
        "GUARD g\nWHEN account.drawdown(day) > 5% THEN FLATTEN, HALT FOR 1d\n"
        "WHEN account.loss(2h) > 100 USD AND time(london) > 08:00 THEN HALT FOR day\nWHEN feed.stale FOR 5m THEN HALT"
    )
    assert codes(checked) == []
    rules = checked.guards[0].rules
    assert drawn(rules[0].condition).startswith(
        "gt@account.M1*(account drawdown TimeSpan(milliseconds=0, calendar='day')"
    )
    assert "calendar seconds Europe/London True@account.M1*" in drawn(rules[1].condition)
    assert drawn(rules[2].condition) == "for 5@account.M1*(account stale None@account.M1*)"
    assert rules[2].condition.inputs[0].condition
