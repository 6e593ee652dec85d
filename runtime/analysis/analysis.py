"""What history says: every figure of a run with the count behind it and a digest of what it was computed from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradeplan.runtime.analysis.correlation import correlations
from tradeplan.runtime.analysis.counts import counted
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.digest import digest_of, input_facts
from tradeplan.runtime.analysis.figures import performance_figures, risk_figures
from tradeplan.runtime.analysis.groups import closed_trades
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.periods import periods
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.analysis.rule_table import clause_tables
from tradeplan.runtime.analysis.seasonality import seasonality
from tradeplan.runtime.analysis.windows import windows
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.news import NewsCalendar
from tradeplan.runtime.market.profiles import load_profiles


@dataclass(frozen=True, slots=True)
class Analysis:
    """The figures as plain values; docs/guide/analysis.md defines each. Times are UTC ms, money account currency.

    A figure that has no meaning or too little data is None, and `reasons` beside it says why.
    """

    digest: str
    inputs: dict[str, Any]
    span: dict[str, Any]
    performance: dict[str, Any]
    risk: dict[str, Any]
    periods: dict[str, Any]
    seasonality: dict[str, Any]
    correlation: dict[str, Any]
    windows: dict[str, Any]
    clauses: dict[str, Any]
    counts: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Everything as values that JSON knows."""
        return {name: getattr(self, name) for name in self.__slots__}

    def to_json(self) -> str:
        """The same text for the same inputs, byte for byte. Never NaN or infinite."""
        return json.dumps(self.as_dict(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def analyse(result: BacktestResult, calendar: NewsCalendar | Path | None = None) -> Analysis:
    """Analyse a run; `calendar` is a file of news or one that was read. Raises NewsError."""
    news = read_news(calendar) if isinstance(calendar, Path) else calendar
    recording = result.recording
    ledger = Ledger(recording)
    days = Days(ledger)
    trades = closed_trades(result.table, ledger)
    plans = ledger.plans
    known = load_profiles() if recording.dataset is None else recording.dataset.profiles()
    profiles = {name: known[name] for name in recording.traded}
    facts = input_facts(recording, news)
    symbols = sorted({p.market for p in plans})
    return Analysis(
        digest=digest_of(facts),
        inputs=facts,
        span={
            "start": recording.start,
            "end": recording.end,
            "days": int(days.open_days(symbols).sum()),
            "currency": recording.account.currency,
            "initial_balance": recording.account.balance,
            "balance": recording.balance,
            "equity": recording.equity,
            "open_positions": len(recording.open_positions),
        },
        performance={
            "overall": performance_figures(days, trades, list(range(len(plans)))),
            "plans": {p.name: performance_figures(days, trades, [i]) for i, p in enumerate(plans)},
            "symbols": {
                name: performance_figures(days, trades, [i for i, p in enumerate(plans) if p.market == name])
                for name in symbols
            },
        },
        risk=risk_figures(days, trades),
        periods=periods(days, trades),
        seasonality=seasonality(trades),
        correlation=correlations(days),
        windows=windows(trades, plans, profiles, news),
        clauses=clause_tables(plans, trades, result.clauses, bool(recording.source)),
        counts=(recording.counted or counted(recording.table, recording.program)).as_dict(p.name for p in plans),
    )
