"""The ledger against an account rebuilt in pandas, and against what the run itself recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.paths import merged
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.api import backtest
from tradeplan.runtime.engine.account import AccountConfig

from tests.runtime.analysis.conftest import POUND, YEN
from tests.runtime.analysis.ledger_of import booked, equity_at


def _quiet_times(result: BacktestResult) -> list[int]:
    """Closes of bars at which nothing was filled, every so many; and there are many."""
    fills = {int(t) for t in booked(result).index}
    closes = np.unique(np.concatenate([t.bars.bars.close_time for t in result.recording.traded.values()]))
    closes = closes[(closes > result.start) & (closes <= result.end)]
    return [int(t) for t in closes[:: max(1, len(closes) // 150)] if int(t) not in fills]


def test_the_equity_path_is_that_of_an_independent_ledger(result: BacktestResult) -> None:
    ledger = Ledger(result.recording)
    path = merged([ledger.path(i) for i in range(len(ledger.plans))])
    times = _quiet_times(result)
    assert len(times) > 100
    ours = result.recording.account.balance + path.at(np.array(times)) / 100.0
    assert np.abs(ours - np.array(equity_at(result, times))).max() < 0.011  # a half cent may fall to either side
    assert np.abs(np.diff(ours)).max() > 1.0  # something was held


def test_the_equity_path_meets_every_point_that_the_run_recorded(result: BacktestResult) -> None:
    days = Days(Ledger(result.recording))
    curve = result.equity_curve()
    ours = (days.first_cents + days.path.at(curve[:, 0].astype(np.int64))) / 100.0
    np.testing.assert_allclose(ours, curve[:, 1], rtol=0, atol=1e-6)
    assert len(curve) > 100


def test_closed_trades_add_up_to_the_balance_to_the_cent(result: BacktestResult) -> None:
    frame = result.trades_frame()
    steps = frame.assign(cents=(frame["net"] * 100).round()).groupby("closed")["cents"].sum().sort_index().cumsum()
    money = booked(result)
    held = frame[frame["closed"].isna()]
    for time, total in steps.items():
        at = int(pd.Timestamp(time).value // 1_000_000)
        open_then = frame[(frame["opened"] <= time) & ~(frame["closed"] <= time)]
        if open_then.empty:
            assert money[money.index <= at].sum() == total
    parts = (held["net"] * 100).round().sum()
    assert round(result.recording.account.balance * 100 + steps.iloc[-1] + parts) == round(result.balance * 100)


def test_plans_add_up_to_the_account(real: BacktestResult) -> None:
    days = Days(Ledger(real.recording))
    total = sum(path.at(days.edges) for path in days.paths)
    np.testing.assert_array_equal(total, days.path.at(days.edges))
    assert days.equity[-1] == round(real.equity * 100)


@pytest.mark.parametrize(
    "account",
    [AccountConfig(mode="netting"), AccountConfig(stop_out=3_000.0), AccountConfig(boundary_zone="Asia/Tokyo")],
)
def test_other_accounts_meet_every_point_too(real_data: Path, account: AccountConfig) -> None:
    result = backtest([YEN, POUND], real_data / "bars", "2015-01-01", "2016-12-31", account=account)
    days = Days(Ledger(result.recording))
    curve = result.equity_curve()
    ours = (days.first_cents + days.path.at(curve[:, 0].astype(np.int64))) / 100.0
    np.testing.assert_allclose(ours, curve[:, 1], rtol=0, atol=1e-6)
    reasons = {fill.reason for fill in result.fills}
    assert reasons >= {"entry", "stop", "take", "close"}
    assert ("stop_out" in reasons) == (account.stop_out is not None)
