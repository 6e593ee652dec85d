"""Turns plan.lark into all that is derived from it: `python -m tradeplan.grammar.build` writes it beside the grammar.

These are the tables that the parser runs on, and the grammars that models write plans by (see `generation`).

Lark itself is needed here only. A process that checks a plan reads the tables from a file of plain JSON, which takes a
tenth of the time that importing Lark and building the parser takes, and which, unlike a pickle, cannot run anything.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift
from tradeplan.grammar.generation import gbnf_text, lark_text, read_grammar, spaced
from tradeplan.grammar.loader import GRAMMAR_FILE, TABLES_FILE

START_RULES = ("start", "expr")


def lark_parser(start: tuple[str, ...] = START_RULES) -> Lark:
    """The parser as Lark itself builds it: LALR(1) with the contextual lexer; it raises on any conflict."""
    return Lark(
        GRAMMAR_FILE.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=list(start),
        keep_all_tokens=True,
        maybe_placeholders=False,
        strict=False,
    )


def build_tables() -> dict[str, Any]:
    """The LALR tables, rules and terminals of the grammar, in an order that does not depend on the run."""
    lark = lark_parser()
    table = lark.parser.parser._parse_table
    rules = sorted(lark.rules, key=str)
    rule_index = {rule: i for i, rule in enumerate(rules)}
    order = _breadth_first(table)
    number = {state: i for i, state in enumerate(order)}
    states = [
        {
            name: number[argument] if action is Shift else -1 - rule_index[argument]
            for name, (action, argument) in sorted(table.states[state].items())
        }
        for state in order
    ]
    return {
        "starts": {name: number[table.start_states[name]] for name in START_RULES},
        "ends": {name: number[table.end_states[name]] for name in START_RULES},
        "states": states,
        "rules": [
            {
                "origin": str(rule.origin.name),
                "size": len(rule.expansion),
                "callback": rule.alias or str(rule.origin.name),
                "keep": bool(rule.alias) or not rule.options.expand1,
                "lists": [i for i, symbol in enumerate(rule.expansion) if symbol.name.startswith("__")],
            }
            for rule in rules
        ],
        "terminals": {
            terminal.name: {
                "text" if isinstance(terminal.pattern, PatternStr) else "pattern": str(terminal.pattern.value)
            }
            for terminal in sorted(lark.terminals, key=lambda t: t.name)
        },
    }


def _breadth_first(table: Any) -> list[int]:
    """Lark numbers states by the order of sets; walking them by sorted symbol gives every run the same numbers."""
    order = [table.start_states[name] for name in START_RULES]
    seen = set(order)
    for state in order:
        for _, (action, argument) in sorted(table.states[state].items()):
            if action is Shift and argument not in seen:
                seen.add(argument)
                order.append(argument)
    return order


def tables_text() -> str:
    """The tables as they stand in the file: one state or rule a line, so that a change of grammar can be read."""
    tables = build_tables()
    parts = []
    for key, value in tables.items():
        if isinstance(value, list):
            body = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in value)
            parts.append(f'"{key}":[\n{body}\n]')
        else:
            parts.append(f'"{key}":{json.dumps(value, separators=(",", ":"), sort_keys=True)}')
    return "{" + ",\n".join(parts) + "}\n"


def derived_files() -> dict[Path, str]:
    """Every file that is made from plan.lark, with what it should hold."""
    generation = spaced(read_grammar(GRAMMAR_FILE.read_text(encoding="utf-8")))
    return {
        TABLES_FILE: tables_text(),
        GRAMMAR_FILE.with_name("plan.gen.lark"): lark_text(generation),
        GRAMMAR_FILE.with_name("plan.gbnf"): gbnf_text(generation),
    }


if __name__ == "__main__":
    for path, text in derived_files().items():
        path.write_text(text, encoding="utf-8", newline="\n")
