"""The file for language models leaves nothing out: every keyword, function, market, word and code stands in it."""

from __future__ import annotations

import re

import pytest
from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.dsl.diagnostic import diagnostic_kinds
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.docs.blocks import ROOT, blocks

PAGE = ROOT / "docs" / "KNOWLEDGE.md"
TEXT = PAGE.read_text(encoding="utf-8")
KEYWORDS = sorted(set(re.findall(r'"([A-Z]{2,})"', (ROOT / "grammar" / "plan.lark").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_every_keyword_stands_in_a_plan_that_is_shown(keyword: str) -> None:
    shown = "\n".join(block.text for block in blocks(PAGE) if block.words in (("plan",), ("plan-part",)))
    assert re.search(rf"\b{keyword}\b", shown)


def test_every_function_has_its_line() -> None:
    lines = re.findall(r"^- `([a-z_.0-9]+)[(`]", TEXT, re.MULTILINE)
    assert sorted(set(catalog().names()) - set(lines)) == []


def test_every_market_by_every_name() -> None:
    assert [name for name in load_facts().names() if f"`{name}`" not in TEXT] == []


def test_every_word_of_every_list() -> None:
    for name, words in ENUMERATIONS.items():
        line = next(line for line in TEXT.splitlines() if line.startswith(f"- {name}: "))
        assert [word for word in words if f"`{word}`" not in line] == []


def test_every_code() -> None:
    assert [kind.code for kind in diagnostic_kinds() if f"- `{kind.code}`" not in TEXT] == []


def test_the_seven_categories_have_examples() -> None:
    section = TEXT.partition("## The seven categories")[2].partition("\n## ")[0]
    parts = section.split("\n### ")[1:]
    assert len(parts) == 7
    assert all("```plan-part" in part for part in parts)
