"""What a run says beside its trades: which exit spoke, margin calls, broken limits, in the result and its JSON."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.cli._result import show_result
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.voices import Spoken
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates

from tests.scenarios.run import functions, profile_of

FIRST = 1_704_153_600_000  # 2024-01-02 00:00 UTC
ENTRY = "PLAN p TRADE x ON M1\nWHEN time = 01:40 THEN {side} {lots} lots STOP 50 pips\n"


def run(text: str, closes: list[float], balance: float = 10_000.0, leverage: float | None = None) -> BacktestResult:
    """A plan on 100 flat bars at 100.00 with an ATR of 1 and then on these, each half a point beyond its ends."""
    profiles = Profiles([profile_of("x", {})])
    close = np.array([100.0] * 100 + closes)
    opened = np.concatenate(([100.0], close[:-1]))
    n = len(close)
    rates = Rates(
        time=FIRST + 60_000 * np.arange(n, dtype=np.int64),
        open=opened,
        high=np.maximum(opened, close) + 0.5,
        low=np.minimum(opened, close) - 0.5,
        close=close,
        tick_volume=np.ones(n),
        spread=np.zeros(n, dtype=np.int32),
        real_volume=np.zeros(n),
    )
    checked = check_source(Source("t", text), functions(), profiles.facts(), Graph())
    assert checked.ok, [d.message for d in checked.diagnostics]
    account = AccountConfig(balance=balance, leverage=leverage, stop_out=20.0)
    dataset = Dataset.from_rates({("x", "M1"): rates}, profiles)
    recording = run_backtest(
        checked.plans, checked.guards, dataset, functions(), account, kernels=Kernels("interpreted")
    )
    return BacktestResult(recording)


@pytest.mark.parametrize(("side", "way"), [("BUY", 1), ("SELL", -1)])
def test_the_result_says_which_exit_closed_a_trade(side: str, way: int) -> None:
    """The close of 98.50 is 1.00 beyond the lows of 99.50; its true range is 2.50, so the ATR is 1 + 1.50 / 14."""
    text = ENTRY.format(side=side, lots=4) + 'LET way_out = exit_signal\nWHEN way_out >= high THEN CLOSE, ALERT "out"\n'
    result = run(text, [100.0, *[100.0 - 1.5 * way] * 3])
    strength = 1.0 / (1.0 + 1.5 / 14)
    (alert, close) = result.told.spoken
    assert alert.spoken == close.spoken
    assert close.spoken == Spoken("exit_signal", "high", "structure", "M1", pytest.approx(strength))
    assert result.told.exits() == {"p": {"structure on M1, high": 1}}
    said = json.loads(json.dumps(result.as_dict()))["spoken"]
    assert [(row["about"], row["kind"], row["timeframe"], row["rank"]) for row in said] == [
        ("alert", "structure", "M1", "high"),
        ("close", "structure", "M1", "high"),
    ]
    assert said[1]["strength"] == pytest.approx(strength)
    shown = Console(width=160, record=True, file=io.StringIO())
    show_result(result, shown)
    text = shown.export_text()
    assert "close: structure M1 0.90" in text
    assert "1 structure on M1, high" in text


def test_a_rule_that_acts_for_another_reason_says_none() -> None:
    result = run(ENTRY.format(side="BUY", lots=4) + "WHEN exit_signal >= high OR held >= 2m THEN CLOSE\n", [100.0] * 9)
    assert [t.reason for t in result.trades] == ["close"]
    assert result.told.spoken == []
    assert result.as_dict()["spoken"] == []


def test_every_action_of_a_rule_is_told() -> None:
    """A part close and a stop that price has passed, both by a rule that reads the exits of the market."""
    rule = "WHEN market_exit.rank >= high THEN CLOSE 25%, MOVE STOP TO entry\n"
    result = run(ENTRY.format(side="BUY", lots=4) + rule, [98.5] * 3)
    told = [(e.about, e.outcome, e.spoken.kind) for e in result.told.spoken]
    assert told == [("stop", "stop_passed", "structure"), ("close", "sent", "structure")]


def test_margin_calls_are_told() -> None:
    """4 lots at 100 with a leverage of 1 bind 400 of the 440; a fall of 15 leaves 380, below what is bound."""
    text = ENTRY.format(side="BUY", lots=4).replace("50 pips", "500 pips")
    result = run(text, [100.0] + [85.0] * 8, balance=440.0, leverage=1.0)
    (call,) = result.margin_calls
    assert (call.equity, call.margin) == (380.0, 400.0)
    assert json.loads(json.dumps(result.as_dict()))["margin_calls"] == [
        {"time": call.time, "equity": 380.0, "margin": 400.0}
    ]


def test_broken_limits_are_told() -> None:
    """4 lots at 100 are 400 of an equity of 440."""
    text = ENTRY.format(side="BUY", lots=4) + "GUARD g\nLIMIT account.exposure <= 80%\n"
    result = run(text, [100.0] * 3, balance=440.0)
    assert result.told.limits() == {"g": {"LIMIT account.exposure <= 80%": 1}}
    (broken,) = json.loads(json.dumps(result.as_dict()))["broken_limits"]
    assert (broken["plan"], broken["about"], broken["guard"]) == ("p", "entry", "g")
    assert broken["value"] == pytest.approx(100.0 * 400.0 / 440.0)
