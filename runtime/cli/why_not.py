"""`plan why-not PLAN`: why a plan does nothing: what blocks it, which part of a rule fails, and by how much."""

from __future__ import annotations

import json
from pathlib import Path

import click
from tradeplan.runtime.cli._load import load_plans, markets_of, open_dataset, parse_time
from tradeplan.runtime.cli._past import world_of_run
from tradeplan.runtime.engine.account import AccountConfig, AccountError
from tradeplan.runtime.engine.backtest import BacktestError
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.watch.past import NoStepError, PastJournal, World, backtest_why_not, live_why_not
from tradeplan.runtime.watch.why_not import WhyNot
from tradeplan.runtime.watch.why_text import why_dict, why_lines


@click.command()
@click.argument("plan")
@click.option("--db", "database", type=click.Path(path_type=Path), help="of a run: PLAN is the name of a plan in it")
@click.option("--at", "moment", help="a time (UTC); its newest step up to then; else as far as it has come")
@click.option("--data", type=click.Path(path_type=Path), help="bars of a backtest, or where those of the run are now")
@click.option("--name", help="of the plan, where the file PLAN holds several")
@click.option("--from", "start", help="where the backtest begins (UTC)")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3_660), help="of simulated bars")
@click.option("--seed", default=7, show_default=True, help="of the simulator")
@click.option("--balance", default=10_000.0, show_default=True, help="of a backtest, in account currency")
@click.option("--currency", default="USD", show_default=True, help="of the account of a backtest")
@click.option("--mode", type=click.Choice(["hedging", "netting"]), default="hedging", show_default=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    plan: str,
    database: Path | None,
    moment: str | None,
    data: Path | None,
    name: str | None,
    start: str | None,
    days: int,
    seed: int,
    balance: float,
    currency: str,
    mode: str,
    form: str,
) -> None:
    """Say what PLAN was at a step: each part of its rules with value, threshold and distance, and what blocked it.

    With --db PLAN is a plan of a run, which may go on meanwhile; without it a file of plans, run over bars.
    """
    at = parse_time(moment, "--at")
    try:
        if database is not None:
            journal = PastJournal(database)
            try:
                why = live_why_not(journal, world_of_run(journal, data), plan, at)
            finally:
                journal.close()
        else:
            account = AccountConfig(balance=balance, currency=currency, mode=mode, record_moves=True)
            why = _of_files(plan, name, data, days, seed, account, at, parse_time(start, "--from"))
    except (StoreError, NoStepError, BacktestError, AccountError, MarketError) as error:
        raise click.UsageError(str(error)) from error
    click.echo(json.dumps(why_dict(why)) if form == "json" else "\n".join(why_lines(why)))


def _of_files(
    path: str,
    name: str | None,
    data: Path | None,
    days: int,
    seed: int,
    account: AccountConfig,
    at: int | None,
    start: int | None,
) -> WhyNot:
    loaded = load_plans([path], account.currency)
    if name is None:
        if len(loaded.plans) > 1:
            known = ", ".join(f"`{p.name}`" for p in loaded.plans)
            raise click.UsageError(f"`{path}` holds several plans: say which with --name, one of {known}")
        name = loaded.plans[0].name
    if data is None:
        click.echo(f"no --data: {days} days of simulated bars, seed {seed}; this is no real market", err=True)
    dataset = open_dataset(data, markets_of(loaded.plans, loaded.guards), days, seed, account.currency)
    world = World(
        dataset.with_account(account.currency),
        loaded.catalog,
        load_facts().with_account(account.currency),
        loaded.graph,
    )
    return backtest_why_not(loaded.plans, loaded.guards, world, account, name, at, start)
