"""Whole plans: actions, limits, lookback, data, versions, and the big example of the language page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tradeplan.dsl.check import lookback
from tradeplan.dsl.graph import (
    AddAction,
    AlertAction,
    CloseAction,
    EntryAction,
    FlattenAction,
    HaltAction,
    Lane,
    Level,
    LevelKind,
    OrderType,
    SizeKind,
    TimeSpan,
)
from tradeplan.dsl.pipeline import duplicates_across
from tradeplan.dsl.source import Source

from tests.dsl.check.small import CATALOG, ENTRY, HEADER, check, codes, drawn

EXAMPLE = """
# Buys Bitcoin while the dollar slides and H1 support holds.
PLAN btc_on_weak_dollar "Dollar down, Bitcoin holding support."
TRADE btc ON M5

PARAM drop = 0.2% FROM 0.05% TO 1% STEP 0.05%
LET floor = btc.H1.support

WHEN dxy.change(1h) < -drop
 AND btc.holds(floor)
 AND M15.close > M15.ema(50) FOR 2 bars
 AND OPTIONAL btc.imbalance(levels=5) > 0.2
 AND NOT news.blackout(impact=high, before=30m, after=15m)
THEN BUY RISK 0.5% STOP floor - 0.5 ATR TARGET 3R TAKE 50% AT 1R

WHEN best >= 1R THEN MOVE STOP TO entry
WHEN profit >= 1.5R THEN MOVE STOP TO trail(1.5 ATR)
WHEN M15.structure_break(bull) > 0.7 AND profit > 0.5R THEN ADD 25%
WHEN M15.choch(bear) OR momentum_loss(bull) > 0.6 THEN CLOSE 50%, ALERT "momentum gone"
WHEN close < at_entry(floor) OR held > 8h OR time(new_york) >= 16:45 THEN CLOSE

COOLDOWN 2h
MAX 3 PER day
EXPIRES 2026-12-31

GUARD daily_limits "Account-wide breakers."
WHEN account.drawdown(day) > 5%  THEN FLATTEN, HALT FOR 1d
WHEN account.loss(day) > 1000 USD THEN HALT FOR 1d
WHEN system.latency > 200ms OR feed.quality < 80% THEN HALT FOR 15m
"""


def test_the_big_example_of_the_language_page() -> None:
    checked = check(EXAMPLE)
    assert codes(checked) == []
    plan, guard = checked.plans[0], checked.guards[0]
    assert (plan.name, plan.title, plan.market, plan.timeframe, plan.side) == (
        "btc_on_weak_dollar",
        "Dollar down, Bitcoin holding support.",
        "btc",
        "M5",
        1,
    )
    assert plan.step_lane == Lane("btc", "M5", steps=True)
    assert [len(r.clauses) for r in plan.rules] == [5, 1, 1, 2, 1, 1]
    assert [c.optional for c in plan.rules[0].clauses] == [False, False, False, True, False]
    assert [r.condition.positional for r in plan.rules] == [False, True, True, True, False, True]
    entry = plan.rules[0].entry
    assert entry is not None
    assert (entry.side, entry.size_kind, entry.size, entry.order) == (1, SizeKind.RISK_PERCENT, 0.5, OrderType.MARKET)
    assert entry.stop.kind is LevelKind.PRICE
    # H1 support meets the ATR of the plan's own bars there, and the level stands on the steps
    atr = "output@btc.M5(call atr 14 1@btc.M5(field high@btc.M5, field low@btc.M5, field close@btc.M5))"
    support = "join@btc.M5(output@btc.H1(call support 3 1@btc.H1(field low@btc.H1)))"
    assert drawn(entry.stop.value) == f"join@btc.M5*(sub@btc.M5({support}, mul@btc.M5(0.5, {atr})))"
    assert entry.target is not None
    assert (entry.target.kind, drawn(entry.target.value)) == (LevelKind.R_MULTIPLE, "3")
    assert [(t.percent, t.at.kind, drawn(t.at.value)) for t in entry.takes] == [(50.0, LevelKind.R_MULTIPLE, "1")]
    assert isinstance(plan.rules[3].actions[0], AddAction)
    close, alert = plan.rules[4].actions
    assert isinstance(close, CloseAction)
    assert isinstance(alert, AlertAction)
    assert (close.percent, alert.text) == (50.0, "momentum gone")
    assert (plan.cooldown, plan.max_count, plan.max_span, plan.once) == (
        TimeSpan(7_200_000),
        3,
        TimeSpan(calendar="day"),
        False,
    )
    assert plan.expires == int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1000)
    # dxy: change over 12 bars needs 13. M15: 50 of the ema and one more for FOR 2 bars; choch 50. H1: 2 * 3 + 1, and
    # holds looks 10 M5 bars back on it, 9 * 5 / 60 of an hour, so one or two more bars of H1: ceil(0.75) + 1 in all.
    assert dict(plan.lookback) == {
        Lane("dxy", "M5"): 13,
        Lane("btc", "M15"): 51,
        Lane("btc", "H1"): 2 + 6,
        Lane("btc", "M5"): 10 + 14,
    }
    flatten, halt = guard.rules[0].actions
    assert isinstance(flatten, FlattenAction)
    assert isinstance(halt, HaltAction)
    assert halt.duration == TimeSpan(86_400_000)


def test_the_line_that_the_owner_wrote() -> None:
    checked = check(
        "PLAN own TRADE btc ON M5\n"
        "WHEN dxy.change < -0.2% AND btc.holds(support) THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R"
    )
    assert codes(checked) == []
    change, holds = checked.plans[0].rules[0].clauses
    assert drawn(change.node).startswith("join@btc.M5*(lt@dxy.M5(output@dxy.M5(call change 12 1")
    assert "output@btc.M5(call support 3 1@btc.M5(field low@btc.M5))" in drawn(holds.node)


def entry_of(then: str) -> EntryAction:
    checked = check(HEADER + "WHEN rsi > 30 THEN " + then)
    assert codes(checked) == []
    entry = checked.plans[0].rules[0].entry
    assert entry is not None
    return entry


def shown(level: Level | None) -> tuple[LevelKind, str]:
    assert level is not None
    return level.kind, drawn(level.value)


def test_sizes_and_levels() -> None:
    entry = entry_of("SELL RISK 100 USD STOP 15 pips TARGET 1.5% TAKE 20% AT low - 3 pips")
    assert (entry.side, entry.size_kind, entry.size) == (-1, SizeKind.RISK_MONEY, 100.0)
    assert shown(entry.stop) == (LevelKind.DISTANCE, "15")
    assert shown(entry.target) == (LevelKind.PERCENT, "1.5")
    assert shown(entry.takes[0].at) == (LevelKind.PRICE, "join@btc.M5*(sub@btc.M5(field low@btc.M5, 3))")


def test_pending_orders() -> None:
    entry = entry_of("BUY 0.10 lots AT LIMIT 99.5 FOR 6 bars STOP 98 TARGET 103.25")
    assert (entry.size_kind, entry.size, entry.order) == (SizeKind.LOTS, 0.1, OrderType.LIMIT)
    assert entry.valid == TimeSpan(6 * 5 * 60_000)
    assert entry.price is not None
    assert (drawn(entry.price), shown(entry.stop), shown(entry.target)) == (
        "99.5",
        (LevelKind.PRICE, "98"),
        (LevelKind.PRICE, "103.25"),
    )
    assert entry_of("BUY 0.10 lots AT STOP high + 5 points FOR 1h STOP low").order is OrderType.STOP


def test_lookback_is_worked_out_for_the_maximum_of_a_param() -> None:
    checked = check(
        HEADER
        + "PARAM n = 20 FROM 10 TO 60 STEP 10\nPARAM w = 30m FROM 10m TO 2h\n"
        + "WHEN M15.ema(n) > 3 AND change(w) > 0%"
        + ENTRY
    )
    assert codes(checked) == []
    assert "call ema 20 1" in drawn(checked.plans[0].rules[0].condition)
    # change over 2h of M5 is 24 bars and needs 25; the stop's ATR needs 15
    assert dict(checked.plans[0].lookback) == {Lane("btc", "M15"): 60, Lane("btc", "M5"): 25}


def test_lookback_chains() -> None:
    def need(condition: str) -> dict[str, int]:
        checked = check(HEADER + "WHEN " + condition + ' THEN ALERT "x"')
        roots = [c.node for c in checked.plans[0].rules[0].clauses]
        return {f"{lane.market}.{lane.timeframe}": n for lane, n in lookback(roots, CATALOG).items()}

    assert need("close > open") == {"btc.M5": 1}
    assert need("close > close[4]") == {"btc.M5": 5}
    assert need("(close > open FOR 3 bars)[2]") == {"btc.M5": 5}
    assert need("close CROSSES ABOVE ema(10)") == {"btc.M5": 11}
    assert need("ema(10, rsi(5)) > 3") == {"btc.M5": 15}
    assert need("count(rsi(5) > 30, 1h) > 3") == {"btc.M5": 17}
    # 12 bars of M5 look at H1 over 55 minutes: the bar at the start and the one that closes within
    assert need("count(H1.rsi(5) > 30 AND rsi(5) > 20, 1h) > 3") == {"btc.M5": 17, "btc.H1": 7}
    # 2 bars of H1 look at M5 an hour apart: 12 steps and the first
    assert need("H1.ema(2, M5.close) > 3") == {"btc.H1": 2, "btc.M5": 13}
    assert need("time > 08:00") == {}


def test_a_version_is_that_of_the_meaningful_text() -> None:
    a = check(HEADER + "WHEN rsi > 30" + ENTRY).plans[0].version
    b = check("# note\nPLAN p\n  TRADE btc ON M5\nWHEN rsi>30 # here\n" + ENTRY).plans[0].version
    c = check(HEADER + "WHEN rsi > 31" + ENTRY).plans[0].version
    assert a == b != c
    assert len(a) == 12
    assert set(a) <= set("0123456789abcdef")


def test_names_of_blocks_are_unique_across_files() -> None:
    from_a = check("PLAN p TRADE btc ON M5 WHEN rsi > 30" + ENTRY)
    from_b = check("GUARD q WHEN feed.stale THEN HALT")
    other = replace(from_a, source=Source("other.plan", from_a.source.text))
    assert duplicates_across([from_a, from_b]) == []
    found = duplicates_across([from_a, from_b, other])
    assert [(d.code, d.source.name, d.source.slice(d.span)) for d in found] == [("duplicate-block", "other.plan", "p")]
    assert "t.plan" in found[0].message


def test_every_name_that_is_used_is_recorded_with_its_view_and_kind() -> None:
    checked = check(HEADER + "LET floor = H1.support\nWHEN close > floor AND dxy.change < 0%" + ENTRY)
    uses = checked.elaborated[0].uses
    shown = [(u.name, u.view and f"{u.view.facts.name}.{u.view.timeframe}", str(u.value.kind)) for u in uses]
    assert shown == [
        ("support", "btc.H1", "price of btc"),
        ("close", "btc.M5", "price of btc"),
        ("floor", None, "price of btc"),
        ("change", "dxy.M5", "percent"),
    ]
    assert [checked.source.slice(u.span) for u in uses] == ["H1.support", "close", "floor", "dxy.change"]


def test_a_constant_condition_stands_on_the_steps_all_the_same() -> None:
    checked = check(HEADER + "WHEN 2 > 1" + ENTRY)
    assert codes(checked) == ["constant-condition"]
    assert checked.plans[0].rules[0].condition.lane == Lane("btc", "M5", steps=True)


def test_a_param_stands_for_a_count_a_date_and_a_clock_time() -> None:
    checked = check(
        """PLAN p TRADE btc ON M5
        PARAM most = 3 FROM 1 TO 5 STEP 2
        PARAM last = 2026-12-31 FROM 2026-12-03 TO 2026-12-31 STEP 7d
        PARAM from_then = 08:00
        PARAM to_then = 16:45 FROM 16:00 TO 17:00 STEP 15m
        WHEN rsi > 30 AND time BETWEEN from_then AND to_then THEN BUY RISK 0.5% STOP 2 ATR
        MAX most PER day
        EXPIRES last
        """
    )
    assert codes(checked) == []
    plan = checked.plans[0]
    assert (plan.max_count, plan.max_span) == (3, TimeSpan(calendar="day"))
    assert plan.expires == int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1000)
    # 8 h and 16 h 45 min in seconds
    text = drawn(plan.rules[0].clauses[1].node)
    assert "28800" in text
    assert "60300" in text
