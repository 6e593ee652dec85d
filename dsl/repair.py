"""Applies the safe edits of diagnostics to a text."""

from __future__ import annotations

from collections.abc import Iterable

from tradeplan.dsl.diagnostic import Diagnostic, Edit


def apply_fixes(text: str, diagnostics: Iterable[Diagnostic]) -> str:
    """The text after every safe fix that does not touch an earlier one; each fix is applied whole or not at all.

    Of several safe fixes of one diagnostic the first counts. What is left over shows up when the result is read again.
    """
    chosen: list[Edit] = []
    for diagnostic in diagnostics:
        fix = next((f for f in diagnostic.fixes if f.safe), None)
        if fix is None:
            continue
        if all(_free(edit, chosen, len(text)) for edit in fix.edits):
            chosen += fix.edits
    for edit in sorted(chosen, key=lambda e: (e.span.start, e.span.end), reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def _free(edit: Edit, chosen: list[Edit], length: int) -> bool:
    """Whether the edit lies inside the text and neither overlaps nor repeats a chosen one."""
    start, end = edit.span.start, edit.span.end
    if not 0 <= start <= end <= length:
        return False
    for other in chosen:
        if start == end or other.span.start == other.span.end:
            # two insertions at one place have no order; an insertion at the edge of a replacement has
            if start == other.span.start and end == other.span.end:
                return False
            if other.span.start < start < other.span.end or start < other.span.start < end:
                return False
        elif start < other.span.end and other.span.start < end:
            return False
    return True
