"""`plan check PATH...`: finds every mistake of every plan at once."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from tradeplan.dsl.catalog import Markets
from tradeplan.dsl.diagnostic import Diagnostic, Severity
from tradeplan.dsl.empty import nothing_in
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import Checked, check_source, duplicates_across
from tradeplan.dsl.record import mutable_record
from tradeplan.dsl.repair import apply_fixes
from tradeplan.dsl.report import render_github, render_json, render_sarif, render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli._plan_files import PlanText, Unreadable, read_plan_texts
from tradeplan.runtime.cli._terminal import wants_color
from tradeplan.runtime.cli._write import write_text
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

_ROUNDS = 5  # a repair may uncover the next one; five rounds is more than any real text needs
_BLANK_LINES = r"(?:[ \t]*\r?\n){2,}"

Check = Callable[[Source], Checked]


@mutable_record
class _Answer:
    """What was found in all texts."""

    diagnostics: list[Diagnostic]
    plans: list[str]
    guards: list[str]
    repaired: int = 0

    @property
    def errors(self) -> int:
        return sum(d.severity is Severity.ERROR for d in self.diagnostics)


def _repaired(checked: Checked, check: Check) -> Checked:
    """The text after its safe repairs, checked; the same object when there was nothing to repair."""
    seen = {checked.source.text}
    for _ in range(_ROUNDS):
        fixed = apply_fixes(checked.source.text, checked.diagnostics)
        if fixed in seen:  # nothing to repair, or two repairs that undo each other
            break
        seen.add(fixed)
        checked = check(Source(checked.source.name, fixed))
    return checked


def _without_prose(text: str) -> str:
    """The plans of a chat answer, whose prose is blank by now."""
    return re.sub(_BLANK_LINES, "\n\n", text).strip() + "\n"


def _check_all(texts: Sequence[PlanText], check: Check, fix: bool) -> _Answer:
    files: list[Checked] = []
    answer = _Answer([], [], [])
    for text in texts:
        checked = check(text.source)
        if fix:
            before, checked = checked.source.text, _repaired(checked, check)
            if before != checked.source.text:
                answer.repaired += 1
                if text.path is not None:
                    write_text(text.path, checked.source.text, text.bom)
            if text.path is None:
                click.echo(_without_prose(checked.source.text) if text.answer else checked.source.text, nl=False)
        files.append(checked)
        # a file may wait for its plan, but an answer that was sent here to be checked has to hold one
        missing = Severity.WARNING if text.path is not None else Severity.ERROR
        answer.diagnostics += [*checked.diagnostics, *nothing_in(checked, missing)]
        answer.plans += [p.name for p in checked.plans]
        answer.guards += [g.name for g in checked.guards]
    answer.diagnostics += duplicates_across(files)
    return answer


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the search for cycles: over 1,000 files it takes 40 % of the time, and the process ends soon anyway."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _markets(data: Path | None) -> Markets:
    if data is None:
        return load_facts()
    # numpy comes with it: only a check against data pays for that
    from tradeplan.runtime.market.stored import markets_with_data

    try:
        return markets_with_data(data)
    except MarketError as error:
        raise Unreadable(str(error)) from error


def _render(answer: _Answer, form: str, color: bool) -> str:
    match form:
        case "json":
            return render_json(answer.diagnostics, [*answer.plans, *answer.guards])
        case "github":
            return render_github(answer.diagnostics)
        case "sarif":
            # 20 ms to import, and only SARIF tells the version
            from importlib.metadata import version

            return render_sarif(answer.diagnostics, version("tradeplan"))
        case _:
            return render_text(answer.diagnostics, color)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _summary(answer: _Answer, files: int) -> str:
    good = _counted(len(answer.plans), "good plan")
    if answer.guards:
        good += f" and {_counted(len(answer.guards), 'guard')}"
    warnings = len(answer.diagnostics) - answer.errors
    parts = [_counted(files, "file"), good, _counted(answer.errors, "error"), _counted(warnings, "warning")]
    if answer.repaired:
        parts.append(f"{_counted(answer.repaired, 'file')} repaired")
    return ", ".join(parts)


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...|-")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github", "sarif"]), default="text", show_default=True
)
@click.option("--fix", is_flag=True, help="make the safe repairs in the files (for `-`: print the repaired text)")
@click.option(
    "--data", type=click.Path(path_type=Path), help="also check that this folder holds the data the plans need"
)
@click.option("--quiet", "-q", is_flag=True, help="no line with the counts: nothing at all when all is well")
def command(paths: tuple[str, ...], form: str, fix: bool, data: Path | None, quiet: bool) -> None:
    """Check plans: exit 0 when all are good, 1 when one has an error, 2 when something cannot be read."""
    unread: Unreadable | None = None
    try:
        texts: Sequence[PlanText] = read_plan_texts(paths)
    except Unreadable as error:
        unread, texts = error, error.texts
        if not texts:
            raise
    functions, markets = catalog(), _markets(data)
    with _nothing_collected():
        # the texts and digests that a run shows take a fifth of the time, and no answer of this command has them
        answer = _check_all(texts, lambda text: check_source(text, functions, markets, Graph(), spelled=False), fix)
    # with --fix and `-` the repaired text has standard output to itself
    beside = fix and "-" in paths
    rendered = _render(answer, form, wants_color(sys.stderr if beside else sys.stdout))
    if rendered:
        click.echo(rendered, err=beside)
    if form == "text" and not quiet:
        click.echo(_summary(answer, len(texts)), err=True)
    if unread is not None:
        raise unread  # one file that cannot be read does not hide the mistakes of the others
    sys.exit(1 if answer.errors else 0)
