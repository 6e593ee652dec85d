"""`plan run DIR`: runs a folder of plans on a feed, reloads them as they change, and goes on after a restart."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.report import render_text
from tradeplan.runtime.cli._broker_mt5 import check_options, mt5_broker
from tradeplan.runtime.cli._feed_mt5 import mt5_feed
from tradeplan.runtime.cli._load import markets_of, open_dataset, parse_time, time_text
from tradeplan.runtime.cli._past import USUAL
from tradeplan.runtime.cli._watching import watched
from tradeplan.runtime.engine.account import AccountConfig, AccountError
from tradeplan.runtime.engine.backtest import BacktestError, data_warnings
from tradeplan.runtime.engine.finest_over import finest_over
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.live.feed import Feed, ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings
from tradeplan.runtime.live.watcher import Watcher
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.watch.watching import Watching
from tradeplan.stdlib.registry import catalog


def _tell_scan(scan: Scan, say: Callable[[str], None]) -> None:
    for name in scan.loaded:
        say(f"loaded {name}")
    for name in scan.removed:
        say(f"{name} is gone: its plans open nothing more and are dropped when their positions are closed")
    for name, diagnostics in scan.broken:
        say(render_text(diagnostics, color=sys.stderr.isatty()))
        say(f"{name} is broken as it stands: its last good version, if there is one, keeps running")
    for problem in scan.problems:
        say(problem)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise click.UsageError(
            f"--speed: `{text}` is not a speed: expected `max`, or a number such as 60 (an hour a minute)"
        )
    return value


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--feed",
    type=click.Choice(["replay", "sim", "mt5"]),
    default="sim",
    show_default=True,
    help="stored bars, the simulator, or a MetaTrader 5 terminal",
)
@click.option("--data", type=click.Path(path_type=Path), help="the bars of a replay")
@click.option("--broker", type=click.Choice(["paper", "mt5"]), default="paper", show_default=True)
@click.option("--account", "account_name", help="mt5: the account that may be traded, LOGIN@SERVER")
@click.option("--real", is_flag=True, help="mt5: the account holds real money, and that is meant")
@click.option("--limits", type=click.Path(path_type=Path), help="mt5: the file of what is sent at the most")
@click.option(
    "--db", "database", type=click.Path(path_type=Path), required=True, help="the file that remembers the run"
)
@click.option("--speed", default="max", show_default=True, help="feed seconds a second, or max")
@click.option("--from", "start", help="first instant (UTC), such as 2018-03-01")
@click.option("--to", "end", help="last day (UTC), included")
@click.option("--resume-at", help="a replay went on to this time while the program was away")
@click.option("--days", default=30, show_default=True, help="how much the simulator makes")
@click.option("--seed", default=7, show_default=True, help="of the simulator")
@click.option("--bridge", help="mt5: where `plan mt5 serve` listens, HOST:PORT")
@click.option("--server-day", help='mt5: when the broker\'s day begins, such as "17:00 America/New_York"')
@click.option("--history", default=5_000, show_default=True, help="mt5: bars of a series fed for the first time")
@click.option("--calendar", help="mt5: news, a file or an address that is looked at every hour")
@click.option("--balance", default=10_000.0, show_default=True, help="at the start, in account currency")
@click.option("--currency", default="USD", show_default=True, help="of the account; USC is a cent account in US cents")
@click.option("--mode", type=click.Choice(["hedging", "netting"]), default="hedging", show_default=True)
@click.option(
    "--keep-days",
    type=click.IntRange(1),
    default=90,
    show_default=True,
    help="forget refused decisions and alerts after so many days of the feed; orders, fills and trades stay",
)
@click.option("--once", "no_watch", is_flag=True, help="do not watch the folder for changes")
@watched
def command(
    folder: Path,
    feed: str,
    data: Path | None,
    broker: str,
    account_name: str | None,
    real: bool,
    limits: Path | None,
    database: Path,
    speed: str,
    start: str | None,
    end: str | None,
    resume_at: str | None,
    days: int,
    seed: int,
    bridge: str | None,
    server_day: str | None,
    history: int,
    calendar: str | None,
    balance: float,
    currency: str,
    mode: str,
    keep_days: int,
    no_watch: bool,
    watching: Watching,
) -> None:
    """Run every plan of FOLDER, on paper or on an account; a saved edit is live at the next step."""
    if not folder.is_dir():
        raise click.UsageError(f"`{folder}` is not a folder: give the folder that holds the plans")
    if (feed == "replay") != (data is not None):
        raise click.UsageError("a replay needs bars: give --data DIR (and only then: the simulator makes its own)")
    if feed == "mt5" and not (speed == "max" and start is end is resume_at is None):
        raise click.UsageError("a terminal has its own time: leave out --speed, --from, --to and --resume-at")
    if feed != "mt5" and not (bridge is server_day is calendar is None):
        raise click.UsageError("--bridge, --server-day and --calendar go with a terminal: give --feed mt5 with them")
    check_options(feed, broker, account_name, real, limits)
    pace = _speed(speed)
    say = watching.say

    def tell_scan(scan: Scan) -> None:
        _tell_scan(scan, say)

    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt  # the second time somebody is in a hurry; nothing that was told is lost
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, stop)
    try:
        account = AccountConfig(balance=balance, currency=currency, mode=mode, record_moves=True)
        plans = PlanFolder(folder, catalog(), load_facts().with_account(currency), Graph())
        tell_scan(plans.scan())
        with ExitStack() as context:
            source: Feed
            dataset: Dataset
            if feed == "mt5":
                terminal = context.enter_context(
                    mt5_feed(bridge, database, server_day, history, calendar, account, trades=broker == "mt5")
                )
                source, dataset, settings = terminal.feed, terminal.feed.dataset, terminal.settings
            else:
                source = ReplayClock(pace, parse_time(resume_at, "--resume-at"))
                dataset, settings = _stored(plans, data, days, seed, start, end, account)
                _tell_data(plans, dataset, settings, say)
            watcher = None if no_watch else context.enter_context(closing(Watcher(folder)))
            settings = replace(settings, keep_days=keep_days)
            instance = Instance(plans, dataset, catalog(), settings, database, source, say, tell_scan, stopping.is_set)
            if broker == "mt5" and isinstance(source, Mt5Feed) and account_name is not None:
                instance.staged = real
                instance.broker = mt5_broker(terminal.client, source, account, account_name, real, limits, say)
            instance.turned, instance.stepped, watching.feed = watching.turned, watching.stepped, source
            instance.timer = watching.timer
            told = instance.run(watcher)
    except (MarketError, BacktestError, AccountError, StoreError) as error:
        raise click.UsageError(str(error)) from error
    how = "stopped" if stopping.is_set() or instance.ending else "the feed ended"
    say(
        f"{how} at {time_text(told.time)} UTC after {told.steps} steps, {told.decisions} decisions, {told.fills} fills;"
        f" balance {told.balance:.2f}, equity {told.equity:.2f} {currency}"
    )
    say(f"`plan status --db {database}` shows it; the same command goes on from here")


def _stored(
    plans: PlanFolder,
    data: Path | None,
    days: int,
    seed: int,
    start: str | None,
    end: str | None,
    account: AccountConfig,
) -> tuple[Dataset, Settings]:
    """A folder's bars, or those of the simulator, and the run over them."""
    markets = sorted({*markets_of(plans.plans(), plans.guards()), *(USUAL if data is None else ())})
    dataset = open_dataset(data, markets, days, seed, account.currency)
    text = f"replay {data.resolve().as_posix()}" if data is not None else f"sim days={days} seed={seed}"
    return dataset, _settings(plans, dataset, text, start, end, account)


def _tell_data(plans: PlanFolder, dataset: Dataset, settings: Settings, say: Callable[[str], None]) -> None:
    """Views that are read and have no bars: the other plans run all the same, so this ends nothing."""
    span = settings.start, settings.end
    tradable = [p for p in plans.plans() if finest_over(dataset, p.market, p.timeframe, *span) is not None]
    try:
        told = data_warnings(tradable, dataset, *span, plans.guards())
    except BacktestError as error:
        told = str(error).splitlines()
    for text in told:
        say(f"data: {text}")


def _settings(
    plans: PlanFolder,
    dataset: Dataset,
    feed: str,
    start: str | None,
    end: str | None,
    account: AccountConfig,
) -> Settings:
    """The span of the run: what was asked for, else all that the traded markets have."""
    traded = sorted({p.market for p in plans.plans()}) or list(dataset.markets())
    spans = [span for market in traded if (span := dataset.span(market)) is not None]
    if not spans:
        raise click.UsageError(
            f"there are no bars of {', '.join(traded) or 'any market'}: import some with `plan data import`,"
            " or leave out --data for the simulator"
        )
    last = parse_time(end, "--to", end_of_day=True)
    return Settings(
        feed,
        account,
        parse_time(start, "--from"),
        last if last is not None else max(s[1] for s in spans),
        min(s[0] for s in spans),
    )
