"""`plan fmt PATH...`: one canonical layout for all plans."""

from __future__ import annotations

import difflib
import sys

import click
from tradeplan.dsl.diagnostic import Report, Severity
from tradeplan.dsl.format import FormatRefusedError, format_file
from tradeplan.dsl.parse import parse
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli._plan_files import read_plan_texts
from tradeplan.runtime.cli._terminal import wants_color
from tradeplan.runtime.cli._write import write_text


def _formatted(source: Source) -> tuple[str, str]:
    """The canonical text with the line ends of the file, and what refuses it ('' when nothing does)."""
    report = Report(source)
    file = parse(source, report)
    errors = [d for d in report.diagnostics if d.severity is Severity.ERROR]
    if errors:
        advice = f"{source.name}: left as it is: mend the errors first"
        return source.text, f"{render_text(errors, color=wants_color(sys.stderr))}\n{advice}"
    try:
        text = format_file(file, source)
    except FormatRefusedError as error:
        return source.text, f"{error}; this is a mistake of the formatter: please report it with the file"
    # a checkout on Windows has CRLF throughout, and `--check` must not find fault with that
    windows = source.text.count("\r\n") * 2 > source.text.count("\n")
    return text.replace("\n", "\r\n") if windows else text, ""


def _difference(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"{name} (as it is)", f"{name} (formatted)"
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...|-")
@click.option("--check", is_flag=True, help="write nothing; exit 1 when a file is not in the canonical layout")
@click.option("--diff", is_flag=True, help="write nothing; show what would change")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay plans out in the one canonical way; comments stay, a file whose meaning would change is left alone."""
    changed = refused = 0
    for text in read_plan_texts(paths):
        after, refusal = _formatted(text.source)
        if refusal:
            refused += 1
            click.echo(refusal, err=True)
            continue
        differs = after != text.source.text
        changed += differs
        if diff and differs:
            click.echo(_difference(text.source.name, text.source.text, after), nl=False)
        if text.path is None and not (check or diff):
            click.echo(after, nl=False)
        elif differs and not (check or diff) and text.path is not None:
            write_text(text.path, after, text.bom)
            click.echo(f"{text.source.name}: formatted", err=True)
        elif differs and check and not diff:
            click.echo(
                f"{text.source.name}: not in the canonical layout; `plan fmt {text.source.name}` writes it", err=True
            )
    sys.exit(1 if refused or (changed and (check or diff)) else 0)
