"""The generated pages say what is registered now, and a function that is added has its page at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.dsl.catalog import Function
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog, load_catalog

from tests.docs.beside import tool
from tests.docs.blocks import ROOT, Block
from tests.stdlib.laws.test_discovery import GOOD

FOLDER = ROOT / "docs" / "reference"
GENERATOR = tool("reference")
PAGES: dict[str, str] = GENERATOR.pages()


def test_every_page_is_up_to_date() -> None:
    old = [name for name, text in PAGES.items() if _written(name) != text]
    assert old == [], "`python tools/reference.py` writes the pages anew"
    assert GENERATOR.left_over(PAGES) == []


def _written(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_a_page_of_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GENERATOR, "FOLDER", tmp_path)
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "gone.md").write_text("# gone\n", encoding="utf-8")
    (tmp_path / "functions" / "rsi.md").write_text("# rsi\n", encoding="utf-8")
    assert GENERATOR.left_over(PAGES) == ["functions/gone.md"]


@pytest.mark.parametrize("function", list(catalog()), ids=lambda function: function.name)
def test_a_function_has_a_page_that_says_all_of_it(function: Function) -> None:
    page = PAGES[f"functions/{function.name.replace('.', '_')}.md"]
    assert page.startswith(f"# {function.name}\n")
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert [h for h in headings if h != "Beside it"] == ["Definition", "Takes", "Gives", "Data", "Example", "Source"]
    assert f"\n```plan-part\n{function.example}\n```\n" in page
    assert function.summary in page
    assert f"**Without data**: {function.without_data}" in page
    for parameter in function.parameters:
        assert f"\n| `{parameter.name}` | " in page
    for output in function.outputs if len(function.outputs) > 1 else ():
        assert f"\n| `.{output.name}`" in page
    assert f"(functions/{function.name.replace('.', '_')}.md)" in PAGES["functions.md"]


@pytest.mark.parametrize("function", list(catalog()), ids=lambda function: function.name)
def test_an_example_gives_no_warning(function: Function) -> None:
    block = Block(("plan-part",), function.example + "\n", function.name)
    found = check_source(Source(function.name, block.source), catalog(), load_facts(), Graph()).diagnostics
    # a number of the profile is constant, and so is what compares it with another
    assert [d.message for d in found if not (function.fixed and d.code == "constant-condition")] == []


def test_a_function_in_a_folder_of_ones_own_has_its_page(tmp_path: Path) -> None:
    (tmp_path / "travel.py").write_text(GOOD, encoding="utf-8")
    extended = load_catalog(tmp_path)
    pages = tool("function_pages").pages(extended)
    assert set(pages) - set(PAGES) == {"functions/travel.md"}
    page = pages["functions/travel.md"]
    assert "\n`travel(period=5, source=close)`\n" in page
    assert "\n| `period` | count | `5` | 1 to 5000 | how many bars |\n" in page
    assert "\n- **Bars of M5 before the first value**: 6\n" in page  # five bars ago, and this one
    assert "\nWHEN travel > 2 ATR THEN ALERT\n" in page
    assert "[`travel`](functions/travel.md) | value | `close` of bars | How far the last" in pages["functions.md"]


def test_what_a_function_reads_comes_from_what_it_is_made_of() -> None:
    def reads(name: str) -> str:
        return PAGES[f"functions/{name}.md"].partition("**Reads**: ")[2].partition("\n")[0]

    assert reads("sma") == "`close` of bars"
    assert reads("imbalance") == "order book"
    assert reads("delta") == "trades with the aggressor's side (with `by=tick_rule` ticks)"
    assert reads("news_pre_level") == "`close` of bars; calendar of news"
    assert reads("htf_fvg_align") == "`close`, `high`, `low` of bars; on M5, M30, whatever the view"
    assert reads("known") == "its arguments"
    assert reads("breakeven_stop") == "the position"


def test_every_code_that_is_declared_in_the_tree_is_listed() -> None:
    page = PAGES["diagnostics.md"]
    texts = [p.read_text(encoding="utf-8") for folder in ("dsl", "runtime") for p in (ROOT / folder).rglob("*.py")]
    codes = {part.lstrip().split('"')[1] for text in texts for part in text.split("= diagnostic_kind(")[1:]}
    assert len(codes) > 20
    assert [code for code in sorted(codes) if f"| `{code}` |" not in page] == []


@pytest.mark.parametrize(
    ("name", "bars"),
    [
        ("sma", 20),  # twenty values
        ("rsi", 15),  # fourteen changes have fifteen closes
        ("macd", 34),  # 26 for the slow average, 8 more for nine of its differences
        ("holds", 24),  # atr(14) is known from bar 15 on, and ten bars must know it
    ],
)
def test_bars_needed_are_those_of_the_definition(name: str, bars: int) -> None:
    assert tool("function_pages").bars_needed(catalog()[name]) == bars
