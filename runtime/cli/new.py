"""`plan new FILE`: writes a first plan with comments, from answers or options."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import click
from tradeplan.dsl.diagnostic import Diagnostic, Report, Severity
from tradeplan.dsl.format import format_file
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.parse import parse
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.repair import apply_fixes
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli._new_text import Answers, plan_name, plan_text
from tradeplan.runtime.cli._terminal import wants_color
from tradeplan.runtime.cli._write import write_text
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

_ROUNDS = 5
_EXAMPLES = {
    "market": "btc, eurusd, gold",
    "trigger": "rsi(14) CROSSES ABOVE 30",
    "stop": "2 ATR, 20 pips, lowest(20) - 0.5 ATR",
    "risk": "0.5%, 100 USD",
}


_SIDES = click.Choice(["buy", "sell"], case_sensitive=False)


class Refused(click.ClickException):
    """Nothing was written; the message says why. The command ends with 2, as for every wrong use."""

    exit_code = 2


def _ask(value: str | None, question: str, default: str, choice: click.ParamType[str] = click.STRING) -> str:
    """The option, or the answer to the question; where nobody is there to answer, the default."""
    if value is None:
        try:
            value = str(click.prompt(question, default=default, type=choice))
        except click.Abort as abort:
            if sys.stdin.isatty() or not isinstance(abort.__context__, EOFError):
                raise
            click.echo(default)
            value = default
    return " ".join(value.split())


def _target_file(file: Path, force: bool) -> Path:
    if file.suffix != ".plan":
        file = file.with_name(file.name + ".plan")
    if not file.parent.is_dir():
        raise Refused(f"there is no folder `{file.parent}`: make it first, or choose another place")
    if file.is_dir():
        raise Refused(f"`{file}` is a folder: choose another name")
    if (file.exists() or file.is_symlink()) and not force:
        raise Refused(f"`{file}` exists: choose another name, or write over it with --force")
    return file


def _checked(answers: Answers, file: Path) -> Checked:
    """The plan of the answers, after the safe repairs: `crosses above` is no reason to ask again."""
    functions, markets = catalog(), load_facts()
    source = Source(str(file), plan_text(answers, file.name))
    checked = check_source(source, functions, markets, Graph())
    for _ in range(_ROUNDS):
        fixed = apply_fixes(checked.source.text, checked.diagnostics)
        if checked.ok or fixed == checked.source.text:
            break
        checked = check_source(Source(source.name, fixed), functions, markets, Graph())
    return checked


def _statements(answers: Answers) -> list[int]:
    text = plan_text(answers, "x.plan")
    return [len(block.items) for block in parse(Source("", text), Report(Source("", text))).blocks]


def _says_too_much(answers: Answers, checked: Checked) -> str:
    """Which answer holds more than its place takes, such as a condition with a THEN of its own; empty if none does.

    It would make a plan that passes the check and is not the one asked for.
    """
    plain = _statements(Answers())
    if [len(block.items) for block in checked.file.blocks] == plain:
        return ""
    fields = ("market", "trigger", "stop", "target", "risk")
    return next((f for f in fields if _statements(replace(Answers(), **{f: getattr(answers, f)})) != plain), "trigger")


def _refusal(checked: Checked, errors: list[Diagnostic]) -> Refused:
    """The diagnostics of a text that was never written: what stands in its lines tells which answer is meant."""
    text = checked.source.text
    asked: list[str] = []
    for diagnostic in errors:
        line = checked.source.line(checked.source.position(diagnostic.span.start)[0])
        if line.startswith("TRADE"):
            asked += ["--market", "--timeframe"]
        elif line.startswith("WHEN") and text.index(line) < text.index("\nTHEN"):
            asked.append("--trigger")
        elif line.startswith("THEN"):
            asked += ["--risk", "--stop", "--target"]
    options = ", ".join(dict.fromkeys(asked)) or "the answers"
    return Refused(f"nothing was written: the answers do not make a plan yet; look at {options} and call again")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--market", help="what to trade, such as `btc` or `eurusd`")
@click.option("--timeframe", default="M15", show_default=True, help="on whose closes the plan decides")
@click.option("--side", type=_SIDES, help="buy or sell")
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
    file = _target_file(file, force)
    # names and timeframes have one case only: taking them in any is no guess
    market = _ask(market, f"Market ({_EXAMPLES['market']})", "btc").lower()
    side = _ask(side, "Buy or sell", "buy", _SIDES)
    trigger = _ask(trigger, "Enter when (a condition)", _EXAMPLES["trigger"])
    stop = _ask(stop, f"Stop, a distance or a price ({_EXAMPLES['stop']})", "2 ATR")
    risk = _ask(risk, f"Risk per trade ({_EXAMPLES['risk']})", "0.5%").removeprefix("RISK ")
    answers = Answers(
        name=plan_name(file.stem),
        market=market,
        timeframe=timeframe.strip().upper(),
        side=side.upper(),
        trigger=trigger.removeprefix("WHEN "),
        stop=stop.removeprefix("STOP "),
        target=" ".join(target.split()).removeprefix("TARGET "),
        risk=risk,
    )
    checked = _checked(answers, file)
    errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    if errors:
        click.echo(render_text(errors, color=wants_color(sys.stderr)), err=True)
        raise _refusal(checked, errors)
    beyond = _says_too_much(answers, checked)
    if beyond:
        raise Refused(
            f"nothing was written: --{beyond} `{getattr(answers, beyond)}` holds more than one answer;"
            f" write one such as {_EXAMPLES.get(beyond, '2R')}"
        )
    write_text(file, format_file(checked.file, checked.source))
    click.echo(
        f"wrote {file}: next, `plan backtest {shlex.quote(str(file))}` shows what it would have done"
        " on simulated markets"
    )
