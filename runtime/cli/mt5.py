"""`plan mt5 ...`: serves a MetaTrader 5 terminal to the runtime, and looks one over without changing anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from time import sleep

import click
from rich.table import Table
from rich.text import Text
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5 import server
from tradeplan.runtime.mt5.connect import connect
from tradeplan.runtime.mt5.doctor import Finding, Level, examine_clock, examine_terminal, note
from tradeplan.runtime.mt5.doctor_streams import examine_streams
from tradeplan.runtime.mt5.doctor_symbols import examine_filling, examine_history, examine_symbol
from tradeplan.runtime.mt5.symbols import resolve
from tradeplan.runtime.mt5.terminal import BridgeError, Terminal

_TIMEFRAMES = ("M1", "M5", "M15", "M30", "H1", "H4", "D1")
_STYLES = {Level.GOOD: "green", Level.NOTE: "yellow", Level.WRONG: "red"}


@click.group()
def command() -> None:
    """Serve a MetaTrader 5 terminal, and look one over."""


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option("--port", type=click.IntRange(0, 65_535), default=18_812, show_default=True)
@click.option("--read-only", is_flag=True, help="refuse to send orders")
def serve(host: str, port: int, read_only: bool) -> None:
    """Serve the terminal of this machine (Windows, or Windows Python under Wine) until Ctrl-C.

    The token stands in TRADEPLAN_MT5_TOKEN, the same for both sides; a login, if the terminal is not logged in, in
    TRADEPLAN_MT5_LOGIN, _PASSWORD and _SERVER; the terminal's program, if it is not found, in TRADEPLAN_MT5_PATH.
    """
    given = ["--host", host, "--port", str(port)]
    code = server.main(given + (["--read-only"] if read_only else []))
    if code:
        sys.exit(code)


@command.command()
@click.argument("markets", nargs=-1)
@click.option("--bridge", metavar="HOST:PORT", help="where `plan mt5 serve` listens; on Windows it is started here")
@click.option(
    "--profiles",
    type=click.Path(exists=True, path_type=Path),
    help="a folder with profiles of your own; without it that of TRADEPLAN_PROFILES counts, as for every command",
)
@click.option(
    "--timeframe", "timeframes", multiple=True, type=click.Choice(_TIMEFRAMES), help="timeframes to look for bars of"
)
@click.option("--json", "as_json", is_flag=True, help="one JSON object a finding")
def doctor(
    markets: tuple[str, ...], bridge: str | None, profiles: Path | None, timeframes: tuple[str, ...], as_json: bool
) -> None:
    """Look a terminal over, changing nothing, and say what to fix; MARKETS are names of profiles.

    Without MARKETS every profile is looked up and those that the broker lacks are left out. Exit code 1 if something
    is wrong, 2 if there is no bridge.
    """
    try:
        known = load_profiles(*([profiles] if profiles else []))
        wanted = [known[name] for name in markets] or list(known)
        with connect(bridge, read_only=True) as connection:
            found = list(_examined(connection.client, wanted, bool(markets), timeframes or ("M1", "H1", "D1")))
    except (MarketError, BridgeError) as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        for finding in found:
            click.echo(json.dumps(asdict(finding)))
    else:
        open_console().print(_table(found))
    if any(finding.level is Level.WRONG for finding in found):
        sys.exit(1)


def _examined(
    terminal: Terminal, wanted: list[SymbolProfile], named: bool, timeframes: tuple[str, ...]
) -> Iterator[Finding]:
    """Every finding, the terminal's first; nothing of symbols if nobody is logged in."""
    first, account = examine_terminal(terminal)
    yield from first
    if account is None:
        return
    resolved = [r for r in resolve(terminal, wanted) if r.info is not None or named]
    here = [r for r in resolved if r.info is not None]
    if not resolved:
        fix = "name your broker's symbols in profiles of your own: TRADEPLAN_PROFILES names their folder"
        yield note("symbols", "the broker has none of the shipped profiles' symbols", fix)
    days = {r.profile.day_boundary for r in here}
    yield examine_clock(terminal, [r.info.name for r in here if r.info and r.info.select], days=days, wait=sleep)
    for one in resolved:
        if one.profile.account_currency != account.currency and one is resolved[0]:
            what = f"it is kept in {account.currency}, profiles reckon in {one.profile.account_currency}"
            yield note("account", what, f"run with `--currency {account.currency}`")
        yield from examine_symbol(one)
        filling = examine_filling(terminal, one)
        if filling is not None:
            yield filling
        yield from examine_history(terminal, one, timeframes, wait=sleep)
        yield from examine_streams(terminal, one, wait=sleep)


def _table(found: list[Finding]) -> Table:
    table = Table("", "about", "found", "to do", header_style="bold")
    for finding in found:
        table.add_row(
            Text(finding.level, _STYLES[finding.level]), *map(Text, (finding.about, finding.what, finding.fix))
        )
    return table
