"""A running instance in one process: reloads, failures, halts, stops, and what stands in the database."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tradeplan.dsl.catalog import Catalog
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.lock import RunLock
from tradeplan.runtime.store.snapshot import read_status
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import MINUTE, START, World, dataset_of, ramp

ONE = """
PLAN {name}
TRADE btc ON M1
WHEN close > {level} THEN BUY RISK 1% STOP {stop}
{rule}
"""
HOLD = "WHEN held >= 30m THEN CLOSE"
LIMIT = 10_200.0


def one(name: str = "one", level: int = 10_050, stop: str = "5%", rule: str = HOLD) -> str:
    """A plan that buys once, at the close of minute `level - 10,000 + 1`, and closes half an hour after its fill."""
    return ONE.format(name=name, level=level, stop=stop, rule=rule)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Prices that rise by one a minute: minute i closes at 10,000 + i."""
    return World(tmp_path, dataset_of(ramp(300)))


def ask(world: World, sql: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(world.database)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def minutes(world: World, sql: str) -> list[tuple[Any, ...]]:
    """Rows whose first column is a time, as minutes of the run."""
    return [((row[0] - START) // MINUTE, *row[1:]) for row in ask(world, sql)]


def test_an_edit_is_live_at_the_next_step(world: World) -> None:
    world.write("one.plan", one(level=10_900))
    world.run({40: lambda: world.write("one.plan", one(level=10_041, rule="WHEN close < 1 THEN CLOSE"))})
    # Step 40 is the close of minute 39 (10,039). The new version sees 10,040 at step 41: not yet; 10,042 is the first
    # close above 10,041, and it became so: the step of minute 43.
    entries = "select time, outcome from decision where action = 'entry' order by time"
    assert minutes(world, entries) == [(43, "sent")]
    assert minutes(world, "select time, kind from event order by id") == [(0, "activate"), (40, "activate")]


def test_a_position_keeps_the_version_that_opened_it_and_the_new_one_comes_after(world: World) -> None:
    world.write("one.plan", one())
    world.run({60: lambda: world.write("one.plan", one(level=10_100, rule="WHEN held >= 5m THEN CLOSE"))})
    # Decided at 52 (10,051 is above 10,050), filled at the open of that minute. Held 30 min at 82, closed at 82's open.
    # The new version comes at the step after, 83, and buys at 102; it holds 5 minutes.
    fills = "select time, reason from fill order by time"
    assert minutes(world, fills) == [(52, "entry"), (82, "close"), (102, "entry"), (107, "close")]
    events = minutes(world, "select time, kind, json_extract(body, '$.retired') from event order by id")
    assert [(e[0], e[2]) for e in events] == [(0, "[]"), (60, '["one"]'), (83, "[]")]
    assert any("stays on the version that made it" in text for text in world.said)


def test_a_removed_plan_manages_what_it_has_and_opens_nothing(world: World) -> None:
    world.write("one.plan", one())
    world.run({60: lambda: (world.plans / "one.plan").unlink()})
    assert minutes(world, "select time, reason from fill order by time") == [(52, "entry"), (82, "close")]
    assert read_status(world.database).plans == ()


def test_a_broken_edit_survives_a_restart_as_the_last_good_version(world: World) -> None:
    world.write("one.plan", one(level=10_150))
    world.run({60: lambda: world.write("one.plan", "PLAN one\nTRADE btc ON M1\nWHEN ? THEN BUY")}, until=100)
    assert [name for scan in world.scans for name, _ in scan.broken] == ["one.plan"]
    assert read_status(world.database).broken == ("one.plan",)
    world.run()
    assert minutes(world, "select time, reason from fill order by time") == [(152, "entry"), (182, "close")]


def test_a_stop_is_clean_and_the_same_command_goes_on(world: World) -> None:
    world.write("one.plan", one())
    first = world.run(until=70)
    status = read_status(world.database)
    assert (first.steps, status.time, len(status.positions)) == (70, START + 70 * MINUTE, 1)
    assert status.running is False
    second = world.run()
    assert (second.steps, second.fills) == (230, 1)
    assert minutes(world, "select time, reason from fill order by time") == [(52, "entry"), (82, "close")]


def test_alerts_and_halts_are_said_once_and_in_utc(world: World) -> None:
    world.write("one.plan", one(rule='WHEN close > 10020 THEN ALERT "high", HALT FOR 1h'))
    world.run(until=100)
    world.run()
    alerts = [text for text in world.said if "alert of" in text]
    halts = [text for text in world.said if "halts until" in text]
    assert alerts == ["2018-01-08 00:22:00 UTC: alert of `one`: high"]
    assert halts[0] == "2018-01-08 00:22:00 UTC: `one` halts until 2018-01-08 01:22:00 UTC"
    assert len(halts) == len(set(halts)) == len(ask(world, "select * from decision where action = 'halt'"))


def test_the_database_says_which_exit_spoke(world: World) -> None:
    """1R is 1 % of about 10,052: with 0.4R of it in hand after 15 minutes a scalp is over. Prices rise by one a minute,
    so the gain comes within a minute, a fortieth of it, of the 0.4R.
    """
    world.write("one.plan", one(stop="1%", rule='WHEN exit_signal >= high THEN CLOSE, ALERT "leave"'))
    world.run()
    ((detail,),) = ask(world, "select json_extract(detail, '$.spoken') from decision where action = 'close'")
    said = json.loads(detail)
    assert 1.0 <= said.pop("strength") < 1.0 + 1 / 40
    assert said == {"function": "exit_signal", "rank": "high", "kind": "time", "timeframe": "none"}
    ((alert,),) = ask(world, "select text from alert")
    assert alert.startswith("leave (time, high, 1.0")
    assert [text for text in world.said if alert in text]


def test_one_run_a_database(world: World) -> None:
    world.write("one.plan", one())
    held = RunLock(world.database)
    with pytest.raises(StoreError, match="another `plan run` uses"):
        world.run()
    held.close()
    world.run(until=3)


def test_an_order_is_on_disk_before_the_next_instant(world: World) -> None:
    """At each point a reader of its own sees what has been committed; the entry is decided at step 52."""
    world.write("one.plan", one())
    seen: list[tuple[str, int, int]] = []
    steps = 0

    def point(name: str) -> None:
        nonlocal steps
        if steps >= 51 and name != "before activation" and len(seen) < 3:
            ((intents,),) = ask(world, "select count(*) from intent")
            ((fills,),) = ask(world, "select count(*) from fill where reason = 'entry'")
            seen.append((name, intents, fills))
        steps += name == "stepped"

    world.run(point=point)
    assert [(name, intents) for name, intents, _ in seen] == [("decided", 0), ("journalled", 1), ("stepped", 1)]
    assert [fills for *_, fills in seen] == [0, 0, 0]


class Crash(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("place", ["decided", "journalled", "stepped", "activation", "before activation"])
def test_a_crash_at_any_point_of_the_entry_leaves_one_order(world: World, place: str) -> None:
    world.write("one.plan", one())
    steps = 0

    def point(name: str) -> None:
        nonlocal steps
        steps += name == "stepped"
        if name == place and ("activation" in place or steps >= 51):
            raise Crash

    with pytest.raises(Crash):
        world.run(point=point)
    world.run()
    assert minutes(world, "select time, leg, state from intent order by time") == [
        (52, "entry", "filled"),
        (82, "close/1", "sent"),
    ]
    assert minutes(world, "select time, reason from fill order by time") == [(52, "entry"), (82, "close")]


def test_what_was_decided_while_away_is_late_and_exits_are_made(world: World) -> None:
    world.write("one.plan", one(level=10_050))
    world.write("two.plan", one("two", level=10_120))
    world.run(until=60)
    world.run(resume_at=START + 200 * MINUTE, until=120)
    world.run()
    assert minutes(world, "select time, plan, action, outcome from decision order by time, outcome desc") == [
        (52, "one", "entry", "sent"),
        (82, "one", "close", "sent"),
        (122, "two", "entry", "sent"),
        (200, "two", "entry", "late"),
    ]
    # the close of minute 82 reaches the market when the program is back
    assert minutes(world, "select time, plan, reason from fill order by time") == [
        (52, "one", "entry"),
        (200, "one", "close"),
    ]


def _failing(f: Any, k: Any, ring: Any, p: Any, x: Any, out: Any) -> None:
    if x[0] > LIMIT:
        raise ArithmeticError(f"{x[0]:g} is too much")
    out[0] = 50.0


@pytest.fixture
def faulty(world: World) -> World:
    """A function `faulty(14)` that raises when the price is above 10,200; as plain Python, where steps can raise."""
    fault = dataclasses.replace(catalog()["rsi"], name="faulty", step=_failing)
    world.functions = Catalog([*catalog(), fault])
    world.kernels = Kernels("interpreted")
    return world


@pytest.mark.parametrize("restart", [False, True])
def test_a_plan_that_fails_in_a_step_is_put_aside_and_the_others_go_on(faulty: World, restart: bool) -> None:
    faulty.write(
        "bad.plan", one("bad", level=10_180, rule="WHEN faulty(14) < 10 THEN CLOSE\nWHEN held >= 40m THEN CLOSE")
    )
    faulty.write("good.plan", one("good", level=10_190))
    if restart:
        faulty.run(until=215)
    faulty.run()
    # 10,201 is the close of minute 201, step 202. The bad plan's position would have been closed at 182 + 40 = 222.
    assert minutes(faulty, "select time, plan, reason from fill order by time") == [
        (182, "bad", "entry"),
        (192, "good", "entry"),
        (222, "good", "close"),
    ]
    assert minutes(faulty, "select time, json_extract(body, '$.name') from event where kind = 'quarantine'") == [
        (201, "bad")
    ]
    status = read_status(faulty.database)
    assert {p["name"]: p["state"] for p in status.plans} == {"bad": "put aside", "good": "running"}
    # 5 % below the fill at the open of minute 182, which is 10,181 and the spread
    (position,) = status.positions
    assert position["plan"] == "bad"
    assert position["stop"] == pytest.approx(position["entry"] * 0.95, abs=0.01)
    assert sum("failed and is put aside" in text for text in faulty.said) == 1


def test_the_stop_of_a_plan_put_aside_works_and_its_next_version_runs(tmp_path: Path) -> None:
    prices = ramp(300)
    prices[230:] = 9_000.0  # far below the stop
    world = World(
        tmp_path,
        dataset_of(prices),
        Catalog([*catalog(), dataclasses.replace(catalog()["rsi"], name="faulty", step=_failing)]),
    )
    world.kernels = Kernels("interpreted")
    world.write("bad.plan", one("bad", level=10_180, rule="WHEN faulty(14) < 10 THEN CLOSE"))
    world.run(
        {
            210: lambda: world.write(
                "bad.plan", "PLAN bad\nTRADE btc ON M1\nWHEN close < 9500 FOR 5 bars THEN BUY RISK 1% STOP 5%\n"
            )
        }
    )
    fills = minutes(world, "select time, reason from fill order by time")
    # The bar of minute 230 opens where 229 closed, 10,229, and falls through the stop: filled at its close, 231.
    # Closes below 9,500 are those of minutes 230 to 234: TRUE for five bars at the step of 235; filled at that open.
    assert fills == [(182, "entry"), (231, "stop"), (235, "entry")]


def test_a_waiting_order_of_a_plan_put_aside_is_cancelled(faulty: World) -> None:
    text = (
        one("bad", level=10_180)
        .replace("RISK 1%", "RISK 1% AT LIMIT close - 10% FOR 100 bars")
        .replace(HOLD, "WHEN faulty(14) < 10 THEN CANCEL")
    )
    faulty.write("bad.plan", text)
    faulty.write("good.plan", one("good", level=10_190))
    faulty.run()
    assert minutes(faulty, "select time, action, outcome from decision where plan = 'bad' order by time") == [
        (182, "entry", "sent"),
        (202, "cancel", "cancelled"),
    ]
    assert [p["name"] for p in read_status(faulty.database).plans] == ["good"]


def test_a_version_that_cannot_be_prepared_is_passed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("one.plan", one(level=10_100))
    world.write("two.plan", one("two", level=10_150))
    prepare = Engine.prepare

    def failing(engine: Engine, plans: Any, guards: Any) -> Any:
        if any(p.name == "one" and "10200" in p.source.text for p in plans):
            raise RuntimeError("a bug in compiling")
        return prepare(engine, plans, guards)

    monkeypatch.setattr(Engine, "prepare", failing)

    def edit() -> None:
        world.write("one.plan", one(level=10_200))
        world.write("two.plan", one("two", level=10_170))

    world.run({50: edit})
    entries = "select time, plan from fill where reason = 'entry' order by time"
    assert minutes(world, entries) == [(102, "one"), (172, "two")]
    assert any("RuntimeError: a bug in compiling" in text for text in world.said)
    assert ask(world, "select json_extract(body, '$.name') from event where kind = 'quarantine'") == [("one",)]


def test_a_guard_that_is_edited_works_at_the_next_step(world: World) -> None:
    guard = "GUARD g\nWHEN account.equity > {money} USD THEN FLATTEN\n"
    world.write("one.plan", one(rule="WHEN close < 1 THEN CLOSE"))
    world.write("g.plan", guard.format(money=99_999_999))
    world.run({70: lambda: world.write("g.plan", guard.format(money=1))})
    # the guard steps at 71, its close fills at that minute's open
    assert minutes(world, "select time, reason from fill order by time") == [(52, "entry"), (71, "close")]
