"""The grammars for constrained generation are up to date, and are grammars of the same language."""

from __future__ import annotations

from pathlib import Path
from random import Random

import llguidance
import pytest
from hypothesis import HealthCheck, given, settings
from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.format.statement import one_line
from tradeplan.dsl.nodes import File, Plan
from tradeplan.dsl.parse import parse
from tradeplan.dsl.source import Source
from tradeplan.grammar.build import derived_files
from tradeplan.grammar.loader import GRAMMAR_FILE

from tests.dsl.parse.trees import files
from tests.grammar.gbnf import Gbnf

GBNF = Gbnf(GRAMMAR_FILE.with_name("plan.gbnf").read_text("utf-8"))
LARK = llguidance.LLMatcher.grammar_from_lark(GRAMMAR_FILE.with_name("plan.gen.lark").read_text("utf-8"))
BYTES = llguidance.LLTokenizer("byte")
PLANS = sorted((Path(__file__).parents[2] / "plans").glob("*.plan"))

HEAD = "PLAN p TRADE btc ON M5\n"
REFUSED = [
    "PLAN p TRADE btc",
    "plan p TRADE btc ON M5",
    HEAD,
    HEAD + "WHEN close > open",
    HEAD + "WHEN close > open THEN BUY RISK 0.5%",
    HEAD + "WHEN  close > open THEN CLOSE",
    HEAD + "WHEN close>open THEN CLOSE",
    HEAD + "WHEN close > open then CLOSE",
    HEAD + "WHEN NOT a FOR 3 bars THEN CLOSE",
    HEAD + "WHEN a FOR 3bars THEN CLOSE",
    HEAD + "WHEN a FOR 3 h THEN CLOSE",
    HEAD + "WHEN close[n] > 3 THEN CLOSE",
    HEAD + "EXPIRES 2026-12",
    HEAD + "WHEN close > 12345678 THEN CLOSE",
    "GUARD g\nWHEN a THEN CLOSE",
    "# a comment",
]


@pytest.mark.parametrize("path", derived_files(), ids=lambda path: path.name)
def test_shipped_files_are_those_of_the_grammar(path: Path) -> None:
    # if this fails: python -m tradeplan.grammar.build
    assert path.read_text(encoding="utf-8") == derived_files()[path]


def in_one_form(file: File) -> str:
    """A file as the generation grammars spell it: a line for each statement, a blank line between blocks."""
    blocks = []
    for block in file.blocks:
        title = f' "{block.title.text}"' if block.title is not None else ""
        trade = f" TRADE {block.market.text} ON {block.timeframe.text}" if isinstance(block, Plan) else ""
        head = f"{'PLAN' if isinstance(block, Plan) else 'GUARD'} {block.name.text}{title}{trade}"
        blocks.append("\n".join([head, *map(one_line, block.items)]))
    return "\n\n".join(blocks)


def llguidance_accepts(text: str) -> bool:
    matcher = llguidance.LLMatcher(BYTES, LARK)
    assert not matcher.is_error(), matcher.get_error()
    data = list(text.encode())
    return matcher.try_consume_tokens(data) == len(data) and bool(matcher.is_accepting())


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_the_example_plans_can_be_generated(path: Path) -> None:
    source = Source(path.name, path.read_text("utf-8"))
    text = in_one_form(parse(source, Report(source)))
    assert text.count("\n") >= 2
    assert GBNF.accepts(text)
    assert llguidance_accepts(text)


@settings(max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(files)
def test_what_can_be_written_can_be_generated(file: File) -> None:
    text = in_one_form(file)
    assert GBNF.accepts(text), text
    assert llguidance_accepts(text), text


def test_what_can_be_generated_can_be_parsed() -> None:
    # drawn from the GBNF: the parser and llguidance's reading of the Lark file take each
    texts = [GBNF.sample(Random(seed)) for seed in range(100)]
    assert sum("WHEN" in text for text in texts) > 10
    for text in texts:
        source = Source("drawn", text)
        report = Report(source)
        parse(source, report)
        assert report.diagnostics == [], text
        assert GBNF.accepts(text), text
        assert llguidance_accepts(text), text


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_plan_or_has_other_blanks_cannot_be_generated(text: str) -> None:
    assert not GBNF.accepts(text)
    assert not llguidance_accepts(text)
