"""`plan new FILE`: writes a first plan with comments, from answers or options."""

from __future__ import annotations

from pathlib import Path

import click
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.format import format_file
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli._write import write_text
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

TEMPLATE = """\
# {name}: written by `plan new`. Lines that begin with # are notes for you; change anything, then run
#   plan check {file}      says what is wrong, if something is
#   plan explain {file}    says what every word means here
#   plan backtest {file}   shows what it would have done

PLAN {name} "{title}"
TRADE {market} ON {timeframe}

# The entry happens when the whole condition becomes true: true on this close, false on the one before.
# Add further conditions with AND; a word such as `rsi(14)` is read on {market} {timeframe}, `H1.rsi(14)` on the hour.
WHEN {trigger}
# {side} at the next available price. RISK is what is lost at the stop, costs included; R is the distance to the stop.
THEN {side} RISK {risk} STOP {stop} TARGET {target}

# Once the trade has been one R ahead it can no longer lose: the stop moves to the entry price.
WHEN best >= 1R THEN MOVE STOP TO entry

# Nothing lasts for ever.
WHEN held > {longest} THEN CLOSE

# Pauses after an exit, and a limit a day, keep a bad idea from being repeated all day.
COOLDOWN {cooldown}
MAX 3 PER day
"""

_LONGEST = {"M1": ("4h", "30m"), "M5": ("12h", "1h"), "M15": ("24h", "2h"), "H1": ("5d", "4h"), "H4": ("20d", "1d")}


def _plan_name(path: Path) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in path.stem.lower())
    return kept if kept[:1].isalpha() else f"plan_{kept}"


def _ask(value: str | None, question: str, default: str) -> str:
    return value if value is not None else str(click.prompt(question, default=default, type=str)).strip()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--market", help="what to trade, such as `btc` or `eurusd`")
@click.option("--timeframe", default="M15", show_default=True, help="on whose closes the plan decides")
@click.option("--side", type=click.Choice(["buy", "sell"], case_sensitive=False), help="buy or sell")
@click.option("--trigger", help='the condition, such as "rsi(14) CROSSES ABOVE 30"')
@click.option("--stop", help='where the trade is wrong, such as "2 ATR" or "support - 5 pips"')
@click.option("--target", default="2R", show_default=True, help="where the trade is done")
@click.option("--risk", help='what may be lost, such as "0.5%" of the account')
@click.option("--force", is_flag=True, help="write over an existing file")
def command(
    file: Path,
    market: str | None,
    timeframe: str,
    side: str | None,
    trigger: str | None,
    stop: str | None,
    target: str,
    risk: str | None,
    force: bool,
) -> None:
    """Write a first plan with comments to FILE; asks for what no option says."""
    if file.suffix != ".plan":
        file = file.with_name(file.name + ".plan")
    if file.exists() and not force:
        raise click.UsageError(f"`{file}` exists: choose another name, or write over it with --force")
    market = _ask(market, "Market", "btc")
    trigger = _ask(trigger, "Enter when", "rsi(14) CROSSES ABOVE 30")
    side = (side or _ask(None, "Buy or sell", "buy")).upper()
    stop = _ask(stop, "Stop (a distance or a price)", "2 ATR")
    risk = _ask(risk, "Risk per trade", "0.5%")
    longest, cooldown = _LONGEST.get(timeframe, ("5d", "4h"))
    name = _plan_name(file)
    text = TEMPLATE.format(
        name=name,
        file=file.name,
        title=f"{side.capitalize()} {market} on {timeframe}",
        market=market,
        timeframe=timeframe,
        trigger=trigger,
        side=side,
        risk=risk,
        stop=stop,
        target=target,
        longest=longest,
        cooldown=cooldown,
    )
    checked = check_source(Source(str(file), text), catalog(), load_facts(), Graph())
    errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    if errors:
        click.echo(render_text(errors), err=True)
        raise click.UsageError("nothing was written: the answers do not make a plan yet; mend them and call again")
    write_text(file, format_file(checked.file, checked.source))
    click.echo(f"wrote {file}: next, `plan backtest {file}` shows what it would have done on simulated markets")
