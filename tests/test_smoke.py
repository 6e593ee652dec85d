"""What must work from the built wheel: data files are in it, the command starts, plans check and run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.plans import symbols
from tradeplan.runtime import backtest
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

pytestmark = pytest.mark.smoke

PLANS = sorted(Path(str(symbols.__file__)).parent.parent.glob("*.plan"))


def test_example_plans_and_profiles_are_shipped() -> None:
    assert {"btc_on_weak_dollar", "daily_limits"} <= {p.stem for p in PLANS}
    assert {"btc", "eurusd", "dxy"} <= {p.name for p in load_profiles()}


@pytest.mark.parametrize("path", PLANS, ids=lambda p: p.stem)
def test_example_plans_are_good(path: Path) -> None:
    checked = check_source(Source(path.name, path.read_text(encoding="utf-8")), catalog(), load_facts(), Graph())
    assert checked.diagnostics == ()
    assert len(checked.plans) + len(checked.guards) == 1


def test_the_users_own_line_runs() -> None:
    result = backtest(
        """
        PLAN btc_on_weak_dollar
        TRADE btc ON M5
        WHEN dxy.change < -0.2% AND btc.holds(support)
        THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R
        WHEN profit >= 1R THEN MOVE STOP TO entry
        """
    )
    assert result.trades
    # the account's change is the sum of what its trades made, to the cent
    assert round(sum(t.net for t in result.trades), 2) == round(result.balance - 10_000.0, 2)


def test_the_command_starts() -> None:
    code = "import sys; sys.argv = ['plan', '--help']; from tradeplan.runtime.cli import main; main()"
    environment = {**os.environ, "COLUMNS": "100"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    for command in ("check", "fmt", "explain", "new", "data", "backtest", "run", "status", "demo"):
        assert f" {command} " in done.stdout
