"""Random trees survive being written and read; random damage never gives a traceback, always a place."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lark import Transformer
from lark.exceptions import UnexpectedInput
from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.format import canonical_text, expression_text, same_nodes
from tradeplan.dsl.nodes import File
from tradeplan.dsl.parse import parse_expression
from tradeplan.dsl.parse.build import BUILDERS
from tradeplan.dsl.parse.lexer import Token, tokenize
from tradeplan.dsl.repair import apply_fixes
from tradeplan.dsl.source import Source
from tradeplan.grammar.build import lark_parser

from tests.dsl.parse.sketch import read
from tests.dsl.parse.trees import expressions, files

LARK = lark_parser()
SLOW = settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))

EXAMPLE = """\
# Buys Bitcoin while the dollar slides.
PLAN btc_on_weak_dollar "Dollar down."
TRADE btc ON M5

PARAM drop = 0.2% FROM 0.05% TO 1% STEP 0.05%
LET floor = btc.H1.support

WHEN dxy.change(1h) < -drop
 AND M15.close > M15.ema(50) FOR 2 bars # steady
 AND OPTIONAL btc.imbalance(levels=5) > 0.2
 AND NOT (choch(bear) WITHIN 1h)
THEN BUY RISK 0.5% STOP floor - 0.5 ATR TARGET 3R TAKE 50% AT 1R
WHEN close[1] CROSSES BELOW at_entry(floor) OR time(new_york) >= 16:45 THEN CLOSE 50%, ALERT "gone"

COOLDOWN 2h
MAX 3 PER day
EXPIRES 2026-12-31
GUARD limits
WHEN account.drawdown(day) > 5% THEN FLATTEN, HALT FOR 1d
"""


class ToNodes(Transformer[Any, Any]):
    """Lark's own tree through the same builders."""

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
        return BUILDERS[str(data)](children)

    def __default_token__(self, token: Any) -> Any:
        return Token(token.type, str(token), token.start_pos, token.end_pos)


def by_lark(text: str) -> Any:
    """What Lark, with its contextual lexer, makes of the text; None if it refuses it."""
    try:
        tree = LARK.parse(text, start="start")
    except UnexpectedInput:
        return None
    return ToNodes().transform(tree)


def written(file: File) -> str:
    return "\n".join(canonical_text(block) for block in file.blocks)


@SLOW
@given(files)
def test_written_and_read_again(file: File) -> None:
    text = written(file)
    again, report = read(text)
    assert report.diagnostics == []
    assert same_nodes(file.blocks, again.blocks)
    assert by_lark(text) == again.blocks, "Lark's own parser and lexer give the same nodes in the same places"


@SLOW
@given(expressions)
def test_expressions_written_and_read_again(expression: Any) -> None:
    report = Report(Source("", expression_text(expression)))
    assert same_nodes(expression, parse_expression(report.source, report))


@SLOW
@given(files, st.randoms(use_true_random=False))
def test_blanks_and_comments_mean_nothing(file: File, random: Any) -> None:
    tokens, _ = tokenize(written(file))
    between = [" ", "\n", "\t", "\r\n", " # WHEN x THEN\n", '\n#"\n', "   "]
    text = "".join(t.text + random.choice(between) for t in tokens)
    again, report = read(text)
    assert report.diagnostics == []
    assert same_nodes(file.blocks, again.blocks)


WORDS = [t.text for t in tokenize(EXAMPLE)[0]] + [
    *'"#;()[]{}.,=<>!&|%$\\\n\r\t\0',
    "\u00a0",
    "\u201c",
    "\u2212",
    "\ud800",
    "é",
    "9" * 9,
]


def damaged(random: Any) -> str:
    """The example with one to four pieces dropped, doubled, swapped in or cut off, by letters or by words."""
    text = EXAMPLE
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(text))
        match random.randint(0, 5):
            case 0:
                text = text[:at] + text[at + random.randint(1, 12) :]
            case 1:
                text = text[:at] + random.choice(WORDS) + text[at:]
            case 2:
                text = text[:at] + f" {random.choice(WORDS)} " + text[at:]
            case 3:
                text = text[:at]
            case 4:
                end = at + random.randint(1, 30)
                text = text[:at] + text[at:end].swapcase() + text[end:]
            case _:
                end = at + random.randint(1, 30)
                text = text[:end] + text[at:end] + text[end:]
    return text


def check_damaged(text: str) -> None:
    file, report = read(text)
    for d in report.diagnostics:
        assert 0 <= d.span.start <= d.span.end <= len(text)
        report.source.position(d.span.start)
        for edit in (e for f in d.fixes for e in f.edits):
            assert 0 <= edit.span.start <= edit.span.end <= len(text)
    if not report.diagnostics:
        assert by_lark(text.replace("\ufeff", " ")) == file.blocks
    for _ in range(30):
        fixed = apply_fixes(text, report.diagnostics)
        if fixed == text:
            break
        text = fixed
        _, report = read(text)
    else:
        raise AssertionError("safe fixes go round in circles")
    assert not any(f.safe for d in report.diagnostics for f in d.fixes)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_damage(random: Any) -> None:
    check_damaged(damaged(random))


@SLOW
@given(st.text(max_size=60) | st.text(st.sampled_from([w for w in WORDS if len(w) == 1]), max_size=60))
def test_any_text(text: str) -> None:
    check_damaged(text)


@SLOW
@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_any_words(words: list[str]) -> None:
    check_damaged(" ".join(words))
