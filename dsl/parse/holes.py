"""Finds what to read instead of a part that cannot be read, so that the other parts of its statement are checked too.

What stands in is a hole: a name without letters, whose value the checker takes as broken already. The words from the
wrong one to the next that begins a part (AND, THEN, STOP, a comma, ...) are left out; the fewest words that the grammar
still wants there are put in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tradeplan.dsl.parse.driver import advance
from tradeplan.dsl.parse.lexer import Token
from tradeplan.grammar.loader import END

_MENDABLE = frozenset({"WHEN", "LET"})
_ACTIONS = frozenset({"SIDE", "CLOSE", "ADD", "MOVE", "CANCEL", "HALT", "FLATTEN", "ALERT"})
_OUTER = frozenset({"THEN", "STOP", "TARGET", "TAKE", "AT", "TO", *_ACTIONS})
"""Words that never stand inside parentheses: in front of them all may be closed."""
_INNER = frozenset({"AND", "OR", "COMMA", "RPAR", "CMP", "EQUAL", "CROSSES", "BETWEEN", "IN", "FOR", "WITHIN"})
_OPENING = frozenset({"LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB"})
_HOLE = ("NAME",)
_TAINT = ("PLUS", "NAME")
_UNREAD_ACTION = ("ALERT", "STRING")
_CONDITION_PIECES = (_HOLE, ("INT",), ("ABOVE",), ("AND",))
_PIECES = (
    *_CONDITION_PIECES,
    *(("THEN",), _UNREAD_ACTION, ("STRING",), ("STOP",), ("FOR",), ("TO",), ("AT",)),
)
_CLOSERS = (("RSQB",), ("RPAR",))
_TEXTS = {"PLUS": "+", "INT": "1", "RPAR": ")", "RSQB": "]", "NAME": "", "STRING": ""}
_MOST_PIECES = 6
_MOST_ENDS = 40

States = list[int]


class Hole(NamedTuple):
    """What of the statement stays, what is read behind it, and where reading goes on."""

    kept: int
    tokens: tuple[Token, ...]
    resume: int


def hole_at(before: States, taken: Sequence[Token], tokens: Sequence[Token], at: int, following: int) -> Hole | None:
    """The repair of a statement of which `taken` was read, from the states `before` it, and `tokens[at]` is wrong.

    `following` is the index of the next statement. None: nothing of it is worth keeping.
    """
    if not taken or taken[0].kind not in _MENDABLE:
        return None
    states = [before]
    for token in taken:
        after = advance(states[-1], token.kind)
        if after is None:
            return None
        states.append(after)
    acting = any(token.kind == "THEN" for token in taken)
    for end in _ends(tokens, at, following):
        for kept, start, put_in in _beginnings(states, taken, missing=end == at):
            more = _bridge(start, END if end == following else tokens[end].kind, acting)
            if more is not None:
                return Hole(kept, _written([*put_in, *more], tokens[at], missing=end == at), end)
    return None


def _ends(tokens: Sequence[Token], at: int, following: int) -> Iterator[int]:
    """Where reading may go on: at words that begin a part, outside the parentheses that are left out."""
    depth = found = 0
    for i in range(at, following):
        kind = tokens[i].kind
        if kind in _CLOSING and depth:
            depth -= 1
            continue
        if (depth == 0 and kind in _INNER) or kind in _OUTER:
            yield i
            found += 1
            if found == _MOST_ENDS:
                break
        if kind in _OPENING:
            depth += 1
    yield following


def _beginnings(
    states: Sequence[States], taken: Sequence[Token], missing: bool
) -> Iterator[tuple[int, States, tuple[str, ...]]]:
    """How much of the statement stays, the states behind it and what makes a hole of its last operand."""
    count = len(taken)
    tainted = _after(states[count], _TAINT)
    if tainted is not None:
        yield count, tainted, _TAINT
    elif taken[-1].kind == "NAME" and not missing:
        instead = _after(states[count - 1], _HOLE)
        if instead is not None:
            yield count - 1, instead, _HOLE
    yield count, states[count], ()
    # a bracket that was opened wrongly is left out with what stands in front of it
    if taken[-1].kind in _OPENING:
        instead = _after(states[count - 1], _TAINT)
        if instead is not None:
            yield count - 1, instead, _TAINT


def _after(states: States, kinds: Sequence[str]) -> States | None:
    """The states behind these kinds of tokens, None if they cannot stand there."""
    now: States | None = states
    for kind in kinds:
        now = None if now is None else advance(now, kind)
    return now


def _bridge(start: States, goal: str, acting: bool) -> list[str] | None:
    """The fewest kinds of tokens behind which the goal can stand; `acting`: the statement has reached its actions."""
    outer = goal in _OUTER or goal == END
    # a comma or AND in a condition is never taken for one behind an action that was left out
    pieces = (*_PIECES, *_CLOSERS) if outer else _PIECES if acting else _CONDITION_PIECES
    level: list[tuple[States, list[str]]] = [(start, [])]
    seen = {tuple(start)}
    for _ in range(_MOST_PIECES + 1):
        deeper: list[tuple[States, list[str]]] = []
        for states, kinds in level:
            if advance(states, goal) is not None:
                return kinds
            for piece in pieces:
                after = _after(states, piece)
                if after is not None and tuple(after) not in seen:
                    seen.add(tuple(after))
                    deeper.append((after, [*kinds, *piece]))
        level = deeper
    return None


def _written(kinds: Sequence[str], wrong: Token, missing: bool) -> tuple[Token, ...]:
    """Tokens at the place of the wrong word; where something lacks in front of it, they have no length."""
    end = wrong.start if missing else wrong.end
    return tuple(Token(kind, _TEXTS.get(kind, kind), wrong.start, end) for kind in kinds)
