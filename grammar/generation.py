"""Derives grammars for constrained generation from plan.lark: one for llguidance, one in the GBNF of llama.cpp.

A sampler that follows them writes plans that the parser takes. There is no `%ignore` in them: blanks stand where one
form puts them (one between words, a line for each statement, none around a dot), so that a model spends nothing on
layout. Names stay open: which functions, markets and PARAMs there are is the checker's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Fixed:
    """A text as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """A rule or terminal by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """One after the other."""

    items: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    of: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Any number (`many`), or at most one."""

    item: Part
    many: bool


Part = Fixed | Named | Row | Choice | Repeat


class Grammar(NamedTuple):
    """Rules, and terminals as regular expressions; texts of keywords and signs are kept where they stand."""

    rules: dict[str, Part]
    terminals: dict[str, str]


SPACE, LINE, GAP = Fixed(" "), Fixed("\n"), Fixed("\n\n")
_GLUED_RULES = frozenset({"call", "trailer"})
_GLUED_BEFORE = frozenset({".", ",", ")", "]", "["})
_GLUED_AFTER = frozenset({".", "(", "["})
_LINES = {"plan_item": LINE, "guard_item": LINE, "start": GAP}
_ATTACHED_UNITS = 2
"""Units of up to so many letters stick to their number: `0.5%`, `2R`, `15m`, but `2 ATR`."""

_DEFINITION = re.compile(r"^(?P<mark>\??)(?P<name>\w+)\s*:(?P<body>.*)")
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|/(?:\\.|[^/\\])+/|->|\w+|[()\[\]|*]')


def read_grammar(text: str) -> Grammar:
    """The rules and terminals of a Lark grammar, of the subset that plan.lark keeps to; aliases are dropped."""
    bodies: dict[str, str] = {}
    current = ""
    for line in text.splitlines():
        if line.startswith(("//", "%")) or not line.strip():
            continue
        match = _DEFINITION.match(line)
        if match is not None:
            current = match["name"]
        bodies[current] = bodies.get(current, "") + " " + (match["body"] if match is not None else line.strip())
    rules: dict[str, Part] = {}
    terminals: dict[str, str] = {}
    for name, body in bodies.items():
        tokens = _TOKEN.findall(body)
        if name.isupper() and len(tokens) == 1 and tokens[0].startswith("/"):
            terminals[name] = tokens[0][1:-1]
        else:
            rules[name] = _choice(tokens)
    return Grammar(rules, terminals)


def _choice(tokens: list[str]) -> Part:
    """Reads up to the end or the closing bracket, which is taken too."""
    rows: list[Part] = []
    items: list[Part] = []
    while tokens:
        token = tokens.pop(0)
        if token in {")", "]"}:
            break
        if token == "|":
            rows.append(Row(tuple(items)))
            items = []
        elif token == "->":
            tokens.pop(0)
        elif token == "*":
            items[-1] = Repeat(items[-1], many=True)
        elif token == "(":
            items.append(_choice(tokens))
        elif token == "[":
            items.append(Repeat(_choice(tokens), many=False))
        else:
            items.append(Fixed(token[1:-1]) if token.startswith('"') else Named(token))
    rows.append(Row(tuple(items)))
    rows = [row.items[0] if isinstance(row, Row) and len(row.items) == 1 else row for row in rows]
    return rows[0] if len(rows) == 1 else Choice(tuple(rows))


def spaced(grammar: Grammar) -> Grammar:
    """The same language with its blanks written out, in one form."""
    rules = {name: _spaced(part, _LINES.get(name, SPACE)) for name, part in grammar.rules.items()}
    # a named argument is read as a comparison, and spelt without blanks
    rules["call"] = _renamed(rules["call"], "expr", "argument")
    rules["argument"] = Choice((Named("expr"), Row((Named("NAME"), Fixed("="), Named("sum")))))
    units = grammar.terminals["UNIT"].split("|")
    terminals = {name: pattern for name, pattern in grammar.terminals.items() if name != "UNIT"}
    terminals["UNIT_ATTACHED"] = "|".join(u for u in units if len(u) <= _ATTACHED_UNITS)
    terminals["UNIT_APART"] = "|".join(u for u in units if len(u) > _ATTACHED_UNITS)
    return Grammar(rules, terminals)


def _spaced(part: Part, between: Fixed) -> Part:
    match part:
        case Fixed() | Named():
            return part
        case Choice(of):
            return Choice(tuple(_spaced(p, between) for p in of))
        case Repeat(item, many):
            return _list_of(_spaced(item, between), between) if many else Repeat(_spaced(item, between), many=False)
        case Row(items):
            return _spaced_row(items, between)


def _renamed(part: Part, old: str, new: str) -> Part:
    match part:
        case Named(name):
            return Named(new) if name == old else part
        case Row(items):
            return Row(tuple(_renamed(i, old, new) for i in items))
        case Choice(of):
            return Choice(tuple(_renamed(p, old, new) for p in of))
        case Repeat(item, many):
            return Repeat(_renamed(item, old, new), many)
        case Fixed():
            return part


def _list_of(item: Part, between: Fixed) -> Part:
    """`item*` where nothing stands before it."""
    return Repeat(Row((item, Repeat(Row((between, item)), many=True))), many=False)


def _spaced_row(items: tuple[Part, ...], between: Fixed) -> Part:
    if items[-1:] == (Named("UNIT"),):
        units = Choice((Named("UNIT_ATTACHED"), Row((SPACE, Named("UNIT_APART")))))
        return Row((*(_spaced(i, between) for i in items[:-1]), units))
    made: list[Part] = []
    for place, item in enumerate(items):
        inner = item.item if isinstance(item, Repeat) else item
        text = _spaced(inner, between)
        if place == 0:
            made.append(_spaced(item, between))
            continue
        before = items[place - 1]
        sign = place == 1 and before == Named("MINUS")  # a minus of its own, not one between two values
        glued = sign or _glued_before(inner) or (isinstance(before, Fixed) and before.text in _GLUED_AFTER)
        blank = () if glued else (_LINES.get(inner.name, between) if isinstance(inner, Named) else between,)
        if isinstance(item, Repeat):
            made.append(Repeat(Row((*blank, text)), item.many))
        else:
            made += [*blank, text]
    return Row(tuple(made))


def _glued_before(part: Part) -> bool:
    match part:
        case Fixed(text):
            return text in _GLUED_BEFORE
        case Named(name):
            return name in _GLUED_RULES
        case Row(items):
            return _glued_before(items[0])
        case Choice(of):
            return all(_glued_before(p) for p in of)
        case Repeat(item):
            return _glued_before(item)


def lark_text(grammar: Grammar) -> str:
    """For llguidance: Lark's notation without `%ignore`, aliases and comments."""
    lines = [f"{name}: {_lark(part)}" for name, part in grammar.rules.items()]
    lines += [f"{name}: /{pattern}/" for name, pattern in grammar.terminals.items()]
    return "\n".join(lines) + "\n"


def _lark(part: Part, inside: bool = False) -> str:
    match part:
        case Fixed(text):
            return _quoted(text)
        case Named(name):
            return name
        case Choice(of):
            text = " | ".join(_lark(p) for p in of)
            return f"({text})" if inside else text
        case Row(items):
            text = " ".join(_lark(i, inside=True) for i in items)
            return f"({text})" if inside and len(items) > 1 else text
        case Repeat(item, many):
            return f"({_lark(item)}){'*' if many else '?'}"


def gbnf_text(grammar: Grammar) -> str:
    """For llama.cpp: rules in GBNF, the whole text being `root`."""
    lines = ["root ::= start"]
    lines += [f"{_dashed(name)} ::= {_gbnf(part)}" for name, part in grammar.rules.items()]
    lines += [f"{_dashed(name)} ::= {_gbnf_pattern(pattern)}" for name, pattern in grammar.terminals.items()]
    return "\n".join(lines) + "\n"


def _gbnf(part: Part, inside: bool = False) -> str:
    match part:
        case Fixed(text):
            return _quoted(text)
        case Named(name):
            return _dashed(name)
        case Choice(of):
            text = " | ".join(_gbnf(p) for p in of)
            return f"({text})" if inside else text
        case Row(items):
            text = " ".join(_gbnf(i, inside=True) for i in items)
            return f"({text})" if inside and len(items) > 1 else text
        case Repeat(item, many):
            return f"({_gbnf(item)}){'*' if many else '?'}"


def _dashed(name: str) -> str:
    return name.lower().replace("_", "-")


def _quoted(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


_PIECE = re.compile(r"\[[^\]]*\]|\{[0-9,]+\}|[()|?]|\\.|.")


def _gbnf_pattern(pattern: str) -> str:
    """A terminal's expression; INVARIANT: plan.lark has classes, groups, `|`, `?`, `{m,n}` and escaped signs only."""
    pieces: list[str] = []
    found = _PIECE.findall(pattern)
    for place, piece in enumerate(found):
        repeated = found[place + 1 : place + 2] and found[place + 1][0] in "{?"
        if piece[0] in "{?" and pieces:
            pieces[-1] += piece
        elif piece[0] in "[()|":
            pieces.append(piece)
        elif pieces and pieces[-1].endswith('"') and not repeated:
            pieces[-1] = pieces[-1][:-1] + _escaped(piece[-1])[1:]
        else:
            pieces.append(_escaped(piece[-1]))
    return " ".join(pieces)


def _escaped(sign: str) -> str:
    return '"\\""' if sign == '"' else f'"{sign}"'
