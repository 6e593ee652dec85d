"""`plan run` keeps its account in any currency, says on which bars fills are tested, and what has no bars."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.status import command as status
from tradeplan.runtime.store.snapshot import read_status

# sizes by money: (50 + 2 slippage) x 0.01 lots x 1 coin = 52 US cents a step, 1000 / 52 = 19.2 steps
GOOD = (
    "PLAN good TRADE btc ON M5 WHEN close < 9900 AND OPTIONAL eth.H1.close > 1 THEN BUY RISK 1000 USC STOP 5000 points"
)
IDLE = "PLAN idle TRADE gold ON M5 WHEN close < 9900 THEN BUY 0.01 lots STOP 50 points"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 130 M5 bars of btc, each closing 1 below its open, and two plans."""
    folder = tmp_path_factory.mktemp("world")
    close = 10_000.0 - pd.RangeIndex(1, 131).to_numpy()
    columns = {"open": close + 1, "high": close + 1, "low": close, "close": close, "spread": 1}
    (folder / "data" / "BTCUSD").mkdir(parents=True)
    times = 1_704_672_000 + 300 * pd.RangeIndex(130).to_numpy()
    pd.DataFrame({"time": times, **columns}).to_parquet(folder / "data" / "BTCUSD" / "M5.parquet")
    (folder / "plans").mkdir()
    (folder / "plans" / "good.plan").write_text(GOOD, encoding="utf-8")
    (folder / "plans" / "idle.plan").write_text(IDLE, encoding="utf-8")
    return folder


def run(world: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """`plan run` over all the bars."""
    feed = ["--feed", "replay", "--data", str(world / "data"), "--once"]
    words = ["run", str(world / "plans"), *feed, "--db", str(world / "run.db"), *more]
    command = [sys.executable, "-m", "tradeplan.runtime.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_cent_account(world: Path) -> None:
    done = run(world, "--currency", "USC", "--balance", "1000000")
    assert done.returncode == 0, done.stderr
    assert "balance 1000000.00 USC; the feed ends" in done.stderr
    assert "fills, stops and targets are tested on btc M5" in done.stderr
    assert (
        "data: plan `good` reads eth.H1 in `OPTIONAL eth.H1.close > 1`, and of eth.H1 there is no data" in done.stderr
    )
    assert "`idle` is put aside: no bars of `gold` at M5 or finer" in done.stderr
    found = read_status(world / "run.db")
    # filled at 9,899 + 0.01 + 2.00, marked at 9,870: -31.01 x 0.19 lots = -589.19 US cents
    assert (found.currency, found.balance) == ("USC", 1_000_000.0)
    assert found.equity == pytest.approx(1_000_000 - 589.19)
    shown = CliRunner().invoke(status, ["--db", str(world / "run.db")])
    assert "balance 1,000,000.00, equity 999,410.81 USC" in shown.output

    other = run(world, "--balance", "1000000")
    assert other.returncode == 2
    assert "account" in other.stderr
    assert "Traceback" not in other.stderr


def test_a_currency_that_is_none(world: Path) -> None:
    done = run(world, "--currency", "usc")
    assert done.returncode == 2
    assert "`usc` is not a currency of an account: expected three capitals" in done.stderr
