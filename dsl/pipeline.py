"""From a text to checked plans, the steps in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date

from tradeplan.dsl.catalog import Catalog, Markets
from tradeplan.dsl.check import Elaborated, check_guard, check_plan
from tradeplan.dsl.diagnostic import Diagnostic, Report, Severity, diagnostic_kind
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.nodes import File, Identifier, Plan
from tradeplan.dsl.parse import parse
from tradeplan.dsl.record import record
from tradeplan.dsl.source import Source

DUPLICATE_BLOCK = diagnostic_kind("duplicate-block", "counters live under a plan's name, so it is given once")


@record
class Checked:
    """What a source holds: its good plans and guards, and everything that is wrong with it."""

    source: Source
    file: File
    plans: tuple[CheckedPlan, ...]
    guards: tuple[CheckedGuard, ...]
    diagnostics: tuple[Diagnostic, ...]
    elaborated: tuple[Elaborated, ...]  # of every block, in order; for explanations

    @property
    def ok(self) -> bool:
        """Whether nothing is refused."""
        return all(d.severity is not Severity.ERROR for d in self.diagnostics)


def check_source(
    source: Source,
    catalog: Catalog,
    markets: Markets,
    graph: Graph,
    today: date | None = None,
    *,
    spelled: bool = True,
) -> Checked:
    """Parse and check a text; a block with a mistake is left out, the others stay good.

    Without `spelled` the plans are only told to be good: they carry no version and no texts of rules.
    """
    report = Report(source)
    file = parse(source, report)
    unread = set(_broken_blocks(file, report))
    plans = frozenset(b.name.text for b in file.blocks if isinstance(b, Plan))
    elaborated: list[Elaborated] = []
    for i, block in enumerate(file.blocks):
        lost = _lost(file, i) if i in unread else None
        if isinstance(block, Plan):
            made = check_plan(block, report, catalog, markets, graph, today, lost, file.holes, spelled)
        else:
            made = check_guard(block, report, catalog, markets, graph, lost, plans, file.holes, spelled)
        elaborated.append(made)
    _check_block_names(file, report)
    broken = set(_broken_blocks(file, report))
    blocks = [e.block for i, e in enumerate(elaborated) if i not in broken]
    return Checked(
        source,
        file,
        tuple(b for b in blocks if isinstance(b, CheckedPlan)),
        tuple(b for b in blocks if isinstance(b, CheckedGuard)),
        tuple(sorted(report.diagnostics, key=lambda d: (d.span.start, d.span.end, d.code))),
        tuple(elaborated),
    )


def _check_block_names(file: File, report: Report) -> None:
    first: dict[str, Identifier] = {}
    for block in file.blocks:
        name = block.name
        other = first.setdefault(name.text, name)
        if other is not name:
            report.add(
                DUPLICATE_BLOCK,
                name.span,
                f"`{name.text}` is the name of two blocks",
                found=name.text,
                help="rename one: counters, positions and reports are kept under this name",
                related=((other.span, "first used here"),),
            )


def _lost(file: File, index: int) -> frozenset[str]:
    """The LETs and PARAMs of a block that a syntax error kept out of the tree."""
    starts = [b.span.start for b in file.blocks]
    return frozenset(n.text for n in file.lost if max(bisect_right(starts, n.span.start) - 1, 0) == index)


def _broken_blocks(file: File, report: Report) -> Iterator[int]:
    """Blocks in whose text a mistake lies, those that the parser found included."""
    starts = [b.span.start for b in file.blocks]
    for diagnostic in report.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            yield max(bisect_right(starts, diagnostic.span.start) - 1, 0)


def duplicates_across(sources: Iterable[Checked]) -> list[Diagnostic]:
    """Names that blocks of several files share."""
    first: dict[str, str] = {}
    found: list[Diagnostic] = []
    for checked in sources:
        for name in {b.name.text: b.name for b in checked.file.blocks}.values():
            where = first.setdefault(name.text, checked.source.name)
            if where != checked.source.name:
                report = Report(checked.source)
                report.add(
                    DUPLICATE_BLOCK,
                    name.span,
                    f"`{name.text}` is also the name of a block in `{where}`",
                    found=name.text,
                    help="rename one: counters, positions and reports are kept under this name",
                )
                found += report.diagnostics
    return found
