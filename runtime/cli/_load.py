"""Checked plans for commands that run them, and the data that they run on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.graph import ACCOUNT_MARKET, CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source, duplicates_across
from tradeplan.dsl.report import render_text
from tradeplan.runtime.cli._plan_files import Unreadable, read_plan_texts
from tradeplan.runtime.engine.views_read import views_read
from tradeplan.runtime.live.words import time_text as time_text
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.simulator import DEFAULT_END, simulated_dataset
from tradeplan.stdlib.registry import catalog

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """Good plans and guards, with the catalog and graph that they were checked with."""

    plans: tuple[CheckedPlan, ...]
    guards: tuple[CheckedGuard, ...]
    catalog: Catalog
    graph: Graph


def load_plans(paths: Sequence[str], currency: str = "USD") -> Loaded:
    """Check everything; with an error show all of them and end the command with exit code 1.

    Whether there are bars is not asked here: it depends on the span, and a part under OPTIONAL may lack them.
    """
    try:
        texts = read_plan_texts(paths)
        markets = load_facts().with_account(currency)
    except (Unreadable, MarketError) as error:
        raise click.UsageError(str(error)) from error
    functions, graph = catalog(), Graph()
    checked = [check_source(text.source, functions, markets, graph) for text in texts]
    diagnostics = [d for c in checked for d in c.diagnostics] + duplicates_across(checked)
    if diagnostics:
        click.echo(render_text(diagnostics, color=sys.stderr.isatty()), err=True)
    if any(d.severity is Severity.ERROR for d in diagnostics):
        click.echo("nothing was run: mend the errors first (`plan check --fix` makes the safe repairs)", err=True)
        sys.exit(1)
    plans = tuple(p for c in checked for p in c.plans)
    guards = tuple(g for c in checked for g in c.guards)
    if not plans:
        raise click.UsageError("these files hold no PLAN, only guards or nothing: name a file with a plan as well")
    return Loaded(plans, guards, functions, graph)


def markets_of(plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard] = ()) -> tuple[str, ...]:
    """Every market that the plans trade, and that they or the guards read."""
    names = {lane.market for p in plans for lane, _ in p.lookback} | {p.market for p in plans}
    names |= {reading.lane.market for reading in views_read(guards)}
    return tuple(sorted(names - {ACCOUNT_MARKET}))


def open_dataset(data: Path | None, markets: Sequence[str], days: int, seed: int, currency: str = "USD") -> Dataset:
    """The folder's bars, or those of the simulator when there is no folder."""
    try:
        if data is not None:
            return Dataset.open(data, load_profiles().with_account(currency))
        profiles = load_profiles().with_account(currency)
        return simulated_dataset(markets, days=days, seed=seed, end_ms=DEFAULT_END, profiles=profiles)
    except MarketError as error:
        raise click.UsageError(str(error)) from error


def parse_time(text: str | None, name: str, end_of_day: bool = False) -> int | None:
    """A date or an ISO time, UTC unless it says otherwise, in milliseconds."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(
            f"{name}: `{text}` is not a date or time: expected one such as 2018-03-01 or 2018-03-01T12:30"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    at = int(moment.timestamp() * 1000)
    return at + DAY if end_of_day and len(text) == 10 else at
