"""Two finished runs that the tests look at from all sides: one on real bars, one on the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.analysis.analysis import Analysis, analyse
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.api import backtest

YEN = """
PLAN yen_dips
TRADE eurjpy ON H1
WHEN rsi(14) < 30 AND OPTIONAL close < ema(50)[1] THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R TAKE 50% AT 1R
WHEN profit >= 1R THEN MOVE STOP TO entry
WHEN held > 36h THEN CLOSE
"""
YEN_SHORT = """
PLAN yen_tops
TRADE eurjpy ON H1
WHEN rsi(14) > 70 THEN SELL RISK 0.5% AT LIMIT close + 0.3 ATR FOR 6 bars STOP 2 ATR TARGET 2R
WHEN profit > 0.5R THEN ADD 50%
WHEN held > 24h THEN CLOSE
"""
POUND = """
PLAN pound_breaks
TRADE gbpusd ON H1
WHEN close > highest(20)[1] AND session(london) THEN BUY RISK 0.5% STOP 2 ATR TARGET 3R
WHEN rsi(14) > 75 THEN CLOSE 50%
WHEN held > 48h THEN CLOSE
"""
BITCOIN = """
PLAN coin
TRADE btc ON M15
WHEN rsi(14) < 35 THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R
WHEN held > 12h THEN CLOSE
"""


@pytest.fixture(scope="session")
def real(real_data: Path) -> BacktestResult:
    """Three plans over two years of real hourly bars, with costs, swaps, parts, adds and a currency to convert."""
    return backtest([YEN, YEN_SHORT, POUND], real_data / "bars", "2015-01-01", "2016-12-31")


@pytest.fixture(scope="session")
def simulated() -> BacktestResult:
    """One plan on the simulator."""
    return backtest(BITCOIN)


@pytest.fixture(scope="session")
def analysed(real: BacktestResult) -> Analysis:
    """The real run's analysis."""
    return analyse(real)


@pytest.fixture(params=["real", "simulated"])
def result(request: pytest.FixtureRequest) -> BacktestResult:
    """Either run."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, BacktestResult)
    return found
