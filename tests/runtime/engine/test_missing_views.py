"""A view without data is an error or a warning, and the checker says the same of it as the backtest."""

from __future__ import annotations

import pytest
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.views_read import views_without_bars
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import dataset_of, ramp

DATA = dataset_of(ramp(300))
STORED = {"btc": DATA.timeframes("btc")}
ENTRY = "THEN BUY RISK 0.5% STOP 2 ATR"


def plan(condition: str, more: str = "", entry: str = ENTRY) -> str:
    return f"PLAN p TRADE btc ON M1\n{more}WHEN {condition} {entry}\n"


NEEDED = [
    plan("dxy.H1.close > 100"),
    plan("close > open AND dxy.H1.change(3 bars) < 0%"),
    plan("close > open AND OPTIONAL dxy.H1.close > 100 AND dxy.H1.close > 90"),
    plan("close > open AND known(dxy.H1.close) AND dxy.H1.close > 100"),
    plan("close > open AND dollar > 100", "LET dollar = dxy.H1.close\n"),
    plan("close > open", entry="THEN BUY RISK 0.5% STOP 10 * dxy.H1.atr(14) / dxy.H1.atr(5) * atr"),
    plan("close > open") + "WHEN dxy.H1.close > 100 THEN CLOSE\n",
    plan("close > open") + "GUARD g\nWHEN dxy.H1.close > 100 THEN HALT\n",
]
NOT_NEEDED = [
    plan("close > open AND OPTIONAL dxy.H1.close > 100"),
    plan("close > open AND OPTIONAL weak", "LET weak = dxy.H1.change(3 bars) < 0%\n"),
    plan("close > open AND NOT known(dxy.H1.close)"),
    plan("close > open AND (known(dxy.H1.close) OR close > 3)"),
    plan("close > open AND OPTIONAL corr_confirmed(dxy.H1.close)"),
]


def said(text: str) -> tuple[set[str], set[str]]:
    """What the checker says with the views that are stored, by severity."""
    checked = check_source(Source("t", text), catalog(), load_facts(timeframes=STORED), Graph())
    codes = {severity: {d.code for d in checked.diagnostics if d.severity is severity} for severity in Severity}
    return codes[Severity.ERROR], codes[Severity.WARNING]


def run_says(text: str) -> tuple[bool, bool]:
    """Whether a run would have errors and warnings about views."""
    checked = check_source(Source("t", text), catalog(), load_facts(), Graph())
    assert checked.ok, [d.message for d in checked.diagnostics]
    errors, warnings = views_without_bars((*checked.plans, *checked.guards), DATA, None, None)
    return bool(errors), bool(warnings)


@pytest.mark.parametrize("text", NEEDED)
def test_a_needed_view_is_an_error_of_both(text: str) -> None:
    errors, warnings = said(text)
    assert (errors, "no-optional-data" in warnings) == ({"no-data"}, False)
    assert run_says(text)[0]


@pytest.mark.parametrize("text", NOT_NEEDED)
def test_a_view_that_may_lack_is_a_warning_of_both(text: str) -> None:
    errors, warnings = said(text)
    assert (errors, "no-optional-data" in warnings) == (set(), True)
    assert run_says(text) == (False, True)


def test_what_an_expansion_reads_is_said_where_the_plan_calls_it() -> None:
    text = (
        "PLAN p TRADE btc ON M5\nWHEN close > open THEN BUY RISK 0.5% STOP 2 ATR\nWHEN exit_signal >= high THEN CLOSE\n"
    )
    stored = {"btc": ("M5", "M15", "H1")}
    checked = check_source(Source("t", text), catalog(), load_facts(timeframes=stored), Graph())
    (one,) = checked.diagnostics
    assert (one.code, one.found) == ("no-data", "btc.M1")
    assert text[one.span.start : one.span.end] == "exit_signal"
