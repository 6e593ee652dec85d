"""A page that may be passed on where the data may not: the figures of the whole one, and no price, bar or trade."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.cli.backtest import command
from tradeplan.runtime.report.page import render_report

from tests.runtime.report.world import PLAN, Page, page, run

WRITTEN = re.compile(r"1\.1\d{3}")


def figures_page() -> str:
    result, dataset = run()
    return render_report(result, dataset, analyse(result).as_dict(), figures_only=True)


def test_no_price_of_the_data_is_left() -> None:
    """All prices of that world lie from 1.0990 to 1.1070; what is left of such numbers is in the plan's own text."""
    result, _ = run()
    read = Page(figures_page())
    left = set(read.json("result-json"))
    assert left.isdisjoint({"trades", "equity_curve", "open_positions", "spoken", "alerts"})
    assert not any(attributes.get("id") == "view-json" for attributes, _ in read.scripts)
    text = figures_page()
    for trade in result.trades:
        assert repr(trade.entry) not in text
        assert repr(trade.exit) not in text
        assert str(trade.opened) not in text
    blocks = "".join(t for attributes, t in read.scripts if attributes.get("type") == "application/json")
    assert set(WRITTEN.findall(blocks)) <= set(WRITTEN.findall(PLAN))


def test_its_figures_are_those_of_the_whole_page() -> None:
    whole, reduced = Page(page()), Page(figures_page())
    assert reduced.json("analysis-json") == whole.json("analysis-json")
    for name in ("performance", "outcomes", "balance", "tested_on", "unknown"):
        assert reduced.json("result-json")[name] == whole.json("result-json")[name]
    shown = [(a.get("data-key"), text) for a, text in reduced.figures]
    assert shown == [(a.get("data-key"), text) for a, text in whole.figures]
    digests = [re.findall(r'<code class="digest">(\w+)</code>', p) for p in (figures_page(), page())]
    assert digests[0] == digests[1]


def test_it_runs_its_own_script_only_and_is_small() -> None:
    text = figures_page()
    read = Page(text)
    own = [t for attributes, t in read.scripts if attributes.get("type") != "application/json"]
    assert len(own) == 1
    assert f"'sha256-{base64.b64encode(hashlib.sha256(own[0].encode()).digest()).decode()}'" in text
    assert len(text) < len(page()) - 190_000, "without the library of charts"
    assert 'href="#trades"' not in text


def test_the_command_writes_it(tmp_path: Path) -> None:
    plan = tmp_path / "p.plan"
    plan.write_text("PLAN p TRADE btc ON H1\nWHEN close > ema(20) THEN BUY RISK 0.5% STOP 2 ATR\n", encoding="utf-8")
    told = CliRunner().invoke(
        command, [str(plan), "--days", "5", "--report", str(tmp_path / "p.html"), "--figures-only"]
    )
    assert told.exit_code == 0, told.output
    assert "equity_curve" not in json.dumps(Page((tmp_path / "p.html").read_text(encoding="utf-8")).json("result-json"))
    refused = CliRunner().invoke(command, [str(plan), "--figures-only"])
    assert refused.exit_code == 2
    assert "give both, or neither" in refused.output


@pytest.mark.parametrize("name", ["elements", "core", "theme", "equity", "positions", "market", "trades", "start"])
def test_no_name_of_a_script_is_made_twice(name: str) -> None:
    """The scripts become one: a second `const` of a name would end them all."""
    folder = files("tradeplan.runtime.report").joinpath("assets")
    made = re.compile(r"^(?:const|let|function) (\w+)", re.M)
    own = set(made.findall(folder.joinpath(f"{name}.js").read_text(encoding="utf-8")))
    for other in ("elements", "core", "theme", "equity", "positions", "market", "trades", "start"):
        if other != name:
            assert own.isdisjoint(made.findall(folder.joinpath(f"{other}.js").read_text(encoding="utf-8"))), other
