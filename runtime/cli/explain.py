"""`plan explain FILE`: what each name means, on which clock, from which data, and that nothing looks ahead."""

from __future__ import annotations

import sys

import click
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.empty import nothing_in
from tradeplan.dsl.explain import explain_text
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.report import render_text
from tradeplan.runtime.cli._plan_files import read_plan_texts
from tradeplan.runtime.cli._terminal import wants_color
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...|-")
@click.option("--netting", is_flag=True, help="explain the legs for a netting account")
def command(paths: tuple[str, ...], netting: bool) -> None:
    """Explain plans: expansions, kinds, clocks, lookback, data, legs and the causality certificate."""
    texts = read_plan_texts(paths)
    functions, markets = catalog(), load_facts()
    failed = False
    for text in texts:
        checked = check_source(text.source, functions, markets, Graph())
        errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
        errors += nothing_in(checked, Severity.ERROR)
        if errors:
            failed = True
            click.echo(render_text(errors, color=wants_color(sys.stderr)), err=True)
        for elaborated, written in zip(checked.elaborated, checked.file.blocks, strict=True):
            if elaborated.block is not None:
                click.echo(explain_text(elaborated, written, netting=netting))
            else:
                click.echo(f"`{written.name.text}` is not explained: mend its errors first", err=True)
    sys.exit(1 if failed else 0)
