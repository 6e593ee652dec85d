"""The text of parts of a plan as reports and versions need it: without comments and layout."""

from __future__ import annotations

import re

from tradeplan.dsl.source import Source, Span

_TOKENS = re.compile(r'"[^"\n]*"|#[^\n]*|[^\s"#]+')


def plain_text(source: Source, span: Span) -> str:
    """What stands in a span, comments left out, on one line."""
    return " ".join(t for t in _TOKENS.findall(source.slice(span)) if not t.startswith("#"))
