"""Managed exits, stops and size in a running engine: instant by instant the same as the backtest."""

from __future__ import annotations

import pytest
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Decision, Event, Fill
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of, walk

BARS = 900
END = START + BARS * MINUTE
DATA = dataset_of(walk(BARS))
PLAN = """
PLAN managed
TRADE btc ON M1
LET leave = exit_signal
WHEN close {beyond} THEN {side} RISK 1% STOP wider(atr_stop(2.0), structure_stop(5, 0.01%))
WHEN leave >= critical AND leave.timeframe != M1 THEN CLOSE
WHEN leave.kind = time OR leave.kind = profit THEN CLOSE
WHEN time_exit(limit=40m, scalp=10m) >= 1 THEN CLOSE
WHEN held >= 2m THEN MOVE STOP TO tighter(breakeven_stop(1R), trail(2 ATR, step=0.1R), volatility_stop(3))
WHEN scale_profit(0.5R) >= 1 THEN CLOSE 50%
WHEN scale_in(threshold=0.3).ready THEN ADD 25%
WHEN scale_out(threshold=2).ready THEN CLOSE 25%
"""
BEYOND = {"BUY": "> highest(5)[1]", "SELL": "< lowest(5)[1]"}


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_every_instant_alone_is_the_backtest(side: str) -> None:
    plans, guards, _ = checked(PLAN.format(side=side, beyond=BEYOND[side]))
    whole = run_backtest(plans, guards, DATA, catalog(), ACCOUNT, START, END).events()
    engine = Engine(DATA, ACCOUNT, catalog(), START, END)
    engine.activate(plans, guards)
    told: list[Event] = []
    while (instant := engine.next_instant()) is not None:
        told += engine.advance(instant)
    assert told == whole
    fills = {e.reason for e in whole if isinstance(e, Fill)}
    assert fills >= {"entry", "add", "close", "stop"}
    assert any(isinstance(e, Decision) and (e.about, e.outcome) == ("stop", "sent") for e in whole)
