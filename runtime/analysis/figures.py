"""The figures of a set of plans: trades, ratios of daily returns, drawdown, with a reason for each that is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.groups import Closed, longest_streak, money
from tradeplan.runtime.analysis.paths import fall, merged
from tradeplan.runtime.analysis.ratios import Reasons, return_ratios, risk_ratios

ENOUGH_TRADES = 100
RUINED = "the equity was zero or less at the start of a day"
_NO_TRADES = "no closed trade"


def performance_figures(days: Days, trades: Closed, plans: list[int]) -> dict[str, Any]:
    """The figures of some plans of a run, by their places in the program."""
    of = np.isin(trades.plan, plans)
    net, r = trades.net[of], trades.r[of]
    count = len(net)
    won, lost = float(net[net > 0.0].sum()), float(-net[net < 0.0].sum())
    recording = days.recording
    booked = days.ledger.booked
    figures: dict[str, Any] = {
        "trades": count,
        "win_rate": float((net > 0.0).sum()) / count if count else None,
        "profit_factor": won / lost if lost > 0.0 else None,
        "expectancy_r": float(r.mean()) if count else None,
        "expectancy_money": float(net.mean()) if count else None,
        "net": money(float(booked.cents[np.isin(booked.plan, plans)].sum()) / 100.0),
        "average": float(net.mean()) if count else None,
        "best": float(net.max()) if count else None,
        "worst": float(net.min()) if count else None,
    }
    reasons: Reasons = {name: _NO_TRADES for name, value in figures.items() if value is None}
    if count and lost == 0.0:
        reasons["profit_factor"] = "no losing trade"
    returns, why = day_returns(days, plans)
    ratios, missing = return_ratios(returns)
    if why:
        ratios, missing = dict.fromkeys(ratios), dict.fromkeys(ratios, why)
    path = days.path if len(plans) == len(days.paths) else merged([days.paths[i] for i in plans])
    deepest = fall(path, days.first_cents, recording.start, recording.end)
    return figures | {
        **ratios,
        "drawdown": {"money": deepest.money, "percent": deepest.percent},
        "drawdown_length_days": deepest.days,
        "confidence": min(1.0, count / ENOUGH_TRADES),
        "days": len(returns),
        "reasons": reasons | missing,
    }


def risk_figures(days: Days, trades: Closed) -> dict[str, Any]:
    """Risk of the account's daily returns, as parts of equity: a loss is negative."""
    returns, why = day_returns(days, list(range(len(days.paths))))
    figures, reasons = risk_ratios(returns)
    if why:
        figures, reasons = dict.fromkeys(figures), dict.fromkeys(figures, why)
    return {
        **figures,
        "losing_streak": longest_streak(trades.net < 0.0),
        "days": len(returns),
        "trades": len(trades),
        "confidence": min(1.0, len(returns) / (ENOUGH_TRADES / 2)),
        "reasons": reasons,
    }


def day_returns(days: Days, plans: list[int]) -> tuple[NDArray[np.float64], str]:
    """Daily returns of some plans on the days on which one of their markets had bars; then why they mean nothing."""
    if not plans:
        return np.zeros(0), ""
    path = days.path if len(plans) == len(days.paths) else merged([days.paths[i] for i in plans])
    markets = sorted({days.ledger.plans[i].market for i in plans})
    returns = days.returns(path)[days.open_days(markets)]
    return returns, RUINED if days.ruined() else ""
