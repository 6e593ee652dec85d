"""`plan backtest PATH...`: runs plans over stored or simulated bars, many on one account in one pass."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click
from rich.progress import Progress
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.cli._load import load_plans, markets_of, open_dataset, parse_time
from tradeplan.runtime.cli._result import show_result
from tradeplan.runtime.cli._write import write_text
from tradeplan.runtime.engine.account import AccountConfig, AccountError
from tradeplan.runtime.engine.backtest import BacktestError, data_warnings, run_backtest
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.report.page import render_report


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--data", type=click.Path(path_type=Path), help="a bar store or a folder of bars; else the simulator")
@click.option("--from", "start", help="first instant (UTC), such as 2018-03-01")
@click.option("--to", "end", help="last day (UTC), included")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="write everything here")
@click.option("--trades", "trades_file", type=click.Path(dir_okay=False, path_type=Path), help="write the trades (CSV)")
@click.option("--report", "report_file", type=click.Path(dir_okay=False, path_type=Path), help="write a page (HTML)")
@click.option("--figures-only", is_flag=True, help="the page without bars, prices, trades: to pass on without the data")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3_660), help="of simulated bars")
@click.option("--seed", default=7, show_default=True, help="of the simulator")
@click.option("--balance", default=10_000.0, show_default=True, help="at the start, in account currency")
@click.option("--currency", default="USD", show_default=True, help="of the account; USC is a cent account in US cents")
@click.option("--mode", type=click.Choice(["hedging", "netting"]), default="hedging", show_default=True)
@click.option("--list", "longest", default=12, show_default=True, help="how many of the last trades to show")
def command(
    paths: tuple[str, ...],
    data: Path | None,
    start: str | None,
    end: str | None,
    json_file: Path | None,
    trades_file: Path | None,
    report_file: Path | None,
    figures_only: bool,
    days: int,
    seed: int,
    balance: float,
    currency: str,
    mode: str,
    longest: int,
) -> None:
    """Backtest plans on one account; guards in the same files apply."""
    if figures_only and report_file is None:
        raise click.UsageError("--figures-only is about the page of --report: give both, or neither")
    loaded = load_plans(paths, currency)
    first, last = parse_time(start, "--from"), parse_time(end, "--to", end_of_day=True)
    if first is not None and last is not None and first >= last:
        raise click.UsageError(f"--from {start} is not before the end of --to {end}: exchange them")
    console, errors = open_console(), open_console(stderr=True)
    began = time.perf_counter()
    try:
        account = AccountConfig(balance=balance, currency=currency, mode=mode, record_moves=report_file is not None)
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
            )
    except (MarketError, BacktestError, AccountError) as error:
        raise click.UsageError(str(error)) from error
    result = BacktestResult(recording, warnings)
    show_result(result, console, longest)
    for notice in dataset.notices():
        errors.print(f"data: {notice}")
    errors.print(f"\n{time.perf_counter() - began:.2f} s")
    try:
        if json_file is not None:
            json_file.write_text(json.dumps(result.as_dict(), indent=1), encoding="utf-8")
        if trades_file is not None:
            result.write_trades(trades_file)
        if report_file is not None:
            named = [("Bars", f"simulated, {days} days, seed {seed}" if data is None else f"from `{data.name}`")]
            page = render_report(result, dataset, analyse(result).as_dict(), named, data is None, figures_only)
            write_text(report_file, page)
    except OSError as error:
        raise click.UsageError(f"`{error.filename}` cannot be written: {error.strerror}") from error
