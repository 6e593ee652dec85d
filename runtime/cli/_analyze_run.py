"""Analyses what a running instance did, from its database."""

from __future__ import annotations

from pathlib import Path

import click
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.lived import Version, fill_versions, lived_recording, opening_account
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.cli._analysis import show_analysis, show_times
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.cli._past import world_of_run
from tradeplan.runtime.cli._write import write_text
from tradeplan.runtime.engine.backtest import BacktestError, run_backtest
from tradeplan.runtime.engine.timing import FunctionTimer
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.news import NewsError
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.figures import keep_figures
from tradeplan.runtime.watch.past import PastJournal, World


def analyze_run(
    database: Path, data: Path | None, calendar: Path | None, json_file: Path | None, timed: bool = False
) -> None:
    """Show the analysis of a run up to where it stands, and keep its figures in the database.

    `timed`: its plans that filled anything are run over its bars once more, and their functions timed.
    """
    errors = open_console(stderr=True)
    try:
        versions = fill_versions(database)
        news = None if calendar is None else read_news(calendar)
        journal = PastJournal(database)
        try:
            world = world_of_run(journal, data)
            plans = {version: _plan(journal, world, version) for version in versions}
            account, start = opening_account(journal.account(), journal.events()), int(journal.setting("start") or 0)
        finally:
            journal.close()
        recording = lived_recording(database, plans, world.dataset, account, start)
        analysis = analyse(BacktestResult(recording), news)
        kept = keep_figures(database, analysis.as_dict())
    except (StoreError, BacktestError, MarketError, NewsError) as error:
        raise click.UsageError(str(error)) from error
    show_analysis(analysis, open_console())
    if timed:
        timer = FunctionTimer()
        newest = {plan.name: plan for plan in plans.values()}
        run_backtest(
            list(newest.values()), [], world.dataset, world.catalog, account, start, recording.end, timer=timer
        )
        show_times(timer, open_console())
    if json_file is not None:
        write_text(json_file, analysis.to_json())
    told = f"{kept} figures kept in" if kept else "these figures were already in"
    errors.print(f"\n{told} `{database}` under the digest {analysis.digest}", markup=False)


def _plan(journal: PastJournal, world: World, version: Version) -> CheckedPlan:
    name, number = version
    file, text = journal.version_text(name, number)
    checked = check_source(Source(file, text), world.catalog, world.markets, world.graph)
    for plan in checked.plans:
        if (plan.name, plan.version) == version:
            return plan
    raise StoreError(
        f"this tradeplan reads version `{number}` of `{name}` otherwise than the one that ran it: analyse with that one"
    )
