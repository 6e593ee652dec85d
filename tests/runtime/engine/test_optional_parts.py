"""A decision names the OPTIONAL parts that were UNKNOWN when an entry was sent, with the reason."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Decision
from tradeplan.runtime.engine.optional_parts import UnknownPart

from tests.scenarios.run import KERNELS, functions, prepared
from tests.scenarios.scenario import parse_scenario

TEXT = """
about Three OPTIONAL parts: about a market whose bars have stopped, about one bar too few, and one that is known.
bars x M1
  09:00-09:10 100.00 100.20  99.80 100.00
bars y M1
  09:00-09:01 100.00 100.20  99.80 100.00
plan
  PLAN p TRADE x ON M1
  WHEN (time = 09:04 OR time = 09:08) AND OPTIONAL y.close > 0 AND OPTIONAL close > close[5] AND OPTIONAL close > 99.00
  THEN BUY 1 lot STOP 10 pips
  WHEN held >= 1m THEN CLOSE
expect
  balance 10000.00
"""


@pytest.mark.parametrize("capacity", [1, 3, 4096])
def test_unknown_parts_and_their_reasons(capacity: int) -> None:
    world = prepared(parse_scenario(TEXT, "optional"))
    recording = run_backtest(
        world.plans, world.guards, world.dataset, functions(), world.account, kernels=KERNELS, capacity=capacity
    )
    entries = [e for e in recording.events() if isinstance(e, Decision) and e.about == "entry"]
    # 09:04: y's last bar closed at 09:02, two cadences ago: stale; the fifth bar ago would have closed at 08:59
    first = (UnknownPart("OPTIONAL y.close > 0", "stale"), UnknownPart("OPTIONAL close > close[5]", "no value yet"))
    # 09:08: five bars ago is known and 100 > 100 is FALSE, so nothing is sent
    assert [(e.outcome, e.optional) for e in entries] == [("sent", first)]
    told = BacktestResult(recording).as_dict()["without"]
    assert told == [{"time": entries[0].time, "plan": "p", "rule": 0, "parts": [asdict(part) for part in first]}]
    assert json.loads(json.dumps(told)) == told
