"""The whole analysis: its form, its digest, and what it says when there is nothing to say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from tradeplan.runtime.analysis.analysis import Analysis, analyse
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.figures import RUINED, day_returns
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.api import backtest

from tests.runtime.analysis.conftest import BITCOIN

NEVER = "PLAN never\nTRADE btc ON H1\nWHEN close > 999999 THEN BUY RISK 0.5% STOP 2 ATR\n"


def _frame(bars: int = 600) -> pd.DataFrame:
    index = pd.date_range("2024-01-01", periods=bars, freq="h", tz="UTC")
    close = 40_000.0 + 500.0 * np.sin(np.arange(bars) / 9.0)
    return pd.DataFrame({"open": close, "high": close + 60, "low": close - 60, "close": close}, index=index)


def _of(plan: str, frame: pd.DataFrame, balance: float | None = None) -> Analysis:
    return analyse(backtest(plan, frame, balance=balance))


def test_it_is_json_with_these_parts(analysed: Analysis) -> None:
    read = json.loads(analysed.to_json())
    assert list(read) == [
        "digest",
        "inputs",
        "span",
        "performance",
        "risk",
        "periods",
        "seasonality",
        "correlation",
        "windows",
        "clauses",
        "counts",
    ]
    assert read == analysed.as_dict()
    figures = read["performance"]["overall"]
    for name in (
        *("trades", "win_rate", "profit_factor", "expectancy_r", "expectancy_money", "net", "average", "best", "worst"),
        *("sharpe", "sortino", "drawdown", "drawdown_length_days", "confidence", "days", "reasons"),
    ):
        assert name in figures
    assert set(read["periods"]) == {"daily", "weekly", "monthly", "quarterly", "yearly"}
    assert set(read["seasonality"]) == {"hour", "weekday", "month", "session"}


def test_the_same_inputs_give_the_same_bytes(real_data: Path) -> None:
    def once() -> str:
        return analyse(backtest(BITCOIN, real_data / "bars", "2018-03-01", "2018-03-20")).to_json()

    assert once() == once()


def test_the_digest_follows_every_input() -> None:
    plan = BITCOIN.replace("M15", "H1")
    frame = _frame()
    base = _of(plan, frame)
    assert _of("# a comment\n" + plan, frame).digest == base.digest
    changed = frame.copy()
    changed.iloc[300, changed.columns.get_loc("high")] += 0.01
    others = {
        "a bar": _of(plan, changed),
        "the plan": _of(plan.replace("35", "34"), frame),
        "the balance": _of(plan, frame, balance=20_000.0),
        "fewer bars": _of(plan, frame.iloc[:-1]),
    }
    digests = {base.digest, *(a.digest for a in others.values())}
    assert len(digests) == 5
    assert base.inputs["series"][0]["rows"] == 600
    assert base.inputs["series"][0]["first"] == int(frame.index[0].value // 1_000_000)


def test_bars_after_the_end_of_the_run_are_no_input() -> None:
    plan = BITCOIN.replace("M15", "H1")
    end = int(_frame().index[399].value // 1_000_000)
    whole, part = (analyse(backtest(plan, f, end=end)) for f in (_frame(), _frame().iloc[:400]))
    assert whole.digest == part.digest
    assert whole.to_json() == part.to_json()


def test_without_trades_there_are_reasons_and_no_figures() -> None:
    found = _of(NEVER, _frame())
    figures = found.performance["overall"]
    assert (figures["trades"], figures["net"], figures["confidence"]) == (0, 0.0, 0.0)
    for name in ("win_rate", "profit_factor", "expectancy_r", "expectancy_money", "average", "best", "worst"):
        assert figures[name] is None
        assert figures["reasons"][name] == "no closed trade"
    assert figures["reasons"]["sharpe"] == "the returns never vary"
    assert found.seasonality["hour"][0] == {"key": 0, "trades": 0, "net": 0.0, "mean": None, "win_rate": None}
    assert found.correlation["plans"]["matrix"] == [[None]]
    assert found.correlation["plans"]["reasons"][0]["reason"] == "the returns of never never vary"
    json.loads(found.to_json())


def test_a_few_days_are_too_few() -> None:
    figures = _of(BITCOIN.replace("M15", "H1"), _frame(100)).performance["overall"]
    assert figures["sharpe"] is None
    assert figures["days"] == 5
    assert figures["reasons"]["sharpe"] == "5 days, at least 20 are needed"


def test_equity_below_zero_has_no_returns(simulated: BacktestResult) -> None:
    days = Days(Ledger(simulated.recording))
    days.first_cents = 0.0
    assert day_returns(days, [0])[1] == RUINED
