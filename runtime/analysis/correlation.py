"""Pearson correlation of daily returns, between symbols and between plans, with the days behind each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.paths import Path, merged
from tradeplan.runtime.analysis.ratios import FEWEST, too_few


def correlations(days: Days) -> dict[str, Any]:
    """Between what was earned in each symbol, and by each plan."""
    plans = days.ledger.plans
    symbols = sorted({p.market for p in plans})
    of_symbol = [merged([days.paths[i] for i, p in enumerate(plans) if p.market == name]) for name in symbols]
    return {
        "symbols": _matrix(days, symbols, of_symbol, symbols),
        "plans": _matrix(days, [p.name for p in plans], days.paths, [p.market for p in plans]),
    }


def _matrix(days: Days, names: Sequence[str], paths: Sequence[Path], markets: Sequence[str]) -> dict[str, Any]:
    """A pair counts the days on which the markets of both had bars; a pair without a figure has a reason."""
    size = len(names)
    open_ = {market: days.open_days([market]) for market in set(markets)}
    returns = [days.returns(path) for path in paths]
    matrix: list[list[float | None]] = [[None] * size for _ in names]
    counts = [[0] * size for _ in names]
    reasons: list[dict[str, str]] = []
    for i in range(size):
        for j in range(i, size):
            both = open_[markets[i]] & open_[markets[j]] & ~np.isnan(returns[i]) & ~np.isnan(returns[j])
            x, y = returns[i][both], returns[j][both]
            counts[i][j] = counts[j][i] = len(x)
            why = too_few(len(x), FEWEST)
            if not why and (np.ptp(x) == 0.0 or np.ptp(y) == 0.0):
                why = f"the returns of {names[i] if np.ptp(x) == 0.0 else names[j]} never vary"
            if why:
                reasons.append({"first": names[i], "second": names[j], "reason": why})
            else:
                value = 1.0 if i == j else float(np.corrcoef(x, y)[0, 1])
                matrix[i][j] = matrix[j][i] = value
    pairs = [x for i in range(size) for x in matrix[i][i + 1 :] if x is not None]
    return {
        "names": list(names),
        "matrix": matrix,
        "counts": counts,
        "average": sum(pairs) / len(pairs) if pairs else None,
        "lowest": min(pairs, default=None),
        "highest": max(pairs, default=None),
        "reasons": reasons,
    }
