"""Where rows lie: every lane has rows of one length in flat arenas, a few slots of history in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

MINIMUM_HISTORY = 16
_CACHE_LINE = 64


class Arena(IntEnum):
    """The three flat arrays that rows lie in."""

    VALUES = 0  # float64
    CONDITIONS = 1  # int8
    TICKS = 2  # int64: close times and source positions


_BYTES = {Arena.VALUES: 8, Arena.CONDITIONS: 1, Arena.TICKS: 8}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a lane, read `shift` bars back; lane number `len(lanes)` holds the constants."""

    arena: Arena
    lane: int
    number: int
    shift: int = 0

    def ago(self, bars: int) -> Row:
        """The same row some bars ago: no copy, only a smaller offset."""
        return Row(self.arena, self.lane, self.number, self.shift + bars)


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one lane in one arena."""

    base: int
    rows: int
    stride: int

    @property
    def end(self) -> int:
        """The first entry after the block."""
        return self.base + self.rows * self.stride


class Layout:
    """Offsets of rows: the entry of a lane's position i lies at `offset(row) + i`."""

    def __init__(self, rows: Sequence[Sequence[int]], histories: Sequence[int], capacity: int) -> None:
        """`rows[lane][arena]`: how many; the last lane holds constants, valid at every position of every lane."""
        self.capacity = capacity
        self.histories = tuple(histories)
        self.sizes = [0, 0, 0]
        self.blocks: list[list[Block]] = []
        longest = max((*histories, MINIMUM_HISTORY)) + capacity
        for lane, counts in enumerate(rows):
            length = histories[lane] + capacity if lane < len(histories) else longest
            blocks = []
            for arena in Arena:
                stride = _spread(length, _CACHE_LINE // _BYTES[arena])
                blocks.append(Block(self.sizes[arena], counts[arena], stride))
                self.sizes[arena] = blocks[-1].end
            self.blocks.append(blocks)

    def offset(self, row: Row) -> int:
        """Where position 0 of a row lies; a constant has no past, so it is not shifted."""
        block = self.blocks[row.lane][row.arena]
        shift = row.shift if row.lane < len(self.histories) else 0
        return block.base + row.number * block.stride - shift


def _spread(length: int, line: int) -> int:
    """A length of an odd number of cache lines: the same position of neighbouring rows then falls into other sets."""
    lines = -(-length // line)
    return (lines | 1) * line
