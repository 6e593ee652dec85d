"""The one layout, spelt out; comments stay; reading it again gives the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tradeplan.dsl.format import FormatRefusedError, canonical_text, expression_text, format_file, same_tree
from tradeplan.dsl.nodes import And, Binary, File, Minus, Name, Not, Or
from tradeplan.dsl.parse.lexer import tokenize
from tradeplan.dsl.source import Span

from tests.dsl.parse.sketch import read
from tests.dsl.parse.trees import files

UGLY = """

# Buys Bitcoin.


# Second.
PLAN   btc_weak "Dollar down."   # why
TRADE btc
ON M5
PARAM drop=0.20 % FROM 0.05% TO 1 % STEP 0.05%
   # floor of the hour
LET floor = btc . H1 . support
WHEN dxy.change( 1 h )<- drop AND btc.holds(floor)  # holds
# still
AND M15.close>M15.ema(50) FOR 2bars AND OPTIONAL btc.imbalance( levels = 5 ) > 0.2 THEN BUY RISK 0.5% STOP floor-0.5ATR
TARGET 3 R TAKE 50% AT 1R # go
WHEN best>=1R THEN MOVE STOP TO entry
WHEN (a OR b) AND c THEN CLOSE 50%, # half
ALERT "gone"
COOLDOWN 2 h MAX 3 PER day # max

EXPIRES 2026-12-31 GUARD g
WHEN account.loss(day)>1000USD THEN FLATTEN,HALT FOR 1d
LET x = 1
# last

# very last"""

PRETTY = """\
# Buys Bitcoin.

# Second.
PLAN btc_weak "Dollar down."  # why
TRADE btc ON M5

PARAM drop = 0.20% FROM 0.05% TO 1% STEP 0.05%
# floor of the hour
LET floor = btc.H1.support

WHEN dxy.change(1h) < -drop
 AND btc.holds(floor)  # holds
 # still
 AND M15.close > M15.ema(50) FOR 2 bars
 AND OPTIONAL btc.imbalance(levels=5) > 0.2
THEN BUY RISK 0.5% STOP floor - 0.5 ATR TARGET 3R TAKE 50% AT 1R  # go

WHEN best >= 1R THEN MOVE STOP TO entry

WHEN (a OR b)
 AND c
THEN CLOSE 50%,  # half
     ALERT "gone"

COOLDOWN 2h
MAX 3 PER day  # max
EXPIRES 2026-12-31

GUARD g
WHEN account.loss(day) > 1000 USD THEN FLATTEN, HALT FOR 1d

LET x = 1
# last

# very last
"""


def laid_out(text: str) -> str:
    file, report = read(text)
    assert report.diagnostics == []
    return format_file(file, report.source)


@pytest.mark.smoke
def test_the_layout() -> None:
    assert laid_out(UGLY) == PRETTY
    assert laid_out(PRETTY) == PRETTY
    assert laid_out("\ufeff" + UGLY.replace("\n", "\r\n")) == PRETTY


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_nothing_stays_nothing(text: str) -> None:
    assert laid_out(text) == ""


def test_a_line_breaks_when_it_is_longer_than_88_columns() -> None:
    # WHEN, AND, THEN CLOSE and the blanks take 5 + 5 + 11 columns
    a, b = "a" * 33, "b" * 34
    head = "PLAN p\nTRADE btc ON M5\n\n"
    assert laid_out(f"{head}WHEN {a} AND {b} THEN CLOSE") == f"{head}WHEN {a} AND {b} THEN CLOSE\n"
    assert laid_out(f"{head}WHEN {a} AND {b}b THEN CLOSE") == f"{head}WHEN {a}\n AND {b}b\nTHEN CLOSE\n"
    long = "c" * 60
    assert laid_out(f"{head}LET x = {long} OR {long}") == f"{head}LET x = {long}\n OR {long}\n"
    alert = f'ALERT "{long}"'
    assert laid_out(f"{head}WHEN a THEN {alert}, {alert}") == f"{head}WHEN a\nTHEN {alert},\n     {alert}\n"


def test_parentheses_are_written_where_a_made_tree_needs_them() -> None:
    at = Span(0, 0)
    a, b, c = (Name(at, n) for n in "abc")
    assert expression_text(And(at, (Or(at, (a, b)), c))) == "(a OR b) AND c"
    assert expression_text(Not(at, And(at, (a, b)))) == "NOT (a AND b)"
    assert expression_text(Binary(at, "-", a, Binary(at, "-", b, c))) == "a - (b - c)"
    assert expression_text(Binary(at, "*", Binary(at, "+", a, b), Minus(at, c))) == "(a + b) * -c"


def test_canonical_text_has_no_comments_and_no_layout_of_the_author() -> None:
    file, _ = read(UGLY)
    again, _ = read(PRETTY.replace("# still", "# other"))
    assert "#" not in canonical_text(file.blocks[0])
    assert canonical_text(file.blocks[0]) == canonical_text(again.blocks[0])
    assert canonical_text(file.blocks[1]) == (
        "GUARD g\nWHEN account.loss(day) > 1000 USD THEN FLATTEN, HALT FOR 1d\n\nLET x = 1\n"
    )


def test_same_tree() -> None:
    file, _ = read(UGLY)
    assert same_tree(file, read(PRETTY)[0])
    assert not same_tree(file, read(PRETTY.replace("3 PER", "4 PER"))[0])
    assert not same_tree(file, read(PRETTY.replace("LET x = 1\n", ""))[0])
    assert not same_tree(file, read(PRETTY.replace("(a OR b)", "(a AND b)"))[0])


def test_it_refuses_to_write_what_reads_differently() -> None:
    file, report = read('PLAN p "t" TRADE btc ON M5')
    plan = file.blocks[0]
    assert plan.title is not None
    broken = replace(file, blocks=(plan._replace(title=plan.title._replace(text='t" TRADE eth ON M1 # ')),))
    with pytest.raises(FormatRefusedError, match=r"`t.plan` was left as it is"):
        format_file(broken, report.source)


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(files, st.randoms(use_true_random=False))
def test_comments_are_kept_and_a_second_time_changes_nothing(file: File, random: Any) -> None:
    tokens, _ = tokenize("\n".join(canonical_text(block) for block in file.blocks))
    count = 0
    text = ""
    for token in tokens:
        if random.random() < 0.1:
            text += f"{random.choice(['', chr(10), chr(10) * 2])}# c{count}{chr(10) * random.randint(1, 3)}"
            count += 1
        text += token.text + random.choice([" ", "\n", "  ", "\n\n\n"])
    read_file, report = read(text)
    assert report.diagnostics == []
    once = format_file(read_file, report.source)
    assert same_tree(read_file, file)
    assert sum(f"# c{i}\n" in once for i in range(count)) == count
    assert laid_out(once) == once
    assert once == "" or (once.endswith("\n") and not once.endswith("\n\n"))
    assert "\n\n\n" not in once
    assert not any(line != line.rstrip() for line in once.splitlines())
