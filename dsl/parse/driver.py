"""Runs the LALR tables over tokens: with values to build a tree, or with states alone to ask what could follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from tradeplan.dsl.parse.build import BUILDERS
from tradeplan.dsl.parse.lexer import Token
from tradeplan.grammar.loader import END, load_tables

Builder = Callable[[list[Any]], Any]


@cache
def _reductions() -> tuple[tuple[int, str, bool, tuple[int, ...], Builder | None], ...]:
    """Per rule: size, symbol, whether it hands its one child through, where lists stand, the builder (None: a list)."""
    return tuple(
        (
            rule.size,
            rule.origin,
            rule.size == 1 and not rule.keep and not rule.is_list,
            rule.lists,
            None if rule.is_list else BUILDERS[rule.callback] if rule.keep or rule.size > 1 else _only,
        )
        for rule in load_tables().rules
    )


def _only(children: list[Any]) -> Any:
    return children[0]


def run(tokens: Sequence[Token], start: str) -> Any:
    """The value of the start rule, or None if the tokens are not of the language."""
    tables = load_tables()
    rows = tables.states
    reductions = _reductions()
    known = _steps()
    final = tables.ends[start]
    below = -1  # the state under the top one
    top = tables.starts[start]
    states = [below, top]
    values: list[Any] = []
    for token in tokens:
        kind = token[0]
        while True:
            step = known.get((below, top, kind))
            if step is None:
                step = known[below, top, kind] = _step(rows, reductions, below, top, kind, final)
            action, top = step
            states[-1] = top
            if action is None:
                return None
            if action >= 0:
                below = top
                top = action
                states.append(action)
                values.append(token)
                break
            if kind == END and top == final:
                return values[-1]
            size, origin, _, lists, builder = reductions[-1 - action]
            children: list[Any]
            if size:
                children = values[-size:]
                del values[-size:]
                del states[-size:]
                if lists:
                    children = _splice(children, lists)
            else:
                children = []
            values.append(children if builder is None else builder(children))
            below = states[-1]
            top = rows[below][origin]
            states.append(top)
            if kind == END and top == final:
                return values[-1]
    return None


@cache
def _steps() -> dict[tuple[int, int, str], tuple[int | None, int]]:
    """What was found by `_step`: an operand climbs through a dozen rules of one child, always the same ones."""
    return {}


def _step(
    rows: Sequence[Mapping[str, int]], reductions: Sequence[Any], below: int, top: int, kind: str, final: int
) -> tuple[int | None, int]:
    """The action at a token after all rules of one child, which only change the top state; and that state.

    The final state ends it too, with the action that led there.
    """
    while True:
        action = rows[top].get(kind)
        if action is None or action >= 0 or not reductions[-1 - action][2]:
            return action, top
        top = rows[below][reductions[-1 - action][1]]
        if kind == END and top == final:
            return action, top


def _splice(children: list[Any], lists: tuple[int, ...]) -> list[Any]:
    """Put the items of list children in their place; a list at the front is extended, so its growth stays cheap."""
    if lists == (0,):
        front: list[Any] = children[0]
        front.extend(children[1:])
        return front
    spliced: list[Any] = []
    for i, child in enumerate(children):
        if i in lists:
            spliced.extend(child)
        else:
            spliced.append(child)
    return spliced


def initial(start: str) -> list[int]:
    """The state stack before the first token."""
    return [load_tables().starts[start]]


def advance(states: Sequence[int], kind: str, start: str = "start") -> list[int] | None:
    """The state stack after one more token, or None if it cannot stand there; the given stack is not changed.

    At `$END` the stack after the last reduction is returned.
    """
    tables = load_tables()
    rows: list[dict[str, int]] = tables.states
    stack = list(states)
    while True:
        action = rows[stack[-1]].get(kind)
        if action is None:
            return None
        if action >= 0:
            stack.append(action)
            return stack
        rule = tables.rules[-1 - action]
        if rule.size:
            del stack[-rule.size :]
        stack.append(rows[stack[-1]][rule.origin])
        if kind == END and stack[-1] == tables.ends[start]:
            return stack


def accepted(states: Sequence[int], start: str = "start") -> frozenset[str]:
    """The terminals that can really stand next (a table row alone names some that cannot)."""
    row: Mapping[str, int] = load_tables().states[states[-1]]
    terminals = (kind for kind in row if kind.isupper() or kind == END)
    return frozenset(kind for kind in terminals if advance(states, kind, start) is not None)
