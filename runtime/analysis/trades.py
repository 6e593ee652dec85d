"""Positions from their fills: one row a position, computed over all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.engine.events import FILLS
from tradeplan.runtime.kernels.orders import layout as at

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trade:
    """A position from its first fill to its last; money in account currency, times in UTC ms.

    `entry` and `exit` are averages by units; `reason` is that of the last exit; `r` is the net result over the money at
    risk from first fill to first stop. An open one has `closed` 0 and no reason, and counts what was closed so far.
    """

    plan: str
    market: str
    side: int
    position: int
    opened: int
    closed: int
    lots: float
    entry: float
    exit: float
    stop: float
    profit: float
    commission: float
    swap: float
    net: float
    r: float
    reason: str
    ambiguous: int
    better: float


@dataclass(frozen=True, slots=True)
class TradeTable:
    """Columns of trades in the order of their first fills."""

    columns: dict[str, NDArray[np.generic]]
    plans: tuple[str, ...]
    markets: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.columns["position"])

    def trades(self) -> list[Trade]:
        """The rows as records."""
        names = np.array(self.plans, dtype=object)[self.columns["plan"]].tolist()
        markets = np.array(self.markets, dtype=object)[self.columns["plan"]].tolist()
        closed = self.columns["closed"].tolist()
        reasons = [
            FILLS[code] if done else "" for code, done in zip(self.columns["reason"].tolist(), closed, strict=True)
        ]
        given = {**{name: column.tolist() for name, column in self.columns.items()}, "reason": reasons}
        given |= {"plan": names, "market": markets}
        order = [f.name for f in fields(Trade)]
        return [Trade(*row) for row in zip(*(given[name] for name in order), strict=True)]


def trade_table(recording: Recording) -> TradeTable:
    """The trades of a run."""
    fills, swaps = recording.fills, recording.swaps
    owners = recording.program.plans
    blocks = [owner.block for owner in owners if isinstance(owner.block, CheckedPlan)]
    addresses = np.array([owner.address for owner in owners], dtype=np.int64)
    number = fills[at.EV_POSITION].astype(np.int64) - 1
    count = int(number.max()) + 1 if len(number) else 0
    reason = fills[at.EV_REASON].astype(np.int64)
    units, price, time = fills[at.EV_UNITS], fills[at.EV_PRICE], fills[at.EV_TIME].astype(np.int64)
    first = reason == at.FILL_ENTRY
    into = reason <= at.FILL_ADD

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(number, weights=values, minlength=count), dtype=np.float64)

    plan = np.zeros(count, dtype=np.int64)
    plan[number[first]] = np.searchsorted(addresses, fills[at.EV_OWNER][first].astype(np.int64))
    opened, closed = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    stop, last, rate, start = np.zeros(count), np.zeros(count, dtype=np.int64), np.ones(count), np.zeros(count)
    opened[number[first]] = time[first]
    stop[number[first]] = fills[at.EV_A][first]
    start[number[first]] = price[first]
    rate[number[first]] = fills[at.EV_RATE][first]
    out_of = ~into
    closed[number[out_of]] = time[out_of]
    last[number[out_of]] = reason[out_of]
    came, went = units * into, units * out_of
    entered, left = total(came), total(went)
    with np.errstate(invalid="ignore", divide="ignore"):
        entry = total(came * price) / entered
        out = np.where(left > 0, total(went * price) / left, 0.0)
    profit = total(fills[at.EV_PROFIT]) / 100.0
    commission = total(fills[at.EV_COMMISSION]) / 100.0
    swap = np.zeros(count)
    if swaps.shape[1]:
        nights = swaps[at.EV_POSITION].astype(np.int64) - 1
        swap = np.bincount(nights, weights=swaps[at.EV_PROFIT], minlength=count) / 100.0
    net = np.round(profit - commission + swap, 2)
    numbers = [recording.markets[b.market] for b in blocks]
    step = np.array([m.lot_step for m in numbers])[plan]
    size = np.array([m.lot_step * m.contract for m in numbers])[plan]
    side = np.array([b.side for b in blocks], dtype=np.int64)[plan]
    risk = np.abs(start - stop) * total(units * first) * size * rate
    r = np.divide(net, risk, out=np.zeros(count), where=risk > 0)
    unclear = np.flatnonzero((reason == at.FILL_STOP) & (fills[at.EV_A] != 0.0))
    where = number[unclear]
    gain = (fills[at.EV_A][unclear] - price[unclear]) * side[where] * units[unclear] * size[where]
    gain *= fills[at.EV_RATE][unclear]
    still = entered - left > 0.5
    closed[still] = 0
    columns: dict[str, NDArray[np.generic]] = {
        "plan": plan,
        "side": side,
        "position": np.arange(1, count + 1, dtype=np.int64),
        "opened": opened,
        "closed": closed,
        "lots": entered * step,
        "entry": entry,
        "exit": out,
        "stop": stop,
        "profit": profit,
        "commission": commission,
        "swap": swap,
        "net": net,
        "r": r,
        "reason": last,
        "ambiguous": np.bincount(where, minlength=count).astype(np.int64),
        "better": np.bincount(where, weights=gain, minlength=count),
    }
    return TradeTable(columns, tuple(b.name for b in blocks), tuple(b.market for b in blocks))
