"""Closed trades of a run as columns, and the few figures that every group of them is told by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.trades import TradeTable
from tradeplan.runtime.kernels.orders import layout as at

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed trades in the order of their exits.

    `opened` and `closed` are the recorded times of first and last fill, `known` the instant at which the account took
    notice of the last (all UTC ms). `net` is money, `r` multiples of the risk (`risky`: there was one to measure by).
    `entered` and `left` are numbers of rules (-1: none), `reason` is the code of the last fill.
    """

    plan: Integers
    opened: Integers
    closed: Integers
    known: Integers
    net: Floats
    r: Floats
    entered: Integers
    left: Integers
    reason: Integers

    def __len__(self) -> int:
        return len(self.net)


def closed_trades(table: TradeTable, ledger: Ledger) -> Closed:
    """The closed trades of a run."""
    c, fills = table.columns, ledger.recording.fills
    position = fills[at.EV_POSITION].astype(np.int64) - 1
    count = len(table)
    known, entered, left = (np.full(count, -1, dtype=np.int64) for _ in range(3))
    first = fills[at.EV_REASON] == at.FILL_ENTRY
    out = fills[at.EV_REASON] > at.FILL_ADD
    entered[position[first]] = fills[at.EV_RULE][first].astype(np.int64)
    left[position[out]] = fills[at.EV_RULE][out].astype(np.int64)
    known[position[out]] = ledger.instant_of_fill[out]
    done = np.flatnonzero(c["closed"] != 0)
    done = done[np.argsort(known[done], kind="stable")]
    whole = {name: np.asarray(c[name][done], dtype=np.int64) for name in ("plan", "opened", "closed", "reason")}
    net, r = (np.asarray(c[name][done], dtype=np.float64) for name in ("net", "r"))
    return Closed(
        whole["plan"], whole["opened"], whole["closed"], known[done], net, r, entered[done], left[done], whole["reason"]
    )


def money(total: float) -> float:
    """Rounded to the cent, never minus zero."""
    return round(total, 2) + 0.0


def group(net: Floats) -> dict[str, Any]:
    """Trades, net, mean and win rate; of no trade the last two are None."""
    count = len(net)
    return {
        "trades": count,
        "net": money(float(net.sum())),
        "mean": float(net.mean()) if count else None,
        "win_rate": float((net > 0.0).sum()) / count if count else None,
    }


def longest_streak(lost: NDArray[np.bool_]) -> int:
    """The longest run of losses."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], lost, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[0::2]).max()) if len(edges) else 0
