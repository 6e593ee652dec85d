"""`plan analyze PATH...`: backtests plans and tells what the result is made of, with the count behind every figure."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from rich.progress import Progress
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.cli._analysis import show_analysis, show_times
from tradeplan.runtime.cli._analyze_run import analyze_run
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.cli._load import load_plans, markets_of, open_dataset, parse_time
from tradeplan.runtime.cli._write import write_text
from tradeplan.runtime.engine.account import AccountConfig, AccountError
from tradeplan.runtime.engine.backtest import BacktestError, data_warnings, run_backtest
from tradeplan.runtime.engine.timing import FunctionTimer
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.news import NewsError


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    help="what a run did, from the file of `plan run --db`, in place of a backtest; the figures are kept in it",
)
@click.option("--data", type=click.Path(path_type=Path), help="a bar store or a folder of bars; else the simulator")
@click.option("--from", "start", help="first instant (UTC), such as 2018-03-01")
@click.option("--to", "end", help="last day (UTC), included")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="write all figures here")
@click.option(
    "--calendar",
    type=click.Path(dir_okay=False, path_type=Path),
    help="news: a CSV or Parquet file with time (UTC), currency, impact and name",
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3_660), help="of simulated bars")
@click.option("--seed", default=7, show_default=True, help="of the simulator")
@click.option("--balance", default=10_000.0, show_default=True, help="at the start, in account currency")
@click.option("--currency", default="USD", show_default=True, help="of the account; USC is a cent account in US cents")
@click.option("--mode", type=click.Choice(["hedging", "netting"]), default="hedging", show_default=True)
@click.option(
    "--time", "timed", is_flag=True, help="also tell which functions take how much time; the rest stays as is"
)
def command(
    paths: tuple[str, ...],
    database: Path | None,
    data: Path | None,
    start: str | None,
    end: str | None,
    json_file: Path | None,
    calendar: Path | None,
    days: int,
    seed: int,
    balance: float,
    currency: str,
    mode: str,
    timed: bool,
) -> None:
    """Analyse plans over history: performance, risk, seasonality, correlation, and what each clause did.

    The same inputs give the same file, byte for byte; its digest says what they were.
    """
    if (database is None) == (not paths):
        raise click.UsageError("name plan files to backtest them, or give --db FILE for what a run did: one of the two")
    if database is not None:
        if start is not None or end is not None:
            raise click.UsageError(
                "--from and --to are for backtests: a run is analysed from its start to where it stands"
            )
        analyze_run(database, data, calendar, json_file, timed)
        return
    loaded = load_plans(paths, currency)
    first, last = parse_time(start, "--from"), parse_time(end, "--to", end_of_day=True)
    if first is not None and last is not None and first >= last:
        raise click.UsageError(f"--from {start} is not before the end of --to {end}: exchange them")
    console, errors = open_console(), open_console(stderr=True)
    began, timer = time.perf_counter(), FunctionTimer() if timed else None
    try:
        news = None if calendar is None else read_news(calendar)
        account = AccountConfig(balance=balance, currency=currency, mode=mode)
        dataset = open_dataset(data, markets_of(loaded.plans, loaded.guards), days, seed, currency)
        if data is None:
            errors.print(f"no --data: {days} days of simulated bars, seed {seed}; this is no real market")
        warnings = data_warnings(loaded.plans, dataset, first, last, loaded.guards)
        with Progress(console=errors, transient=True, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("backtest", total=1.0)
            recording = run_backtest(
                loaded.plans,
                loaded.guards,
                dataset,
                loaded.catalog,
                account,
                first,
                last,
                progress=lambda share: progress.update(task, completed=share),
                timer=timer,
            )
    except (MarketError, BacktestError, AccountError, NewsError) as error:
        raise click.UsageError(str(error)) from error
    result = BacktestResult(recording, warnings)
    analysis = analyse(result, news)
    show_analysis(analysis, console)
    if timer is not None:
        show_times(timer, console)
    if not result.trades:
        console.print("\nno trades: `plan backtest` tells what became of entries and what was UNKNOWN")
    for notice in (*warnings, *dataset.notices()):
        errors.print(f"data: {notice}", markup=False)
    if json_file is not None:
        write_text(json_file, analysis.to_json())
    errors.print(f"\n{time.perf_counter() - began:.2f} s")
