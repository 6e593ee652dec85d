"""What a backtest hands back: trades, equity, decisions and figures, and their forms for people and programs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from tradeplan.runtime.analysis.performance import Performance, performance
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.analysis.told import Told
from tradeplan.runtime.analysis.trades import Trade, TradeTable, trade_table
from tradeplan.runtime.engine.clauses import ClauseTime
from tradeplan.runtime.engine.events import FILLS, OUTCOMES, Alert, Decision, Event, Fill, Halt, MarginCall
from tradeplan.runtime.kernels.orders import layout as at

NOT_SIMULATED = ("latency", "load", "quality", "stale")
"""Readings that a backtest has no measurements of; they stand at their best."""


class BacktestResult:
    """A finished run. Everything is worked out when first asked for; money is in account currency, times UTC ms."""

    def __init__(self, recording: Recording, warnings: Sequence[str] = ()) -> None:
        """`warnings`: what a person should know about the data, in words."""
        self.recording = recording
        self.warnings = tuple(warnings)
        self.start = recording.start
        self.end = recording.end
        self.balance = recording.balance
        self.equity = recording.equity

    @property
    def tested_on(self) -> dict[str, str]:
        """The timeframe on whose bars fills, stops and targets were tested, by market."""
        return {market: lane.lane.timeframe for market, lane in self.recording.traded.items()}

    @cached_property
    def table(self) -> TradeTable:
        """The trades as columns."""
        return trade_table(self.recording)

    @cached_property
    def trades(self) -> list[Trade]:
        """The trades in the order of their first fills; the last ones may be open."""
        return self.table.trades()

    @cached_property
    def performance(self) -> Performance:
        """The figures."""
        return performance(self.recording, self.table)

    @cached_property
    def events(self) -> list[Event]:
        """Decisions, fills, swaps, alerts and halts in the order in which they were recorded."""
        return self.recording.events()

    @property
    def decisions(self) -> list[Decision]:
        """What was decided, sent or not."""
        return [e for e in self.events if isinstance(e, Decision)]

    @property
    def fills(self) -> list[Fill]:
        """Every fill of a leg."""
        return [e for e in self.events if isinstance(e, Fill)]

    @property
    def alerts(self) -> list[Alert]:
        """Alerts."""
        return [e for e in self.events if isinstance(e, Alert)]

    @property
    def halts(self) -> list[Halt]:
        """Halts that began."""
        return [e for e in self.events if isinstance(e, Halt)]

    @property
    def margin_calls(self) -> list[MarginCall]:
        """Margin calls, once each until equity was back."""
        return self.told.margin_calls

    @cached_property
    def told(self) -> Told:
        """Exits that spoke, margin calls and broken limits."""
        return Told(self.recording)

    @property
    def clauses(self) -> list[ClauseTime]:
        """How long each clause was UNKNOWN, and why."""
        return self.recording.clauses

    @property
    def open_positions(self) -> list[Trade]:
        """Positions that were open at the end."""
        return [t for t in self.trades if not t.closed]

    def outcomes(self) -> dict[str, dict[str, int]]:
        """What became of entries, counted by plan and outcome."""
        rows = self.recording.table
        of_entry = (rows[:, at.EV_LEG] == at.ABOUT_ENTRY) | (rows[:, at.EV_LEG] == at.ABOUT_CANCEL)
        rows = rows[(rows[:, at.EV_TYPE] == at.TYPE_DECISION) & of_entry]
        names = {owner.address: owner.block.name for owner in self.recording.program.plans}
        counted: dict[str, dict[str, int]] = {name: {} for name in names.values()}
        pairs = Counter(zip(rows[:, at.EV_OWNER].tolist(), rows[:, at.EV_REASON].tolist(), strict=True))
        for (owner, reason), count in sorted(pairs.items()):
            counted[names[int(owner)]][OUTCOMES[int(reason)]] = count
        return counted

    def not_simulated(self) -> list[str]:
        """Readings of system and feed that guards used though a backtest cannot measure them."""
        return [name for name in NOT_SIMULATED if name in self.recording.program.readings]

    def equity_curve(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Rows of time, equity and balance, one an hour while something happens, and the end."""
        rows = self.recording.table
        points = rows[rows[:, at.EV_TYPE] == at.TYPE_EQUITY]
        curve = np.column_stack((points[:, at.EV_TIME], points[:, at.EV_A] / 100.0, points[:, at.EV_B] / 100.0))
        first = [float(self.start), self.recording.account.balance, self.recording.account.balance]
        return np.vstack((first, curve, [float(self.end), self.equity, self.balance]))

    def trades_frame(self) -> Any:
        """The trades as a pandas frame, times as UTC timestamps."""
        import pandas  # half a second to import, and most runs never ask for a frame

        names, markets = np.array(self.table.plans, dtype=object), np.array(self.table.markets, dtype=object)
        columns = dict(self.table.columns)
        plan = np.asarray(columns.pop("plan"), dtype=np.int64)
        closed = np.asarray(columns["closed"], dtype=np.int64)
        kinds = np.array(FILLS, dtype=object)[np.asarray(columns["reason"], dtype=np.int64)]
        frame = pandas.DataFrame({"plan": names[plan], "market": markets[plan], **columns})
        frame["opened"] = pandas.to_datetime(frame["opened"], unit="ms", utc=True)
        frame["closed"] = pandas.to_datetime(frame["closed"].where(closed != 0), unit="ms", utc=True)
        frame["reason"] = np.where(closed != 0, kinds, "")
        return frame

    def equity_frame(self) -> Any:
        """The equity curve as a pandas frame with a UTC index."""
        import pandas  # as above

        curve = self.equity_curve()
        index = pandas.to_datetime(curve[:, 0].astype(np.int64), unit="ms", utc=True)
        return pandas.DataFrame({"equity": curve[:, 1], "balance": curve[:, 2]}, index=index)

    def write_trades(self, path: Path) -> None:
        """Write the trades as CSV, one row a position."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            names = [f.name for f in fields(Trade)]
            writer.writerow(names)
            writer.writerows([getattr(trade, name) for name in names] for trade in self.trades)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        figures = asdict(self.performance)
        figures["costs"]["total"] = round(self.performance.costs.total, 2)
        return {
            "start": self.start,
            "end": self.end,
            "currency": self.recording.account.currency,
            "initial_balance": self.recording.account.balance,
            "balance": self.balance,
            "equity": self.equity,
            "performance": figures,
            "outcomes": self.outcomes(),
            "unknown": [asdict(c) for c in self.clauses if c.unknown],
            "without": [
                {"time": d.time, "plan": d.plan, "rule": d.rule, "parts": [asdict(part) for part in d.optional]}
                for d in self.decisions
                if d.optional
            ],
            "tested_on": self.tested_on,
            "warnings": list(self.warnings),
            "not_simulated": self.not_simulated(),
            "open_positions": [asdict(t) for t in self.open_positions],
            "alerts": [asdict(a) for a in self.alerts],
            "halts": [asdict(h) for h in self.halts],
            **self.told.as_dict(),
            "trades": [asdict(t) for t in self.trades],
            "equity_curve": self.equity_curve().tolist(),
        }
