"""`plan check PATH...`: finds every mistake of every plan at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import click

from tradeplan.dsl.catalog import Markets
from tradeplan.dsl.diagnostic import Diagnostic, Severity
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source, duplicates_across
from tradeplan.dsl.repair import apply_fixes
from tradeplan.dsl.report import render_github, render_json, render_sarif, render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli._plan_files import PlanText, Unreadable, read_plan_texts
from tradeplan.runtime.cli._write import write_text
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

_ROUNDS = 5  # a repair may uncover the next one; five rounds is more than any real text needs


def _repair(text: PlanText, check: Callable[[Source], list[Diagnostic]]) -> tuple[Source, int]:
    source, repaired = text.source, 0
    for _ in range(_ROUNDS):
        diagnostics = check(source)
        fixed = apply_fixes(source.text, diagnostics)
        if fixed == source.text:
            break
        repaired += sum(any(f.safe for f in d.fixes) for d in diagnostics)
        source = Source(source.name, fixed)
    if repaired and text.path is not None:
        write_text(text.path, source.text)
    return source, repaired


def _markets(data: Path | None) -> Markets:
    if data is None:
        return load_facts()
    from tradeplan.runtime.market.stored import markets_with_data

    return markets_with_data(data)


def _render(diagnostics: Sequence[Diagnostic], form: str, plans: Sequence[str]) -> str:
    match form:
        case "json":
            return render_json(diagnostics, plans)
        case "github":
            return render_github(diagnostics)
        case "sarif":
            return render_sarif(diagnostics, version("tradeplan"))
        case _:
            return render_text(diagnostics, color=sys.stdout.isatty())


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...|-")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github", "sarif"]), default="text", show_default=True
)
@click.option("--fix", is_flag=True, help="make the safe repairs in the files (for `-`: print the repaired text)")
@click.option(
    "--data", type=click.Path(path_type=Path), help="also check that this folder holds the data the plans need"
)
@click.option("--quiet", "-q", is_flag=True, help="say nothing when all is well")
def command(paths: tuple[str, ...], form: str, fix: bool, data: Path | None, quiet: bool) -> None:
    """Check plans: exit 0 when all are good, 1 when one has an error, 2 when something cannot be read."""
    try:
        texts = read_plan_texts(paths)
        markets = _markets(data)
    except (Unreadable, MarketError) as error:
        raise click.UsageError(str(error)) from error
    functions = catalog()
    all_diagnostics: list[Diagnostic] = []
    names: list[str] = []
    checked_files = []
    repaired = 0
    for text in texts:
        source = text.source
        if fix:
            source, count = _repair(text, lambda s: list(check_source(s, functions, markets, Graph()).diagnostics))
            repaired += count
            if text.path is None:
                click.echo(source.text, nl=False)
        checked = check_source(source, functions, markets, Graph())
        checked_files.append(checked)
        all_diagnostics += checked.diagnostics
        names += [p.name for p in (*checked.plans, *checked.guards)]
    all_diagnostics += duplicates_across(checked_files)
    errors = sum(d.severity is Severity.ERROR for d in all_diagnostics)
    answer = _render(all_diagnostics, form, names)
    if answer:
        click.echo(answer, err=fix and "-" in paths)
    if form == "text" and not quiet:
        done = f"{len(texts)} file{'s' * (len(texts) != 1)}, {len(names)} good plan{'s' * (len(names) != 1)} and guards"
        fixed = f", {repaired} repaired" if repaired else ""
        warnings = len(all_diagnostics) - errors
        click.echo(
            f"{done}, {errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}{fixed}", err=True
        )
    sys.exit(1 if errors else 0)
