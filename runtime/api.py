"""A backtest in one call, pandas in and out: `tradeplan.runtime.backtest("my.plan", frame).trades_frame()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tradeplan.dsl.catalog import Catalog, Markets
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.graph import ACCOUNT_MARKET, CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source, duplicates_across
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import BacktestError, Progress, data_warnings, run_backtest
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.frames import Frame, timeframe_of
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.runtime.market.simulator import simulated_dataset
from tradeplan.stdlib.registry import catalog as standard_catalog

PlanLike = str | Path | CheckedPlan | CheckedGuard
Moment = str | int | date | datetime | None


def backtest(
    plan: PlanLike | Sequence[PlanLike],
    bars: Frame | Mapping[tuple[str, str], Frame] | Dataset | Path | str | None = None,
    start: Moment = None,
    end: Moment = None,
    *,
    account: AccountConfig | None = None,
    balance: float | None = None,
    profiles: Profiles | None = None,
    catalog: Catalog | None = None,
    kernels: Kernels | None = None,
    progress: Progress | None = None,
) -> BacktestResult:
    """Run plans over bars on one account.

    `plan`: a text, a file or folder of `.plan` files, checked plans and guards, or several of these. `bars`: a pandas
    frame of one market (UTC index of opens; columns open, high, low, close, perhaps tick_volume and spread in points),
    frames by (market, timeframe), a Dataset, a folder of bars, or None for the simulator. `start` and `end` are UTC.
    Raises BacktestError when a plan has mistakes (the message shows them) or bars are missing or wrong, AccountError
    when the account and the plans do not fit.
    """
    functions = catalog or standard_catalog()
    own = bars.profiles() if profiles is None and isinstance(bars, Dataset) else profiles
    known = own or load_profiles()
    settings = account or AccountConfig()
    if balance is not None:
        settings = replace(settings, balance=balance)
    known = known.with_account(settings.currency)
    markets = load_facts().with_account(settings.currency) if own is None else known.facts()
    plans, guards = _checked([plan] if isinstance(plan, PlanLike) else list(plan), functions, markets)
    span = _moment(start), _moment(end)
    if span[0] is not None and span[1] is not None and span[0] >= span[1]:
        raise BacktestError(f"the start {start} is not before the end {end}: exchange them")
    try:
        dataset = _dataset(bars, plans, known).with_account(settings.currency)
        warnings = data_warnings(plans, dataset, *span, guards)
        recording = run_backtest(plans, guards, dataset, functions, settings, *span, kernels, progress=progress)
    except MarketError as error:
        raise BacktestError(str(error)) from error
    return BacktestResult(recording, warnings)


def _checked(
    given: Sequence[PlanLike], functions: Catalog, markets: Markets
) -> tuple[list[CheckedPlan], list[CheckedGuard]]:
    plans = [p for p in given if isinstance(p, CheckedPlan)]
    guards = [g for g in given if isinstance(g, CheckedGuard)]
    graph = Graph()
    sources = [source for p in given if isinstance(p, str | Path) for source in _sources(p)]
    checked = [check_source(source, functions, markets, graph) for source in sources]
    diagnostics = [d for c in checked for d in c.diagnostics] + list(duplicates_across(checked))
    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    if errors:
        raise BacktestError(f"the plan has mistakes, so nothing was run:\n{render_text(errors)}")
    plans += [p for c in checked for p in c.plans]
    guards += [g for c in checked for g in c.guards]
    if not plans:
        raise BacktestError("there is no PLAN to run: expected a text, a `.plan` file or a folder of them")
    return plans, guards


def _sources(given: str | Path) -> list[Source]:
    if isinstance(given, str) and ("\n" in given or "WHEN" in given):
        return [Source("plan", given)]
    path = Path(given)
    files = sorted(path.glob("*.plan")) if path.is_dir() else [path]
    try:
        return [Source(file.name, file.read_text(encoding="utf-8")) for file in files]
    except (OSError, UnicodeDecodeError) as error:
        raise BacktestError(
            f"`{given}` cannot be read as a plan: expected a file in UTF-8 or the plan's text"
        ) from error


def _dataset(bars: Any, plans: Sequence[CheckedPlan], profiles: Profiles) -> Dataset:
    if isinstance(bars, Dataset):
        return bars
    if isinstance(bars, str | Path):
        return Dataset.open(Path(bars), profiles)
    if isinstance(bars, Mapping):
        return Dataset.from_frames(bars, profiles)
    if bars is not None:
        markets = sorted({plan.market for plan in plans})
        if len(markets) != 1:
            raise BacktestError(
                f"one frame holds one market, but the plans trade {', '.join(markets)}: "
                "give frames by (market, timeframe)"
            )
        return Dataset.from_frames({(markets[0], timeframe_of(bars, markets[0])): bars}, profiles)
    return simulated_dataset(sorted(_read_markets(plans)), profiles=profiles)


def _read_markets(plans: Sequence[CheckedPlan]) -> set[str]:
    read = {lane.market for plan in plans for lane, _ in plan.lookback}
    return (read | {plan.market for plan in plans}) - {ACCOUNT_MARKET}


def _moment(given: Moment) -> int | None:
    """A time as UTC milliseconds; a text is read as ISO, without a zone as UTC."""
    if given is None or isinstance(given, int):
        return given
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError as error:
            raise BacktestError(f"`{given}` is not a time: expected a date such as 2024-01-31") from error
    if not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day, tzinfo=UTC)
    if given.tzinfo is None:
        given = given.replace(tzinfo=UTC)
    return round(given.timestamp() * 1000)
