"""Ratios against empyrical-reloaded, and against the formulas of quantstats where the two mean the same."""

from __future__ import annotations

import math

import empyrical
import numpy as np
import pytest
from numpy.typing import NDArray
from tradeplan.runtime.analysis import ratios
from tradeplan.runtime.analysis.analysis import Analysis, analyse
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.result import BacktestResult

EXACT = {"rel": 0.0, "abs": 1e-9}


def _daily_returns(result: BacktestResult) -> NDArray[np.float64]:
    """Daily changes of equity on the days with bars of any market; test_ledger compares the equity with its oracle."""
    days = Days(Ledger(result.recording))
    closes = np.unique(np.concatenate([t.bars.bars.close_time for t in result.recording.traded.values()]))
    with_bars = np.histogram(closes - 1, bins=days.edges)[0] > 0
    return np.asarray((days.equity[1:] / days.equity[:-1] - 1.0)[with_bars])


def test_the_figures_of_a_run_are_the_oracles(result: BacktestResult) -> None:
    returns = _daily_returns(result)
    analysis = analyse(result)
    whole, risk = analysis.performance["overall"], analysis.risk
    assert whole["days"] == risk["days"] == len(returns)
    assert whole["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns, risk_free=0.02 / 252), **EXACT)
    assert whole["sortino"] == pytest.approx(empyrical.sortino_ratio(returns), **EXACT)
    assert risk["volatility"] == pytest.approx(empyrical.annual_volatility(returns), **EXACT)
    assert risk["var95"] == pytest.approx(empyrical.value_at_risk(returns, 0.05), **EXACT)
    assert risk["cvar95"] == pytest.approx(empyrical.conditional_value_at_risk(returns, 0.05), **EXACT)
    if len(returns) >= ratios.FEWEST_TAIL:
        assert risk["var99"] == pytest.approx(empyrical.value_at_risk(returns, 0.01), **EXACT)
        assert risk["cvar99"] == pytest.approx(empyrical.conditional_value_at_risk(returns, 0.01), **EXACT)
    else:
        assert risk["var99"] is None
        assert "at least 100" in risk["reasons"]["var99"]


@pytest.mark.parametrize("seed", range(20))
def test_any_returns_give_the_oracles_ratios(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_t(3, size=int(rng.integers(100, 400))) / 100.0
    found = ratios.return_ratios(x)[0] | ratios.risk_ratios(x)[0]
    assert found["sharpe"] == pytest.approx(empyrical.sharpe_ratio(x, risk_free=0.02 / 252), **EXACT)
    assert found["sortino"] == pytest.approx(empyrical.sortino_ratio(x), **EXACT)
    for name, cutoff in (("95", 0.05), ("99", 0.01)):
        assert found["var" + name] == pytest.approx(empyrical.value_at_risk(x, cutoff), **EXACT)
        assert found["cvar" + name] == pytest.approx(empyrical.conditional_value_at_risk(x, cutoff), **EXACT)
    # quantstats: sortino = mean / sqrt(sum of squared losses / n), volatility = std, both times sqrt(252)
    losses = math.sqrt(sum(v * v for v in x if v < 0) / len(x))
    assert found["sortino"] == pytest.approx(x.mean() / losses * math.sqrt(252), **EXACT)
    assert found["volatility"] == pytest.approx(x.std(ddof=1) * math.sqrt(252), **EXACT)


def test_too_few_days_give_no_figure_but_a_reason() -> None:
    figures, reasons = ratios.return_ratios(np.full(19, 0.01))
    assert figures == {"sharpe": None, "sortino": None}
    assert reasons["sharpe"] == "19 days, at least 20 are needed"
    figures, reasons = ratios.risk_ratios(np.linspace(-0.01, 0.01, 99))
    assert figures["var95"] is not None
    assert figures["var99"] is None
    assert reasons == dict.fromkeys(("var99", "cvar99"), "99 days, at least 100 are needed")


def test_returns_that_never_vary_or_never_lose_have_no_ratio() -> None:
    assert ratios.return_ratios(np.zeros(50)) == (
        {"sharpe": None, "sortino": None},
        {"sharpe": "the returns never vary", "sortino": "no day lost"},
    )


def test_figures_of_trades_are_those_of_the_trade_list(real: BacktestResult, analysed: Analysis) -> None:
    for name, figures in analysed.performance["plans"].items():
        net = [t.net for t in real.trades if t.plan == name and t.closed]
        won, lost = sum(x for x in net if x > 0), -sum(x for x in net if x < 0)
        assert figures["trades"] == len(net) > 20
        assert figures["win_rate"] == sum(x > 0 for x in net) / len(net)
        assert figures["profit_factor"] == pytest.approx(won / lost)
        assert figures["expectancy_money"] == figures["average"] == pytest.approx(sum(net) / len(net))
        assert (figures["best"], figures["worst"]) == (max(net), min(net))
        assert figures["net"] == pytest.approx(sum(t.net for t in real.trades if t.plan == name), abs=1e-6)
        assert figures["confidence"] == min(1.0, len(net) / 100)
    assert analysed.performance["overall"]["net"] == round(real.balance - 10_000, 2)


def test_the_drawdown_is_the_runs_own(result: BacktestResult) -> None:
    figures = analyse(result).performance["overall"]["drawdown"]
    assert figures["money"] == pytest.approx(result.performance.drawdown, abs=1e-9)
    assert figures["percent"] == pytest.approx(result.performance.drawdown_percent, abs=1e-9)
