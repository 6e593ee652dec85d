"""A plan text and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from typing import NamedTuple

from tradeplan.dsl.record import record


class Span(NamedTuple):
    """A half-open range of code points, `start <= offset < end`, in one source."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of the other."""
        return Span(self.start, max(self.end, other.end))


@record
class Source:
    """A text under the name that messages show (a path, or `<stdin>`)."""

    name: str
    text: str
    _known_starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def _line_starts(self) -> list[int]:
        if not self._known_starts:  # found when the first place is told: a text without a mistake has none to tell
            self._known_starts.extend([0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")])
        return self._known_starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, columns in code points."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, numbered from 1, without its line end."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] - 1 if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def byte_offset(self, offset: int) -> int:
        """The UTF-8 byte offset of a code point offset, for tools that count bytes."""
        return len(self.text[:offset].encode("utf-8", "surrogatepass"))

    def slice(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]
