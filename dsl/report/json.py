"""Diagnostics as JSON: made for editors and for a model that repairs its own text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tradeplan.dsl.diagnostic import Diagnostic, Fix, Severity
from tradeplan.dsl.source import Source, Span

SCHEMA_VERSION = 1


def span_as_json(source: Source, span: Span) -> dict[str, int]:
    """Lines and columns from 1 (columns in code points, the end exclusive) and UTF-8 byte offsets.

    All are of the text: a byte order mark in front of it is not counted.
    """
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "byte_start": source.byte_offset(span.start),
        "byte_end": source.byte_offset(span.end),
    }


def _fix_as_json(source: Source, fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": "safe" if fix.safe else "maybe",
        "edits": [{"span": span_as_json(source, e.span), "replacement": e.replacement} for e in fix.edits],
    }


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain data."""
    source = diagnostic.source
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "file": source.name,
        "span": span_as_json(source, diagnostic.span),
        "found": diagnostic.found,
        "expected": list(diagnostic.expected),
        "help": diagnostic.help,
        "fixes": [_fix_as_json(source, f) for f in diagnostic.fixes],
        "related": [{"span": span_as_json(source, s), "message": m} for s, m in diagnostic.related],
    }


def render_json(diagnostics: Sequence[Diagnostic], checked_plans: Sequence[str] = ()) -> str:
    """The whole answer of `plan check --format json`."""
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "ok": all(d.severity is not Severity.ERROR for d in diagnostics),
            "plans": list(checked_plans),
            "diagnostics": [as_json(d) for d in diagnostics],
        },
        indent=2,
        ensure_ascii=False,
    )
