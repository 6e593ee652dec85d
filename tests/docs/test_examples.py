"""Every plan that the documents show is one that the checker accepts, and every refused one is refused as they say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tradeplan.dsl.diagnostic import Diagnostic, Report, Severity
from tradeplan.dsl.format import format_file
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.parse import parse
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.docs.blocks import ROOT, Block, blocks, documents

TODAY = date(2026, 1, 1)
"""Fixed, so that an EXPIRES in an example does not make the suite fail one day."""

PLANS = sorted((ROOT / "plans").glob("*.plan"))
ALL = [block for path in documents() for block in blocks(path) if block.words[0] in ("plan", "plan-part")]


def _place(block: Block) -> str:
    return block.place


def _errors(name: str, text: str) -> list[Diagnostic]:
    checked = check_source(Source(name, text), catalog(), load_facts(), Graph(), TODAY)
    return [d for d in checked.diagnostics if d.severity is Severity.ERROR]


@pytest.mark.parametrize("block", [b for b in ALL if len(b.words) == 1], ids=_place)
def test_shown_plan_is_accepted(block: Block) -> None:
    errors = _errors(block.place, block.source)
    assert not errors, render_text(errors)


@pytest.mark.parametrize("block", [b for b in ALL if len(b.words) > 1], ids=_place)
def test_plan_that_is_shown_as_refused_is_refused_with_that_code(block: Block) -> None:
    assert {d.code for d in _errors(block.place, block.source)} == set(block.words[1:])


def test_the_page_about_the_language_shows_plans_pieces_and_refusals() -> None:
    shown = {(b.words[0], len(b.words) > 1) for b in ALL if b.place.startswith("docs/language.md")}
    assert shown >= {("plan", False), ("plan-part", False), ("plan-part", True)}


@pytest.mark.parametrize("path", PLANS, ids=lambda p: p.name)
def test_example_plan_is_accepted(path: Path) -> None:
    errors = _errors(path.name, path.read_text(encoding="utf-8"))
    assert not errors, render_text(errors)


@pytest.mark.parametrize("path", PLANS, ids=lambda p: p.name)
def test_example_plan_is_in_the_canonical_layout(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    assert format_file(parse(source, Report(source)), source) == source.text


@pytest.mark.parametrize("block", [b for b in ALL if b.words == ("plan",)], ids=_place)
def test_shown_plan_is_in_the_canonical_layout(block: Block) -> None:
    source = Source(block.place, block.text)
    assert format_file(parse(source, Report(source)), source) == source.text
