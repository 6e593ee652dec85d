"""Finds the plans in a chat answer, so that places in them are places in the answer."""

from __future__ import annotations

import re

_FENCE = r"(?m)^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n]*$"
_BLOCK_START = r"\s*+(?:#[^\n]*+\s*+)*+(?:PLAN|GUARD)\b"
_NOT_A_LINE_END = r"[^\r\n]"
_LANGUAGES = frozenset({"plan", "tradeplan"})


def plans_in(text: str) -> str:
    """The text with everything outside its fenced plans blanked out; every offset, line and column stays.

    A fence counts when it is marked `plan`, or when what stands in it starts with PLAN or GUARD. A fence that is never
    closed reaches to the end. A text without fences is returned as it is.
    """
    pieces: list[str] = []
    done = 0
    fences = list(re.finditer(_FENCE, text))
    if not fences:
        return text
    i = 0
    while i < len(fences):
        opening = fences[i]
        closing = next((j for j in range(i + 1, len(fences)) if _closes(opening, fences[j])), None)
        body_start = min(opening.end() + 1, len(text))
        body_end = len(text) if closing is None else fences[closing].start()
        body = text[body_start:body_end]
        if opening[2].lower() in _LANGUAGES or re.match(_BLOCK_START, body):
            pieces += [_blank(text[done:body_start]), body]
            done = body_end
        i = len(fences) if closing is None else closing + 1
    pieces.append(_blank(text[done:]))
    return "".join(pieces)


def _closes(opening: re.Match[str], fence: re.Match[str]) -> bool:
    """A fence is closed by a line of the same sign, at least as long, with nothing behind it."""
    return not fence[2] and fence[1][0] == opening[1][0] and len(fence[1]) >= len(opening[1])


def _blank(text: str) -> str:
    return re.sub(_NOT_A_LINE_END, " ", text)
