"""The newcomer's path: an empty folder, a new plan, a check, a backtest on the simulator that shows trades."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli import backtest, check, demo, new


def _invoke(command: object, *arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command.command, [str(a) for a in arguments])  # type: ignore[attr-defined]
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.smoke
def test_from_an_empty_folder_to_trades(tmp_path: Path) -> None:
    plan = tmp_path / "first.plan"
    answers = ["--market", "btc", "--trigger", "rsi(14) CROSSES ABOVE 30", "--stop", "2 ATR", "--risk", "0.5%"]
    code, output = _invoke(new, plan, *answers, "--side", "buy")
    assert code == 0, output
    code, output = _invoke(check, plan)
    assert (code, "0 errors" in output) == (0, True), output
    report, trades = tmp_path / "r.json", tmp_path / "t.csv"
    code, output = _invoke(backtest, plan, "--days", 20, "--json", report, "--trades", trades)
    assert code == 0, output
    assert "simulated" in output
    figures = json.loads(report.read_text(encoding="utf-8"))
    rows = list(csv.DictReader(trades.open(encoding="utf-8")))
    assert len(rows) == len(figures["trades"]) > 0
    # the account is the sum of its trades, to the cent
    net = round(sum(float(r["net"]) for r in rows), 2)
    assert round(figures["balance"] - figures["initial_balance"], 2) == net


def test_a_plan_with_a_mistake_is_not_run(tmp_path: Path) -> None:
    plan = tmp_path / "x.plan"
    plan.write_text("PLAN x\nTRADE btc ON M5\nWHEN rsl(14) < 30\nTHEN BUY RISK 0.5% STOP 2 ATR\n", encoding="utf-8")
    code, output = _invoke(backtest, plan)
    assert code == 1
    assert "rsi" in output
    assert "nothing was run" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.plan"], "no file or folder"),
        (["PLAN", "--from", "yesterday"], "not a date"),
        (["PLAN", "--from", "2026-06-02", "--to", "2026-06-01"], "not before"),
        (["PLAN", "--data", "nowhere"], "is not a folder"),
        (["PLAN", "--balance", "-5"], "more than 0"),
    ],
)
def test_what_cannot_be_run_says_what_to_do(tmp_path: Path, arguments: list[str], words: str) -> None:
    plan = tmp_path / "x.plan"
    plan.write_text("PLAN x\nTRADE btc ON M5\nWHEN rsi(14) < 30\nTHEN BUY RISK 0.5% STOP 2 ATR\n", encoding="utf-8")
    code, output = _invoke(backtest, *[plan if a == "PLAN" else a for a in arguments])
    assert code == 2
    assert words in " ".join(output.split())


def test_the_demo_ends_with_what_to_do_next(tmp_path: Path) -> None:
    code, output = _invoke(demo, "--days", 6, "--keep", tmp_path / "d")
    assert code == 0, output
    assert "Next" in output
    assert (tmp_path / "d" / "run.db").exists()
