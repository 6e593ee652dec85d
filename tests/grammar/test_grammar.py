"""The grammar file keeps its promises, and the tables that are shipped are the ones that it gives."""

from __future__ import annotations

import re

import pytest
from tradeplan.dsl.parse.build import BUILDERS
from tradeplan.grammar.build import lark_parser, tables_text
from tradeplan.grammar.loader import GRAMMAR_FILE, TABLES_FILE, load_tables

TEXT = GRAMMAR_FILE.read_text(encoding="utf-8")
RULES = "\n".join(line for line in TEXT.splitlines() if not line.startswith("//"))


def test_shipped_tables_are_those_of_the_grammar() -> None:
    # if this fails: python -m tradeplan.grammar.build
    assert TABLES_FILE.read_text(encoding="utf-8") == tables_text()


def test_lalr_without_conflicts() -> None:
    # Lark raises GrammarError on a reduce/reduce conflict and resolves shift/reduce silently unless it is told to raise
    rules = lark_parser(("start",)).rules
    assert len(rules) > 50
    assert not [rule for rule in rules if rule.options.priority]


def test_no_shift_reduce_conflict_is_resolved_silently(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    from lark import Lark, logger

    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(caplog.handler)
    try:
        Lark(TEXT, parser="lalr", lexer="contextual", start=["start", "expr"], debug=True)
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
    assert not [record for record in caplog.records if "conflict" in record.getMessage().lower()]


@pytest.mark.parametrize(
    "forbidden", [r"%declare", r"%override", r"%extend", r"^[A-Z_]+\.\d", r"\(\?[=!<]", r"\\b", r"\*\?", r"\+\?"]
)
def test_nothing_that_other_readers_do_not_know(forbidden: str) -> None:
    assert not re.search(forbidden, RULES, re.MULTILINE)


def test_every_repeat_in_a_terminal_is_bounded() -> None:
    patterns = [p for name, p in load_tables().patterns.items() if not name.startswith("__IGNORE")]
    for pattern in patterns:
        outside_classes = re.sub(r"\[[^\]]*\]", "c", pattern)
        assert not re.search(r"(?<!\\)[*+](?!\Z)|c[*+]", outside_classes.replace("(?:", "(")), pattern


def test_no_keyword_fully_matches_a_terminal_with_a_pattern() -> None:
    tables = load_tables()
    keywords = {text for text in tables.texts.values() if text.isalpha()} | {"BUY", "SELL"}
    assert len(keywords) > 40
    clashes = [
        (keyword, name)
        for keyword in keywords
        for name, pattern in tables.patterns.items()
        if name != "SIDE" and re.fullmatch(pattern, keyword)
    ]
    assert clashes == []


def test_no_alternative_of_unit_hides_a_longer_one() -> None:
    units = load_tables().patterns["UNIT"].split("|")
    hidden = [(a, b) for i, a in enumerate(units) for b in units[i + 1 :] if b.startswith(a)]
    assert hidden == []


def test_every_rule_has_its_builder_and_every_builder_its_rule() -> None:
    needed = {r.callback for r in load_tables().rules if not r.is_list and (r.keep or r.size > 1)}
    assert needed == set(BUILDERS)
