"""`plan backtest --report`: writes the page, and says in words why it could not."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from tradeplan.runtime.cli.backtest import command

from tests.runtime.report.world import PLAN, Page


def test_the_page_says_that_bars_were_simulated_and_with_what(tmp_path: Path) -> None:
    plan, page = tmp_path / "probe.plan", tmp_path / "out.html"
    plan.write_text(PLAN, encoding="utf-8")
    done = CliRunner().invoke(command, [str(plan), "--days", "5", "--report", str(page)])
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert "<b>Simulated bars.</b>" in text
    assert "simulated, 5 days, seed 7" in text
    assert Page(text).json("result-json")["initial_balance"] == 10_000.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.html", "probe.plan"]


def test_a_page_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    plan = tmp_path / "probe.plan"
    plan.write_text(PLAN, encoding="utf-8")
    done = CliRunner().invoke(command, [str(plan), "--days", "5", "--report", str(tmp_path / "absent" / "out.html")])
    assert done.exit_code == 2
    assert "cannot be written" in done.output
    assert "Traceback" not in done.output
