"""Words that a running instance and its commands share."""

from __future__ import annotations

from datetime import UTC, datetime


class Urgent(str):
    """A message that a person should be sent wherever they are; `kind` is what it is about, one of KINDS."""

    KINDS = ("alert", "breaker", "quarantine", "trouble", "feed", "margin", "order")

    kind: str

    def __new__(cls, text: str, kind: str) -> Urgent:
        """The same text, marked."""
        made = super().__new__(cls, text)
        made.kind = kind
        return made


def time_text(at: int) -> str:
    """UTC milliseconds as a person reads them."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def count_text(count: int, word: str) -> str:
    """So many of something, by its word for one."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def no_such(scope: str, known: set[str]) -> str:
    """That a run has nothing of this name, and what it has."""
    names = ", ".join(f"`{n}`" for n in sorted(known) if n)
    return f"there is no `{scope}` in this run: " + (f"expected {names}" if names else "nothing of that kind is there")


def scope_text(scope: str) -> str:
    """A plan, a market, or the account, which has no name."""
    return f"`{scope}`" if scope else "the account"
