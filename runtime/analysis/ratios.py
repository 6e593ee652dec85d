"""Ratios of daily returns: what they are, and the reason where there are too few days for one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

YEAR = 252
RISK_FREE = 0.02 / YEAR
"""A year's 2 percent, of a day, without compounding."""
FEWEST = 20
"""Days below which a ratio says nothing; the 99 percent tail needs a hundred, so that it is a day at all."""
FEWEST_TAIL = 100

Figures = dict[str, float | None]
Reasons = dict[str, str]


def sharpe(returns: Floats) -> float | None:
    """Mean daily return above the risk-free one over its deviation (ddof 1), a year's; None if returns never vary."""
    over = returns - RISK_FREE
    deviation = float(np.std(over, ddof=1))
    return None if _flat(returns) else float(np.mean(over)) / deviation * math.sqrt(YEAR)


def sortino(returns: Floats) -> float | None:
    """A year's mean return over a year's downside deviation below 0 (of all days); None without a losing day."""
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return None if downside == 0.0 else float(np.mean(returns)) * YEAR / (downside * math.sqrt(YEAR))


def volatility(returns: Floats) -> float:
    """Standard deviation of daily returns (ddof 1), a year's."""
    return float(np.std(returns, ddof=1)) * math.sqrt(YEAR)


def value_at_risk(returns: Floats, cutoff: float) -> float:
    """The return that a share `cutoff` of days is below: the percentile of what happened, between days linear."""
    return float(np.percentile(returns, 100.0 * cutoff))


def tail_mean(returns: Floats, cutoff: float) -> float:
    """The mean of the worst share `cutoff` of days (CVaR), of one day at least."""
    last = int((len(returns) - 1) * cutoff)
    return float(np.mean(np.partition(returns, last)[: last + 1]))


def return_ratios(returns: Floats) -> tuple[Figures, Reasons]:
    """Sharpe and Sortino, or why not."""
    few = too_few(len(returns), FEWEST)
    if few:
        return {"sharpe": None, "sortino": None}, {"sharpe": few, "sortino": few}
    figures: Figures = {"sharpe": sharpe(returns), "sortino": sortino(returns)}
    reasons = {"sharpe": "the returns never vary", "sortino": "no day lost"}
    return figures, {name: why for name, why in reasons.items() if figures[name] is None}


def risk_ratios(returns: Floats) -> tuple[Figures, Reasons]:
    """Volatility, VaR and CVaR, or why not."""
    figures: Figures = {}
    reasons: Reasons = {}
    wanted = (
        ("volatility", FEWEST, volatility),
        ("var95", FEWEST, lambda x: value_at_risk(x, 0.05)),
        ("var99", FEWEST_TAIL, lambda x: value_at_risk(x, 0.01)),
        ("cvar95", FEWEST, lambda x: tail_mean(x, 0.05)),
        ("cvar99", FEWEST_TAIL, lambda x: tail_mean(x, 0.01)),
    )
    for name, fewest, ratio in wanted:
        few = too_few(len(returns), fewest)
        figures[name] = None if few else ratio(returns)
        if few:
            reasons[name] = few
    return figures, reasons


def too_few(days: int, fewest: int) -> str:
    """Why there are too few days; empty when there are enough."""
    return "" if days >= fewest else f"{days} days, at least {fewest} are needed"


def _flat(returns: Floats) -> bool:
    return bool(np.ptp(returns) == 0.0)
