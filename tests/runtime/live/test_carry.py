"""Activations carry state exactly: what one plan does is the same whatever comes and goes beside it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Decision, Event, Fill
from tradeplan.stdlib.registry import catalog

from tests.kill.plans import BREAKERS, BREAKOUT, GUARD, PULLBACK
from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of, ramp, walk

BARS = 900
END = START + BARS * MINUTE
SPANS = {"market": "btc", "timeframe": "M1", "hold": "40m", "rest": "20m", "end": "120", "some": "90"}
DATA = dataset_of(walk(BARS))
QUIET = """
PLAN {name}
TRADE btc ON {timeframe}
WHEN close < {level} AND rsi({period}) < 101 AND H1.ema(3) > 0 THEN BUY RISK 1% STOP 10 pips
WHEN profit > 1R AND {timeframe}.sma({period}) > 0 THEN CLOSE
MAX 3 PER day
"""
"""A plan that never trades: the price stays far above its level."""
MAIN, GUARDS, GRAPH = checked(PULLBACK.format(**SPANS), BREAKOUT.format(**SPANS), GUARD, BREAKERS.format(**SPANS))
QUIETS = [
    checked(QUIET.format(name=name, timeframe=tf, level=i + 1, period=3 + 4 * i), graph=GRAPH)[0][0]
    for i, (name, tf) in enumerate([("a_first", "M5"), ("btc_middle", "M1"), ("z_last", "M15")])
]


def _engine() -> Engine:
    return Engine(DATA, ACCOUNT, catalog(), START, END)


def _alone() -> list[Event]:
    engine = _engine()
    engine.activate(MAIN, GUARDS)
    return engine.advance(END)


ALONE = _alone()


def test_one_long_advance_is_the_backtest() -> None:
    assert run_backtest(MAIN, GUARDS, DATA, catalog(), ACCOUNT, START, END).events() == ALONE
    assert sum(isinstance(e, Fill) for e in ALONE) > 40


def test_every_instant_alone_is_the_same() -> None:
    engine = _engine()
    engine.activate(MAIN, GUARDS)
    told: list[Event] = []
    while (instant := engine.next_instant()) is not None:
        told += engine.advance(instant)
    assert told == ALONE
    assert engine.now == END


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(1, BARS - 1), st.sets(st.integers(0, len(QUIETS) - 1))),
        min_size=1,
        max_size=5,
        unique_by=lambda x: x[0],
    )
)
def test_plans_that_come_and_go_change_nothing_for_the_others(changes: list[tuple[int, set[int]]]) -> None:
    engine = _engine()
    engine.activate(MAIN, GUARDS)
    told: list[Event] = []
    for minute, beside in sorted(changes, key=lambda x: x[0]):
        told += engine.advance(START + minute * MINUTE)
        engine.activate([*MAIN, *(QUIETS[i] for i in beside)], GUARDS)
    told += engine.advance(END)
    assert [e for e in told if not isinstance(e, Decision) or e.plan.startswith("btc_")] == ALONE


@pytest.mark.parametrize("minute", [100, 333, 777])
def test_a_set_that_is_prepared_and_not_installed_changes_nothing(minute: int) -> None:
    engine = _engine()
    engine.activate(MAIN, GUARDS)
    told = engine.advance(START + minute * MINUTE)
    engine.prepare([*MAIN, *QUIETS], GUARDS)
    trial = engine.fork()
    trial.activate(MAIN[:1], [])
    trial.advance(END)
    told += engine.advance(END)
    assert told == ALONE


RISING = dataset_of(ramp(600))
COUNTED = """
PLAN counted
TRADE btc ON M1
WHEN close > {level} AND close > 0 THEN BUY RISK 1% STOP 50%
WHEN held >= 3m THEN CLOSE
MAX 2 PER day
"""


def _level(level: int) -> str:
    return COUNTED.format(level=level)


def test_counters_outlive_an_edit_and_an_absence() -> None:
    """The price of minute i closes at 10,000 + i, so `close > L` becomes TRUE at the close of minute L - 10,000 + 1.

    Each version buys once, at that step; two a day are allowed, so the third version is refused, on the same day.
    """
    engine = Engine(RISING, ACCOUNT, catalog(), START, START + 600 * MINUTE)
    told: list[Event] = []
    for level, until in ((10_050, 100), (10_150, 200), (10_250, 300)):
        engine.activate(checked(_level(level))[0], [])
        told += engine.advance(START + until * MINUTE)
        engine.activate([], [])  # the file is gone for ten minutes
        told += engine.advance(START + (until + 10) * MINUTE)
        assert engine.balance != ACCOUNT.balance, "an account without plans keeps its money"
    entries = [(e.time, e.outcome) for e in told if isinstance(e, Decision) and e.about == "entry"]
    assert entries == [
        (START + 52 * MINUTE, "sent"),
        (START + 152 * MINUTE, "sent"),
        (START + 252 * MINUTE, "max_count"),
    ]


def test_a_new_limit_counts_what_was_done_before_it_was_written() -> None:
    engine = Engine(RISING, ACCOUNT, catalog(), START, START + 600 * MINUTE)
    told: list[Event] = []
    for level, until, limit in ((10_050, 100, ""), (10_150, 200, ""), (10_250, 300, "MAX 2 PER day")):
        text = _level(level).replace("MAX 2 PER day", limit)
        engine.activate(checked(text)[0], [])
        told += engine.advance(START + until * MINUTE)
    outcomes = [e.outcome for e in told if isinstance(e, Decision) and e.about == "entry"]
    assert outcomes == ["sent", "sent", "max_count"]
