"""A diagnostic is data: what happened, where, what was expected, what to do."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import NamedTuple

from tradeplan.dsl.record import mutable_record, record
from tradeplan.dsl.source import Source, Span


class Severity(StrEnum):
    """How bad: an error refuses the plan, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Edit(NamedTuple):
    """Replace the text of a span."""

    span: Span
    replacement: str


class Fix(NamedTuple):
    """Edits that repair a mistake; only a `safe` one is applied without asking."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@record
class Diagnostic:
    """One mistake in one place; rendering is elsewhere."""

    code: str
    severity: Severity
    message: str
    source: Source
    span: Span
    found: str = ""
    expected: tuple[str, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()
    related: tuple[tuple[Span, str], ...] = ()


class DiagnosticKind(NamedTuple):
    """A stable code with its reason, declared once beside the pass that reports it."""

    code: str
    why: str
    severity: Severity = Severity.ERROR


_REGISTRY: dict[str, DiagnosticKind] = {}


def diagnostic_kind(code: str, why: str, severity: Severity = Severity.ERROR) -> DiagnosticKind:
    """Declare a code; the reference page is generated from all that were declared."""
    if code in _REGISTRY:
        raise ValueError(f"diagnostic code `{code}` is declared twice")
    kind = _REGISTRY[code] = DiagnosticKind(code, why, severity)
    return kind


def diagnostic_kinds() -> tuple[DiagnosticKind, ...]:
    """All declared codes, by name."""
    return tuple(_REGISTRY[code] for code in sorted(_REGISTRY))


@mutable_record
class Report:
    """Collects the diagnostics of one source, so that one broken clause does not hide the next."""

    source: Source
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        kind: DiagnosticKind,
        span: Span,
        message: str,
        *,
        found: str = "",
        expected: tuple[str, ...] = (),
        help: str = "",
        fixes: tuple[Fix, ...] = (),
        related: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Record one mistake."""
        self.diagnostics.append(
            Diagnostic(kind.code, kind.severity, message, self.source, span, found, expected, help, fixes, related)
        )

    @property
    def ok(self) -> bool:
        """Whether nothing refuses the plan."""
        return all(d.severity is not Severity.ERROR for d in self.diagnostics)
