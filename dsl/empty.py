"""Says of a text that it holds no plan."""

from __future__ import annotations

from dataclasses import replace

from tradeplan.dsl.diagnostic import Diagnostic, Report, Severity, diagnostic_kind
from tradeplan.dsl.pipeline import Checked
from tradeplan.dsl.source import Span

NO_PLAN = diagnostic_kind("no-plan", "A text without a block does nothing, which is seldom meant.", Severity.WARNING)


def nothing_in(checked: Checked, severity: Severity = NO_PLAN.severity) -> list[Diagnostic]:
    """What to say of a text in which there is no block at all, and no mistake that would tell why."""
    if checked.file.blocks or not checked.ok:
        return []
    report = Report(checked.source)
    report.add(
        NO_PLAN,
        Span(0, 0),
        "there is no PLAN and no GUARD in this text",
        found="nothing" if not checked.source.text.strip() else "only comments",
        expected=("`PLAN name`", "`GUARD name`"),
        help="`plan new FILE` writes a first plan; in a chat answer a plan stands between ```plan and ```",
    )
    return [replace(d, severity=severity) for d in report.diagnostics]
