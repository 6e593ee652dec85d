"""Finds the fenced blocks of the documents, so that each of them can be held to what it claims."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

HEADER = 'PLAN example "A piece of a plan."\nTRADE eurusd ON M5\n'
"""What stands before a `plan-part` block."""

RULE = "\nWHEN rsi(14) CROSSES ABOVE 30 THEN BUY RISK 0.5% STOP 2 ATR\n"
"""What is added to a `plan-part` block that enters nowhere: its other rules follow the side of a plan."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the words behind its fence, its text and where it stands."""

    words: tuple[str, ...]
    text: str
    place: str

    @property
    def source(self) -> str:
        """The whole plan text: a `plan-part` gets a header, and an entry if it has none; a guard stands behind them."""
        if self.words[0] == "plan":
            return self.text
        if self.text.startswith("GUARD"):
            return HEADER + RULE + self.text
        return HEADER + self.text + ("" if "BUY" in self.text or "SELL" in self.text else RULE)


def documents() -> list[Path]:
    """Every page for people."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page; raises ValueError if a fence is left open."""
    found: list[Block] = []
    lines: list[str] = []
    fence: tuple[int, tuple[str, ...]] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        mark = line.strip()
        if not mark.startswith("```"):
            lines.append(line)
        elif fence is None:
            fence, lines = (number, tuple(mark.removeprefix("```").split())), []
        else:
            place = f"{path.relative_to(ROOT).as_posix()}:{fence[0]}"
            found.append(Block(fence[1] or ("",), "\n".join(lines) + "\n", place))
            fence = None
    if fence is not None:
        raise ValueError(f"{path}: the fence of line {fence[0]} is never closed")
    return found
