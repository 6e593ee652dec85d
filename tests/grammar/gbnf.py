"""A small reader of GBNF, written from its description alone: matches texts against it and draws texts from it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from random import Random

Ends = frozenset[int]
Matcher = Callable[[str, int], Ends]
Sampler = Callable[[Random, int], str]

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{[0-9]+(?:,[0-9]+)?\}|[a-z][a-z-]*|[()|*?]')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


class Gbnf:
    """The rules of one grammar. `match` is the set of places at which a rule may end, by trying everything."""

    def __init__(self, text: str) -> None:
        self.match: dict[str, Matcher] = {}
        self.draw: dict[str, Sampler] = {}
        self._memo: dict[tuple[str, int], Ends] = {}
        for line in text.splitlines():
            name, _, body = line.partition(" ::= ")
            tokens = _TOKEN.findall(body)
            assert re.sub(r"\s", "", "".join(tokens)) == re.sub(r"\s", "", body), f"not all of `{line}` was read"
            self.match[name], self.draw[name] = self._choice(tokens)

    def accepts(self, text: str) -> bool:
        """Whether the whole text is of the language."""
        self._memo.clear()
        sys.setrecursionlimit(20_000)
        return len(text) in self._rule("root", text, 0)

    def sample(self, r: Random) -> str:
        """A text of the language, not too deep."""
        return self.draw["root"](r, 0)

    def _rule(self, name: str, text: str, at: int) -> Ends:
        key = (name, at)
        if key not in self._memo:
            self._memo[key] = self.match[name](text, at)
        return self._memo[key]

    def _choice(self, tokens: list[str]) -> tuple[Matcher, Sampler]:
        rows: list[list[tuple[Matcher, Sampler]]] = [[]]
        while tokens:
            token = tokens.pop(0)
            if token == ")":
                break
            if token == "|":
                rows.append([])
            elif token == "(":
                rows[-1].append(self._choice(tokens))
            elif token in {"*", "?"} or token[0] == "{":
                rows[-1][-1] = _repeated(rows[-1][-1], token)
            else:
                rows[-1].append(self._one(token))
        made = [_row(row) for row in rows]

        def match(text: str, at: int) -> Ends:
            return frozenset[int]().union(*(m(text, at) for m, _ in made))

        def draw(r: Random, depth: int) -> str:
            # deep down the first alternative is the shortest in this grammar
            return (made[0] if depth > 40 else r.choice(made))[1](r, depth)

        return match, draw

    def _one(self, token: str) -> tuple[Matcher, Sampler]:
        if token[0] == '"':
            fixed = re.sub(r"\\.", lambda m: _ESCAPES[m[0]], token[1:-1])
            return (
                lambda text, at: frozenset({at + len(fixed)} if text.startswith(fixed, at) else ()),
                lambda r, depth: fixed,
            )
        if token[0] == "[":
            pattern = re.compile(token)
            usual = [c for c in map(chr, range(32, 127)) if pattern.fullmatch(c)]
            return (
                lambda text, at: frozenset({at + 1} if at < len(text) and pattern.match(text[at]) else ()),
                lambda r, depth: r.choice(usual),
            )
        return (lambda text, at: self._rule(token, text, at)), (lambda r, depth: self.draw[token](r, depth + 1))


def _row(row: list[tuple[Matcher, Sampler]]) -> tuple[Matcher, Sampler]:
    def match(text: str, at: int) -> Ends:
        ends = frozenset({at})
        for one, _ in row:
            ends = frozenset[int]().union(*(one(text, end) for end in ends))
        return ends

    return match, lambda r, depth: "".join(draw(r, depth) for _, draw in row)


def _repeated(item: tuple[Matcher, Sampler], token: str) -> tuple[Matcher, Sampler]:
    least, most = (0, 1) if token == "?" else (0, 1 << 30)
    if token[0] == "{":
        numbers = [int(n) for n in token[1:-1].split(",")]
        least, most = numbers[0], numbers[-1]

    def match(text: str, at: int) -> Ends:
        found, ends, count = (frozenset({at}) if least == 0 else frozenset()), frozenset({at}), 0
        while ends and count < most:
            count += 1
            ends = frozenset[int]().union(*(item[0](text, end) for end in ends)) - (
                found if least == 0 else frozenset()
            )
            if count >= least:
                found |= ends
        return found

    def draw(r: Random, depth: int) -> str:
        times = least if depth > 25 else min(most, least + r.choice((0, 0, 1, 1, 2)))
        return "".join(item[1](r, depth) for _ in range(times))

    return match, draw
