"""Finds for each comment the piece of a plan that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from tradeplan.dsl.nodes import Text
from tradeplan.dsl.record import mutable_record
from tradeplan.dsl.source import Source, Span


@mutable_record
class Attached:
    """The comments of one piece: on lines above it, and at the end of its line.

    Each comment above says whether a blank line stood before it; `gap_below` whether one stood after the last.
    """

    above: list[tuple[str, bool]] = field(default_factory=list)
    gap_below: bool = False
    trailing: str = ""


def attach(source: Source, spans: Sequence[Span], comments: Sequence[Text]) -> tuple[list[Attached], Attached]:
    """Comments by piece, in order; the second result holds those below the last piece.

    A comment on its own line belongs to the piece that ends after it. One behind words belongs to the piece that those
    words are of; if a piece would have several, the earlier ones move above it.
    """
    attached = [Attached() for _ in spans]
    below = Attached()
    piece = 0
    for comment in comments:
        while piece < len(spans) and spans[piece].end <= comment.span.start:
            piece += 1
        own_line = _own_line(source.text, comment.span)
        inside = piece < len(spans) and spans[piece].start < comment.span.start
        if own_line or not (inside or piece):
            place = attached[piece] if piece < len(spans) else below
            place.above.append((comment.text, _blank_line_before(source.text, comment.span.start)))
            place.gap_below = _blank_line_after(source.text, comment.span.end)
        else:
            # words between two pieces (THEN, AND, a comma) belong to the piece in front of them
            owner = attached[piece if inside else piece - 1]
            if owner.trailing:
                owner.above.append((owner.trailing, False))
                owner.gap_below = False
            owner.trailing = comment.text
    return attached, below


def _own_line(text: str, span: Span) -> bool:
    return not text[text.rfind("\n", 0, span.start) + 1 : span.start].strip("\ufeff \t\r")


def _blank_line_before(text: str, start: int) -> bool:
    line = text.rfind("\n", 0, start)
    return line > 0 and not text[text.rfind("\n", 0, line) + 1 : line].strip()


def _blank_line_after(text: str, end: int) -> bool:
    line = text.find("\n", end)
    if line < 0:
        return False
    following = text.find("\n", line + 1)
    return following >= 0 and not text[line + 1 : following].strip()
