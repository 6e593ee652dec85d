"""What documents say of the tree is so: outcomes, keywords, readings, example plans and their tests."""

from __future__ import annotations

import re

import pytest
from tradeplan.dsl.check.sources import READINGS
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.foreign import foreign_names
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.events import OUTCOMES
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.settings import SETTINGS
from tradeplan.stdlib.registry import catalog

from tests.docs.beside import tool
from tests.docs.blocks import ROOT, blocks

LANGUAGE = ROOT / "docs" / "language.md"
BACKTEST = (ROOT / "docs" / "guide" / "backtest.md").read_text(encoding="utf-8")
KEYWORDS = sorted(set(re.findall(r'"([A-Z]{2,})"', (ROOT / "grammar" / "plan.lark").read_text(encoding="utf-8"))))
CATEGORIES: dict[str, tuple[str, ...]] = tool("knowledge").CATEGORIES


@pytest.mark.parametrize("outcome", [outcome for outcome in OUTCOMES if outcome != "sent"])
def test_an_outcome_is_told_to_who_reads_a_backtest(outcome: str) -> None:
    assert f"`{outcome}`" in BACKTEST


def test_no_outcome_is_told_that_there_is_not() -> None:
    table = BACKTEST.partition("| outcome | why |")[2].partition("\n\n")[0]
    words = {word for row in table.splitlines()[2:] for word in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert words == set(OUTCOMES) - {"sent"}


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_the_page_of_the_language_shows_every_keyword(keyword: str) -> None:
    shown = "\n".join(block.text for block in blocks(LANGUAGE))
    assert re.search(rf"\b{keyword}\b", shown + LANGUAGE.read_text(encoding="utf-8"))


def test_the_page_of_the_language_names_every_reading() -> None:
    text = LANGUAGE.read_text(encoding="utf-8")
    named = [f"{source}.{reading}" for source, readings in READINGS.items() for reading in readings]
    assert named
    assert [name for name in named if name not in text] == []


def test_the_page_of_management_shows_the_numbers_of_a_profile_as_they_are() -> None:
    table = next(b.text for b in blocks(ROOT / "docs" / "guide" / "managing.md") if b.words == ("toml",))
    section, shown = "", {}
    for line in table.splitlines():
        heading = re.match(r"\[(\w+)\]", line)
        number = re.match(r"(\w+) = ([\d.]+)", line)
        section = heading[1] if heading else section
        if number:
            shown[f"{section}.{number[1]}"] = float(number[2])
    assert shown == {key: setting.default for key, setting in SETTINGS.items()}


def _functions_of(name: str) -> set[str]:
    """The functions that a plan of plans/ names."""
    text = (ROOT / "plans" / f"{name}.plan").read_text(encoding="utf-8")
    checked = check_source(Source(name, text), catalog(), load_facts(), Graph())
    return {use.name for part in checked.elaborated for use in part.uses if use.function is not None}


@pytest.mark.parametrize(
    ("category", "plan"),
    [
        ("correlation", "btc_on_weak_dollar"),
        ("order flow", "btc_order_flow"),
        ("volatility", "btc_inside_bars"),
        ("institutional", "btc_cascade_and_breaker"),
        ("multi-timeframe", "btc_turn_on_two_views"),
        ("adaptive and news", "usdjpy_after_news"),
        ("momentum", "eurusd_momentum_decay"),
    ],
)
def test_a_category_has_a_plan_and_the_plan_a_test(category: str, plan: str) -> None:
    its = {function.name for function in catalog() if function.category in CATEGORIES[category]}
    # the plan of the first category asks for the change of another market, which is a function of any series
    assert _functions_of(plan) & (its | ({"change"} if category == "correlation" else set()))
    assert (ROOT / "tests" / "plans" / f"test_{plan}.py").is_file()


@pytest.mark.parametrize("ours", sorted(set(foreign_names().values())))
def test_what_is_offered_for_a_name_of_elsewhere_is_accepted(ours: str) -> None:
    crossing = ours.replace("a CROSSES", "close CROSSES").removesuffix(" b") + " open"
    asked = crossing if "CROSSES" in ours else ours if " = " in ours or ours.startswith("time ") else f"known({ours})"
    text = f"PLAN p TRADE btc ON M5\nWHEN rsi(14) < 30 THEN BUY RISK 0.5% STOP 2 ATR\nWHEN {asked} THEN CLOSE\n"
    checked = check_source(Source("p", text), catalog(), load_facts(), Graph())
    assert [d.message for d in checked.diagnostics if d.severity is Severity.ERROR] == []


@pytest.mark.parametrize("theirs", ["momentum_decay_trap", "news_absorption_filter", "bb_squeeze", "fair_value_gap"])
def test_a_name_of_elsewhere_is_told_what_it_is_called_here(theirs: str) -> None:
    text = f"PLAN p TRADE btc ON M5\nWHEN {theirs} THEN BUY RISK 0.5% STOP 2 ATR\n"
    checked = check_source(Source("p", text), catalog(), load_facts(), Graph())
    assert any(foreign_names()[theirs] in d.help for d in checked.diagnostics)


def test_the_readme_names_folders_and_pages_that_there_are() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where things are")[2]
    folders = re.findall(r"`([a-z/]+)/`", text)
    assert {"grammar", "dsl", "stdlib", "runtime", "plans", "tests", "docs"} <= set(folders)
    assert [name for name in folders if not (ROOT / name).is_dir()] == []
