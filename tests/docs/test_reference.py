"""The generated pages say what is registered now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from tradeplan.dsl.catalog import Function
from tradeplan.stdlib.registry import catalog

ROOT = Path(__file__).resolve().parents[2]


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("name", ["functions.md", "diagnostics.md", "../KNOWLEDGE.md", "../../plans/README.md"])
def test_page_is_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == GENERATOR.pages()[name], "`python tools/reference.py` writes the pages anew"


@pytest.mark.parametrize("function", list(catalog()), ids=lambda function: function.name)
def test_every_function_has_a_place_with_its_example(function: Function) -> None:
    page = (ROOT / "docs" / "reference" / "functions.md").read_text(encoding="utf-8")
    assert f"\n### {function.name}\n" in page
    assert f"\n{function.example}\n" in page


def test_every_code_that_is_declared_in_the_tree_is_listed() -> None:
    page = (ROOT / "docs" / "reference" / "diagnostics.md").read_text(encoding="utf-8")
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
    assert GENERATOR.bars_needed(catalog()[name]) == bars
