"""The figures of a run: what a trader asks first, from trades and fills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.analysis.trades import TradeTable
from tradeplan.runtime.kernels.orders import layout as at


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading cost, in account currency, all positive when paid; swap is positive when earned.

    Spread and slippage are inside the fill prices; commission and swap are booked beside them.
    """

    spread: float
    slippage: float
    commission: float
    swap: float

    @property
    def total(self) -> float:
        """Everything paid."""
        return self.spread + self.slippage + self.commission - self.swap


@dataclass(frozen=True, slots=True)
class Performance:
    """Figures of closed trades. Ratios are None where they have no meaning, such as a profit factor without losses.

    `net_doubled`: the net result if all costs had been twice as high, same trades. `net_better`: if on every bar that
    touched stop and target the target had come first. `exposure`: share of the span with a position, per plan on
    average; `profile_spread`: share of fills on the profile's spread because the data had none.
    """

    trades: int
    wins: int
    losses: int
    win_rate: float | None
    profit_factor: float | None
    expectancy_r: float | None
    net: float
    net_doubled: float
    net_better: float
    gross_win: float
    gross_loss: float
    drawdown: float
    drawdown_percent: float
    exposure: float
    costs: Costs
    ambiguous: int
    profile_spread: float | None
    longest_losing_run: int


def performance(recording: Recording, table: TradeTable) -> Performance:
    """The figures of a run."""
    c = table.columns
    done = c["closed"] != 0
    net = np.asarray(c["net"][done], dtype=np.float64)
    wins, losses = net > 0.0, net < 0.0
    won, lost = float(net[wins].sum()), float(0.0 - net[losses].sum())  # no loss is 0, not -0
    count = len(net)
    costs, known = _costs(recording, table)
    whole = round(recording.balance - recording.account.balance, 2)
    better = float(np.asarray(c["better"], dtype=np.float64).sum())
    return Performance(
        trades=count,
        wins=int(wins.sum()),
        losses=int(losses.sum()),
        win_rate=float(wins.sum()) / count if count else None,
        profit_factor=won / lost if lost > 0.0 else None,
        expectancy_r=float(np.asarray(c["r"][done], dtype=np.float64).mean()) if count else None,
        net=whole,
        net_doubled=round(whole - costs.total, 2),
        net_better=round(whole + better, 2),
        gross_win=round(won, 2),
        gross_loss=round(lost, 2),
        drawdown=recording.drawdown,
        drawdown_percent=recording.drawdown_percent,
        exposure=_exposure(recording, table),
        costs=costs,
        ambiguous=int(np.asarray(c["ambiguous"], dtype=np.int64).sum()),
        profile_spread=known,
        longest_losing_run=_longest(losses),
    )


def _costs(recording: Recording, table: TradeTable) -> tuple[Costs, float | None]:
    fills = recording.fills
    if not fills.shape[1]:
        return Costs(0.0, 0.0, 0.0, 0.0), None
    number = fills[at.EV_POSITION].astype(np.int64) - 1
    markets = [recording.markets[name] for name in table.markets]
    plan = np.asarray(table.columns["plan"], dtype=np.int64)
    size = np.array([m.lot_step * m.contract for m in markets])[plan][number]
    long = np.asarray(table.columns["side"], dtype=np.int64)[number] > 0
    # a trade crosses the spread once: longs where they buy, shorts where they buy back
    crossed = long == (fills[at.EV_REASON] <= at.FILL_ADD)
    worth = fills[at.EV_UNITS] * size * fills[at.EV_RATE]
    spread = float((worth * fills[at.EV_SPREAD] * crossed).sum())
    slippage = float((worth * fills[at.EV_SLIP]).sum())
    commission = float(fills[at.EV_COMMISSION].sum()) / 100.0
    swap = float(np.asarray(table.columns["swap"], dtype=np.float64).sum())
    costs = Costs(round(spread, 2), round(slippage, 2), round(commission, 2), round(swap, 2))
    return costs, float((fills[at.EV_KNOWN] == 0.0).mean())


def _exposure(recording: Recording, table: TradeTable) -> float:
    span = recording.end - recording.start
    if span <= 0 or not table.plans:
        return 0.0
    opened = np.asarray(table.columns["opened"], dtype=np.int64)
    closed = np.asarray(table.columns["closed"], dtype=np.int64)
    held = np.where(closed == 0, recording.end, closed) - opened
    return float(held.sum()) / (span * len(table.plans))


def _longest(losses: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], losses, [False])).astype(np.int8)))
    runs = edges[1::2] - edges[0::2]
    return int(runs.max()) if len(runs) else 0
