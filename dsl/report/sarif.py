"""Diagnostics as SARIF 2.1.0, for code scanners."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from tradeplan.dsl.diagnostic import Diagnostic, DiagnosticKind, diagnostic_kinds
from tradeplan.dsl.report.json import span_as_json
from tradeplan.dsl.source import Source, Span

_IN_A_URI = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def _uri(name: str) -> str:
    """A file as a URI, relative unless the path is absolute."""
    path = PurePath(name)
    encoded = "".join(
        c if c in _IN_A_URI else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogateescape"))
        for c in path.as_posix()
    )
    if path.is_absolute():
        return f"file://{'' if encoded.startswith('/') else '/'}{encoded}"
    return encoded


def _region(source: Source, span: Span) -> dict[str, int]:
    s = span_as_json(source, span)
    return {
        "startLine": s["line"],
        "startColumn": s["column"],
        "endLine": s["end_line"],
        "endColumn": s["end_column"],
        "byteOffset": s["byte_start"],
        "byteLength": s["byte_end"] - s["byte_start"],
    }


def _rule(kind: DiagnosticKind) -> dict[str, Any]:
    return {
        "id": kind.code,
        "shortDescription": {"text": kind.why},
        "defaultConfiguration": {"level": str(kind.severity)},
    }


def _result(d: Diagnostic) -> dict[str, Any]:
    artifact = {"uri": _uri(d.source.name)}
    result: dict[str, Any] = {
        "ruleId": d.code,
        "level": str(d.severity),
        "message": {"text": d.message + (f"; {d.help}" if d.help else "")},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": _region(d.source, d.span)}}],
    }
    if d.related:
        result["relatedLocations"] = [
            {
                "physicalLocation": {"artifactLocation": artifact, "region": _region(d.source, span)},
                "message": {"text": message},
            }
            for span, message in d.related
        ]
    if d.fixes:
        result["fixes"] = [
            {
                "description": {"text": fix.title},
                "artifactChanges": [
                    {
                        "artifactLocation": artifact,
                        "replacements": [
                            {
                                "deletedRegion": _region(d.source, e.span),
                                "insertedContent": {"text": e.replacement},
                            }
                            for e in fix.edits
                        ],
                    }
                ],
            }
            for fix in d.fixes
        ]
    return result


def render_sarif(diagnostics: Sequence[Diagnostic], version: str) -> str:
    """A SARIF log with one run."""
    used = {d.code for d in diagnostics}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "plan check",
                        "version": version,
                        "rules": [_rule(k) for k in diagnostic_kinds() if k.code in used],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(d) for d in diagnostics],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)
