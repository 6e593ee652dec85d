"""What a run keeps beside its journal: trades, orders, states, equity, patterns; upgraded, pruned, indexed."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.live.books import PATTERN_LIFE
from tradeplan.runtime.store.checks import verify
from tradeplan.runtime.store.retention import DAY, Retention
from tradeplan.runtime.store.snapshot import read_status
from tradeplan.runtime.store.upgrade import rollback_file, upgrade_file
from tradeplan.runtime.store.writer import Writer
from tradeplan.stdlib.registry import catalog

from tests.kill.plans import BREAKERS, BREAKOUT, GUARD, PULLBACK
from tests.runtime.live.world import ACCOUNT, MINUTE, START, World, checked, dataset_of, walk

SPANS = {"market": "btc", "timeframe": "M1", "hold": "40m", "rest": "20m", "end": "120", "some": "90"}
PATTERNS = """
PLAN sees
TRADE btc ON M1
WHEN fvg(bull).exists AND close < 0 THEN BUY 0.1 lots STOP 1%
"""
TEXTS = {
    "pullback.plan": PULLBACK.format(**SPANS),
    "breakdown.plan": BREAKOUT.format(**SPANS),
    "limits.plan": GUARD,
    "breakers.plan": BREAKERS.format(**SPANS),
    "sees.plan": PATTERNS,
}
BARS = 900


def world_of(folder: Path, bars: int = BARS) -> World:
    folder.mkdir(exist_ok=True)
    world = World(folder, dataset_of(walk(BARS)), minutes=bars)
    for name, text in TEXTS.items():
        world.write(name, text)
    return world


def ask(database: Path, sql: str, *given: object) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(database)
    try:
        return db.execute(sql, given).fetchall()
    finally:
        db.close()


def tables(database: Path, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(ask(database, f"select * from {name}"), key=repr) for name in names}


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = world_of(tmp_path_factory.mktemp("peace"))
    world.run()
    return world


@pytest.fixture(scope="module")
def whole() -> BacktestResult:
    """The same plans as one backtest."""
    plans, guards, _ = checked(*TEXTS.values())
    end = START + BARS * MINUTE
    return BacktestResult(run_backtest(plans, guards, dataset_of(walk(BARS)), catalog(), ACCOUNT, START, end))


def test_trades_are_those_of_the_backtest(peace: World, whole: BacktestResult) -> None:
    columns = "position, plan, market, side, opened, closed, lots, entry, exit, stop, profit, commission, swap, net, r"
    found = ask(peace.database, f"select {columns}, reason from trade order by position")
    assert len(found) == len(whole.trades) >= 15
    for row, t in zip(found, whole.trades, strict=True):
        assert row[:5] == (t.position, t.plan, t.market, t.side, t.opened)
        assert (row[5] or 0, row[15] or "") == (t.closed, t.reason)
        given = (t.lots, t.entry, t.exit if t.closed else row[8], t.stop, t.profit, t.commission, t.swap, t.net, t.r)
        assert row[6:15] == pytest.approx(given, rel=1e-12, abs=1e-9)
    still = ask(peace.database, "select count(*) from active_trade")[0][0]
    assert still == len(read_status(peace.database).positions) == len(whole.open_positions)
    assert ask(peace.database, "select count(*) from trade_history")[0][0] == len(found) - still
    days = ask(peace.database, "select sum(trades), sum(net), sum(wins) from performance")
    closed = [t for t in whole.trades if t.closed]
    assert days[0] == (len(closed), pytest.approx(sum(t.net for t in closed)), sum(t.net > 0 for t in closed))


def test_every_intent_is_an_order_and_its_end_is_told(peace: World) -> None:
    assert ask(peace.database, "select count(*) from orders") == ask(peace.database, "select count(*) from intent")
    states = dict(ask(peace.database, "select state, count(*) from orders where about = 'entry' group by state"))
    assert states == dict(ask(peace.database, "select state, count(*) from intent where leg = 'entry' group by state"))
    assert states == {"filled": 15, "expired": 6}
    # what the entries filled is what the fills say
    (filled,) = ask(peace.database, "select sum(filled) from orders where about = 'entry'")
    (lots,) = ask(peace.database, "select sum(lots) from fill where reason = 'entry'")
    assert filled[0] == pytest.approx(lots[0])
    working = ask(peace.database, "select plan from orders where ended is null")
    assert len(working) == ask(peace.database, "select count(*) from plan_state where phase = 'pending'")[0][0]


def test_a_run_with_restarts_leaves_the_same_tables(peace: World, tmp_path: Path) -> None:
    world = world_of(tmp_path / "again")
    for until in (100, 301, 7):
        world.run(until=until)
    world.run()
    drop_time = [row[:-1] for row in tables(peace.database, "plan_state")["plan_state"]]
    assert [row[:-1] for row in tables(world.database, "plan_state")["plan_state"]] == drop_time
    for name in ("trade", "orders", "fill", "decision"):
        assert tables(world.database, name) == tables(peace.database, name), name
    assert ask(world.database, "select seq from fill order by rowid") == sorted(
        ask(world.database, "select seq from fill")
    )


def test_states_say_who_holds_waits_and_is_halted(tmp_path: Path) -> None:
    world = world_of(tmp_path / "states", 600)

    def at(name: str) -> None:
        if name == "stepped" and world.instance is not None and world.instance.status().time == START + 500 * MINUTE:
            world.instance.halt("btc_pullback")

    world.run(point=at)
    rows = {r[0]: r[1:] for r in ask(world.database, "select plan, state, phase, halted_until, fills from plan_state")}
    assert set(rows) == {"btc_pullback", "btc_breakdown", "sees"}
    held = {p["plan"] for p in read_status(world.database).positions}
    assert {name for name, row in rows.items() if row[1] == "open"} == held
    assert rows["btc_pullback"][2] == 9_000_000_000_000_000  # until a person resumes
    fills = "select plan, count(distinct position) from fill where reason = 'entry' group by plan"
    assert {n: row[3] for n, row in rows.items() if row[3]} == dict(ask(world.database, fills))
    (world.plans / "sees.plan").unlink()
    world.minutes = 601
    world.run()
    assert ask(world.database, "select plan from plan_state order by plan") == [("btc_breakdown",), ("btc_pullback",)]


def test_a_pattern_is_told_once_and_expires(peace: World, tmp_path: Path) -> None:
    rows = ask(peace.database, "select market, timeframe, pattern, time, expires from pattern order by time")
    assert len(rows) >= 5
    assert {r[:2] for r in rows} == {("btc", "M1")}
    assert {re.sub(r"[.(].*", "", r[2]) for r in rows} == {"fvg"}
    assert len({r[:4] for r in rows}) == len(rows)
    assert all(expires - time == PATTERN_LIFE for *_, time, expires in rows)
    # a run that was cut in two tells the same, but for what was TRUE when it began again
    cut = world_of(tmp_path / "cut")
    cut.run(until=400)
    cut.run()
    again = ask(cut.database, "select market, timeframe, pattern, time, expires from pattern")
    assert len(set(rows) ^ set(again)) <= 4
    for statement, given in Retention().statements(rows[0][4]):
        db = sqlite3.connect(cut.database)
        with db:
            db.execute(statement, given)
        db.close()
    left = ask(cut.database, "select min(time) from pattern")[0][0]
    assert left > rows[0][3]


def test_old_refusals_are_forgotten_and_a_restart_does_not_bring_them_back(tmp_path: Path) -> None:
    world = world_of(tmp_path / "old", 600)
    world.run()
    everything = tables(world.database, "decision", "trade", "fill", "orders", "alert")
    refused = "select count(*) from decision where outcome <> 'sent' and action not in ('halt', 'breaker')"
    assert ask(world.database, refused)[0][0] > 3
    now = START + 600 * MINUTE
    writer = Writer(world.database)
    for statement, given in Retention(1).statements(now + DAY + 1):
        writer.run(statement, given)
    writer.close()
    assert ask(world.database, refused)[0][0] == 0
    world.run()
    assert ask(world.database, refused)[0][0] == 0
    left = tables(world.database, "decision", "trade", "fill", "orders", "alert")
    assert left["alert"] == []
    kept = [row for row in everything["decision"] if row[4] == "sent" or row[3] in ("halt", "breaker")]
    assert left["decision"] == kept
    assert {n: left[n] for n in ("trade", "fill", "orders")} == {n: everything[n] for n in ("trade", "fill", "orders")}


def test_an_upgrade_with_positions_open_loses_nothing(peace: World, tmp_path: Path) -> None:
    """Back to the first schema and forward again, at a minute with a position; the run ends as if nothing had been."""
    world = world_of(tmp_path / "upgraded")
    minute = next(
        (opened - START) // MINUTE + 2
        for (opened,) in ask(
            peace.database, "select opened from trade where closed - opened > ? order by 1", 9 * MINUTE
        )
    )
    world.run(until=minute)
    assert read_status(world.database).positions != ()
    before = verify(world.database)
    assert before.problems == ()
    back = rollback_file(world.database, "m0001_run")
    assert {t: n for t, n in back.after.items() if t != "setting"}.items() <= back.before.items()
    assert verify(world.database).problems == ()
    there = upgrade_file(world.database)
    assert there.after.items() >= back.after.items()
    assert there.after["trade"] == 0  # a replay finds them again
    world.run()
    assert verify(world.database).problems == ()
    for name in ("trade", "orders", "fill"):
        assert tables(world.database, name) == tables(peace.database, name), name
    # decisions that were there keep no place in the run; in all else they are the same
    columns = "select time, plan, rule, action, outcome, detail from decision order by 1, 2, 3, 4, 5"
    assert ask(world.database, columns) == ask(peace.database, columns)
    assert read_status(world.database).positions == read_status(peace.database).positions


QUERIES = {
    "select * from active_trade where plan = 'p'": "trade_plan_closed",
    "select * from active_trade": "trade_closed",
    "select * from trade_history where plan = 'p' and closed > 5": "trade_plan_closed",
    "select * from trade where closed > 5": "trade_closed",
    "select * from orders where plan = 'p' and ended is null": "orders_working",
    "select * from breaker_event where time > 5": "decision_breaker",
    "select * from decision where plan = 'p' and time > 5": "idx_decision_plan_time",
    "select * from fill where plan = 'p' and time > 5": "idx_fill_plan_time",
    "select * from intent where plan = 'p' and time > 5": "idx_intent_plan_time",
    "select * from pattern where market = 'btc' and timeframe = 'M1'": "sqlite_autoindex_pattern_1",
    "select name, value from metric where digest = 'x' and scope = 'risk'": "sqlite_autoindex_metric_1",
}


def test_queries_use_their_indexes(peace: World) -> None:
    old = {statement: "" for statement, _ in Retention(30).statements(1) if statement.startswith("delete")}
    expected = dict(zip(old, ("pattern_expires", "decision_refused", "alert_time"), strict=True))
    for sql, index in (QUERIES | expected).items():
        plan = ask(peace.database, f"explain query plan {sql.replace('?', '5')}")
        used = [str(step[3]) for step in plan]
        assert any(re.search(rf"USING (COVERING )?INDEX {index}\b", text) for text in used), (sql, used)


def test_books_do_not_slow_the_step(peace: World) -> None:
    """Not a time but a count: a step without events asks the writer for nothing but the hour's row and deletes."""
    rows = ask(peace.database, "select time from equity order by time")
    assert np.all(np.diff([r[0] for r in rows]) >= 3_540_000)
    assert len(rows) == BARS // 60 + 1
