"""What people and probes do to an engine: money from outside moves no reading, halts and resets hold, readings trip."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from tradeplan.runtime.engine.backtest import BacktestError, data_warnings
from tradeplan.runtime.engine.by_hand import BreakerState
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Alert, Breaker, Decision, Event, Fill, Halt
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of, ramp, walk

BARS = 600
END = START + BARS * MINUTE
KERNELS = Kernels("interpreted")
# lots and not RISK: what is traded does not depend on the equity
TRADER = """
PLAN trader
TRADE btc ON M1
WHEN ema(5) CROSSES ABOVE ema(20) THEN BUY 0.5 lots STOP 40 pips TARGET 2R
WHEN held > 20m THEN CLOSE
"""
LEVELS = range(1, 40, 2)


def engine_of(closes: np.ndarray, *texts: str) -> Engine:
    plans, guards, _ = checked(*texts)
    engine = Engine(dataset_of(closes), ACCOUNT, catalog(), START, START + len(closes) * MINUTE, KERNELS)
    engine.activate(plans, guards)
    return engine


def play(engine: Engine, acts: dict[int, Callable[[Engine], object]], end: int) -> list[Event]:
    """The whole run, with acts after so many minutes."""
    told: list[Event] = []
    for minute in sorted(acts):
        told += engine.advance(START + minute * MINUTE)
        done = acts[minute](engine)
        told += done if isinstance(done, list) else []
    return told + engine.advance(end)


def at(minute: int) -> int:
    return START + minute * MINUTE


def entries(told: Sequence[Event]) -> list[int]:
    """The minutes at which entries filled."""
    return [(e.time - START) // MINUTE for e in told if isinstance(e, Fill) and e.reason == "entry"]


# --- deposits and withdrawals ---


def alerts_at(reading: str, unit: str, scale: float) -> str:
    """A guard that says when a reading passes one of many levels, upwards or downwards."""
    passed = [
        f'{reading} {sign} {level * scale:.3f}{unit} THEN ALERT "{sign} {level}"' for level in LEVELS for sign in "<>"
    ]
    return "GUARD watch\n" + "\n".join(f"WHEN {text}" for text in passed)


def with_money(closes: np.ndarray, reading: str, money: dict[int, float]) -> None:
    """What is said with deposits and withdrawals after so many minutes must be what is said without them."""
    quiet = play(engine_of(closes, TRADER, reading), {}, END)
    acts: dict[int, Callable[[Engine], object]] = {
        minute: (lambda engine, amount=amount: engine.book(amount)) for minute, amount in money.items()
    }
    engine = engine_of(closes, TRADER, reading)
    told = play(engine, acts, END)
    assert sum(isinstance(e, Alert) for e in quiet) > 5, "a test in which nothing is said tests nothing"
    assert told == quiet
    fills = sum(e.profit - e.commission for e in told if isinstance(e, Fill))
    assert engine.balance == pytest.approx(ACCOUNT.balance + fills + sum(money.values()), abs=1e-6)


@pytest.mark.parametrize("span", ["day", "week", "2h", "37m", "ever"])
@pytest.mark.parametrize("reading", ["account.loss", "trades.loss", "trades.realised_loss", "trades.drawdown"])
def test_deposits_and_withdrawals_move_no_reading_of_money(span: str, reading: str) -> None:
    money = {60: 5_000.0, 61: 1_234.56, 200: -3_000.0, 333: 40_000.0, 480: -9_999.99}
    with_money(walk(BARS), alerts_at(f"{reading}({span})", " USD", 5.0), money)


@pytest.mark.parametrize("span", ["day", "week", "2h", "37m", "ever"])
@pytest.mark.parametrize("reading", ["account.drawdown", "account.loss_rate"])
def test_deposits_and_withdrawals_move_no_reading_in_percent(span: str, reading: str) -> None:
    """The market stands still when they come: a loss after them is another part of another equity."""
    closes = np.concatenate([walk(200), np.full(BARS - 200, walk(200)[-1])])
    money = {230: 5_000.0, 231: 1_234.56, 260: -3_000.0, 280: 40_000.0, 300: -49_999.99}
    with_money(closes, alerts_at(f"{reading}({span})", "%", 0.05), money)


def test_a_withdrawal_leaves_something() -> None:
    engine = engine_of(ramp(10), TRADER)
    engine.advance(at(5))
    with pytest.raises(ValueError, match="something must be left"):
        engine.book(-10_000.0)
    engine.book(-9_999.0)
    assert engine.balance == 1.0


def test_money_may_come_before_the_first_plan() -> None:
    engine = Engine(dataset_of(ramp(10)), ACCOUNT, catalog(), START, at(10), KERNELS)
    engine.book(500.0)
    assert (engine.balance, engine.equity) == (10_500.0, 10_500.0)
    plans, guards, _ = checked(TRADER)
    engine.activate(plans, guards)
    engine.advance(at(5))
    assert engine.balance == 10_500.0


# --- halts and resets ---


def buyer(name: str, *minutes: int) -> str:
    """A plan that buys at the open of these minutes and closes one minute later; the price is 10,000 + minute."""
    buys = " OR ".join(f"time = 00:{minute:02}" for minute in minutes)
    return f"PLAN {name}\nTRADE btc ON M1\nWHEN {buys} THEN BUY 0.1 lots STOP 4000 pips\nWHEN held >= 1m THEN CLOSE\n"


def test_a_halt_by_hand_blocks_its_scope_until_it_is_lifted() -> None:
    texts = buyer("a", 5, 10, 15, 20, 25), buyer("b", 5, 10, 15, 20, 25)
    acts: dict[int, Callable[[Engine], object]] = {
        7: lambda e: e.halt("a"),
        12: lambda e: e.halt(),
        17: lambda e: e.resume("a"),
        22: lambda e: e.resume(),
    }
    engine = engine_of(ramp(40), *texts)
    told = play(engine, acts, at(40))
    times = {
        name: [
            (e.time - START) // MINUTE for e in told if isinstance(e, Fill) and e.plan == name and e.reason == "entry"
        ]
        for name in "ab"
    }
    # a: halted by name from 7 to 17, with the account from 12 to 22; b with the account only
    assert times == {"a": [5, 25], "b": [5, 10, 25]}
    refused = [(e.plan, (e.time - START) // MINUTE) for e in told if isinstance(e, Decision) and e.outcome == "halted"]
    assert refused == [("a", 10), ("a", 15), ("b", 15), ("a", 20), ("b", 20)]


def test_a_halt_of_a_market_covers_plans_that_come_later() -> None:
    engine = engine_of(ramp(40), buyer("a", 5, 10))
    engine.halt("btc")
    plans, guards, _ = checked(buyer("a", 5, 10), buyer("b", 15))
    engine.advance(at(8))
    engine.activate(plans, guards)
    assert entries(engine.advance(at(20))) == []
    assert engine.held == {"btc"}
    engine.resume("btc")
    assert engine.held == frozenset()


def test_a_guard_is_resumed_and_trips_again_only_after_false() -> None:
    guard = "GUARD g\nWHEN time BETWEEN 00:03 AND 00:12 OR time BETWEEN 00:20 AND 00:21 THEN HALT\n"
    engine = engine_of(ramp(40), buyer("a", 5, 10, 15, 25), guard)
    told = play(engine, {8: lambda e: e.resume("g")}, at(40))
    assert [(e.time, e.until) for e in told if isinstance(e, Halt)] == [(at(3), None), (at(20), None)]
    assert [e for e in told if isinstance(e, Breaker)] == [Breaker(at(8), "g", 0, "reset")]
    assert entries(told) == [10, 15]  # at 10 its condition is TRUE still: barred; from 20 on it holds again
    assert engine.breakers() == [BreakerState("g", 0, "open")]


def test_a_plan_is_resumed_from_its_own_halt() -> None:
    text = buyer("a", 5, 10, 15) + "WHEN time BETWEEN 00:03 AND 00:08 THEN HALT\n"
    engine = engine_of(ramp(40), text)
    told = play(engine, {6: lambda e: e.resume("a")}, at(40))
    assert entries(told) == [10, 15]
    assert [(e.time, e.owner, e.state) for e in told if isinstance(e, Breaker)] == [(at(6), "a", "reset")]


def test_a_plan_that_was_resumed_halts_again_after_false() -> None:
    text = buyer("a", 5, 10, 15, 20) + "WHEN time BETWEEN 00:03 AND 00:08 OR time = 00:12 THEN HALT\n"
    told = play(engine_of(ramp(40), text), {6: lambda e: e.resume("a")}, at(40))
    assert entries(told) == [10]
    assert [e.time for e in told if isinstance(e, Halt)] == [at(3), at(12)]


@pytest.mark.parametrize("edit", ["", "kept", "rule gone", "guard gone"])
def test_an_open_breaker_survives_what_becomes_of_its_guard(edit: str) -> None:
    guard = "GUARD g\nWHEN time = 00:03 THEN HALT FOR 9m\n"
    later = {
        "": [guard],
        "kept": ['GUARD g "edited"\nWHEN time = 00:03 THEN HALT FOR 1h\nWHEN time = 00:30 THEN ALERT "x"\n'],
        "rule gone": ['GUARD g\nWHEN time = 00:30 THEN ALERT "x"\n'],
        "guard gone": [],
    }[edit]
    engine = engine_of(ramp(40), buyer("a", 5, 10, 15), guard)
    told = engine.advance(at(6))
    plans, guards, _ = checked(buyer("a", 5, 10, 15), *later)
    engine.activate(plans, guards)
    told += engine.advance(at(40))
    assert entries(told) == [15]  # until 00:12, as it was said when it tripped


# --- readings ---


def test_readings_trip_and_hold_from_the_next_instant() -> None:
    bad = "system.latency > 200ms OR feed.quality < 80% OR feed.stale OR system.load > 90%"
    guard = f"GUARD g\nWHEN {bad} THEN HALT FOR 4m\n"
    values = {"latency": (250.0, 0.0), "quality": (79.0, 100.0), "stale": (1.0, 0.0), "load": (95.0, 3.0)}
    for name, (worse, good) in values.items():
        engine = engine_of(ramp(40), buyer("a", 5, 10, 15), guard)
        acts: dict[int, Callable[[Engine], object]] = {
            8: lambda e, name=name, worse=worse: e.read(name, worse),
            9: lambda e, name=name, good=good: e.read(name, good),
        }
        told = play(engine, acts, at(40))
        assert [(e.time, e.until) for e in told if isinstance(e, Halt)] == [(at(9), at(13))]
        assert entries(told) == [5, 15]
        assert engine.reads(name)
    with pytest.raises(ValueError, match="no reading"):
        engine.read("heat", 1.0)


# --- what is said before a run ---


def test_a_guard_that_covers_nothing_or_reads_a_view_without_bars_is_told() -> None:
    data = dataset_of(ramp(40))
    plans, guards, _ = checked(buyer("a", 5), "GUARD g COVERS PLANS b\nWHEN trades.losing_streak > 2 THEN HALT\n")
    told = "guard `g` covers `b`, and no plan of this run is among that"
    assert told in data_warnings(plans, data, guards=guards)
    plans, guards, _ = checked(buyer("a", 5), "GUARD g\nWHEN eurusd.H1.volatility(20) > 2% THEN HALT\n")
    with pytest.raises(BacktestError, match=r"guard `g` reads eurusd\.H1 .* there is no data"):
        data_warnings(plans, data, guards=guards)
