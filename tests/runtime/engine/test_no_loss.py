"""A run without a losing trade lost 0.0, in text too: never -0.0."""

from __future__ import annotations

from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.backtest import run_backtest

from tests.scenarios.run import KERNELS, functions, prepared
from tests.scenarios.scenario import parse_scenario

TEXT = """
about In at 100.00 and out at 101.00.
bars x M1
  09:00-09:02 100.00 100.20  99.80 100.00
  09:03-09:05 101.00 101.20 100.80 101.00
plan
  PLAN p TRADE x ON M1
  WHEN time = 09:02 THEN BUY 1 lot STOP 50 pips
  WHEN held >= 1m THEN CLOSE
expect
  balance 10001.00
"""


def test_no_loss_is_zero() -> None:
    world = prepared(parse_scenario(TEXT, "no_loss"))
    result = BacktestResult(
        run_backtest(world.plans, world.guards, world.dataset, functions(), world.account, kernels=KERNELS)
    )
    assert (result.performance.trades, result.balance) == (1, 10_001.0)
    assert str(result.performance.gross_loss) == "0.0"
