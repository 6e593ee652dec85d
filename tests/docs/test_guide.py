"""The guide is whole: its index lists every page once, and each category of conditions has a page that teaches it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.docs.beside import tool
from tests.docs.blocks import ROOT, blocks

GUIDE = ROOT / "docs" / "guide"
PAGES = sorted(path for path in GUIDE.glob("*.md") if path.name != "README.md")
CATEGORIES: dict[str, tuple[str, ...]] = tool("knowledge").CATEGORIES
TEACHES = {
    "correlation": "correlation.md",
    "order flow": "order-flow.md",
    "volatility": "volatility.md",
    "institutional": "structure.md",
    "multi-timeframe": "timeframes.md",
    "adaptive and news": "news.md",
    "momentum": "momentum.md",
}


def test_the_index_lists_every_page_once_and_in_order() -> None:
    text = (GUIDE / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(\d+)\. \[[^\]]+\]\(([^)#/]+)\)", text, re.MULTILINE)
    assert [int(number) for number, _ in listed] == list(range(1, len(PAGES) + 1))
    assert sorted(name for _, name in listed) == [path.name for path in PAGES]


def test_there_are_seven_categories() -> None:
    assert set(TEACHES) == set(CATEGORIES)


@pytest.mark.parametrize("category", TEACHES)
def test_a_page_names_every_function_of_its_category(category: str) -> None:
    text = (GUIDE / TEACHES[category]).read_text(encoding="utf-8")
    names = [function.name for function in catalog() if function.category in CATEGORIES[category]]
    assert names
    assert [name for name in names if not re.search(rf"(?<!\w){re.escape(name)}\b", text)] == []


@pytest.mark.parametrize("category", TEACHES)
def test_a_page_teaches(category: str) -> None:
    page = GUIDE / TEACHES[category]
    headings = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert {"A plan", "Mistakes"} <= set(headings)
    assert any(heading.startswith("When ") for heading in headings)


WHOLE = [(path, block) for path in PAGES for block in blocks(path) if block.words == ("plan",)]


@pytest.mark.parametrize(("path", "block"), WHOLE, ids=lambda value: value.place if hasattr(value, "place") else "")
def test_a_whole_plan_has_no_warning(path: Path, block) -> None:
    checked = check_source(Source(path.name, block.text), catalog(), load_facts(), Graph(), date(2026, 1, 1))
    assert [f"{d.code}: {d.message}" for d in checked.diagnostics] == []


def _written() -> list[tuple[str, str]]:
    """What the tables of conditions tell to write: the code of their last column."""
    found = []
    for name in TEACHES.values():
        section = (GUIDE / name).read_text(encoding="utf-8").partition("## The conditions")[2].partition("\n## ")[0]
        for row in section.splitlines():
            codes = re.findall(r"`([^`]+)`", row.strip("| ").rpartition(" | ")[2]) if row.startswith("|") else []
            found += [(name, code) for code in codes if not code.startswith(".") and "..." not in code]
    return found


def test_the_tables_are_read() -> None:
    assert {name for name, _ in _written()} >= set(TEACHES.values()) - {"structure.md"}
    assert len(_written()) >= 45


@pytest.mark.parametrize(("name", "code"), _written())
def test_what_a_table_tells_to_write_is_accepted(name: str, code: str) -> None:
    text = f"PLAN p TRADE btc ON M5\nWHEN known({code}) THEN BUY RISK 0.5% STOP 2 ATR\n"
    checked = check_source(Source(name, text), catalog(), load_facts(), Graph())
    assert checked.ok, [diagnostic.message for diagnostic in checked.diagnostics]
