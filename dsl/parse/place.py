"""The place of a wrong word, and what a repair of it consists of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tradeplan.dsl.diagnostic import DiagnosticKind, Fix
from tradeplan.dsl.parse.lexer import Token
from tradeplan.dsl.record import record
from tradeplan.dsl.source import Span


@record
class Place:
    """A token that cannot stand where it does, with the parser's states in front of it and one token earlier.

    `statement` is where in `taken` its statement begins, `states_before_statement` are the states there.
    """

    text: str
    tokens: Sequence[Token]
    index: int
    states: Sequence[int]
    states_before_previous: Sequence[int] | None
    taken: Sequence[Token]
    statement: int
    states_before_statement: Sequence[int]

    @property
    def token(self) -> Token:
        """The wrong token."""
        return self.tokens[self.index]

    @property
    def previous(self) -> Token | None:
        """The token last taken, repaired if it was."""
        return self.taken[-1] if self.taken else None

    @property
    def following(self) -> Token | None:
        """The token behind the wrong one."""
        return self.tokens[self.index + 1] if self.index + 1 < len(self.tokens) else None

    def behind(self, back: int) -> str:
        """The kind of the token taken `back` tokens ago, `` if there is none."""
        return self.taken[-back].kind if len(self.taken) >= back else ""

    def spaced(self, word: str) -> str:
        """The word with a blank on each side on which it would stick to another."""
        before = self.text[self.token.start - 1 : self.token.start]
        after = self.text[self.token.end : self.token.end + 1]
        return f"{' ' if _sticks(before) else ''}{word}{' ' if _sticks(after) else ''}"


class Slip(NamedTuple):
    """A mistake and the tokens to read instead of it.

    `tokens` stand in for the next `consumed` ones; with `instead_of_previous` the token in front of the place is the
    wrong one, and it is the first of those consumed. `in_front_of`: this many of the tokens taken last stand
    behind them. `guessed`: what is read instead has to be some value, and nothing may be said of which one.
    """

    kind: DiagnosticKind
    span: Span
    message: str
    found: str
    expected: tuple[str, ...]
    help: str
    fixes: tuple[Fix, ...]
    tokens: tuple[Token, ...]
    consumed: int = 1
    instead_of_previous: bool = False
    in_front_of: int = 0
    guessed: bool = False


def _sticks(c: str) -> bool:
    return c.isalnum() or c == "_"
