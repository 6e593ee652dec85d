"""`plan analyze` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.runtime.cli.running import plan

_PLAN = "PLAN good\nTRADE btc ON H1\n\nWHEN rsi(14) < 35 THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R\n"


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "good.plan").write_text(_PLAN, encoding="utf-8")
    return tmp_path


def test_the_simulator_is_analysed_and_written_twice_alike(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    files = []
    for name in ("a.json", "b.json"):
        run = plan("analyze", "good.plan", "--days", "60", "--json", name, folder=folder)
        assert run.returncode == 0, run.stderr.decode()
        files.append((folder / name).read_bytes())
        out = run.stdout.decode()
    assert files[0] == files[1]
    read = json.loads(files[0])
    assert read["digest"] in out
    assert f"{read['performance']['overall']['net']:,.2f}" in out
    for title in ("trades", "account", "risk of a day", "by hour", "clauses of good", "broker's midnight"):
        assert title in out
    assert "no calendar" in out


def test_time_by_function_changes_nothing_else(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    run = plan("analyze", "good.plan", "--days", "60", "--json", "a.json", folder=folder)
    timed = plan("analyze", "good.plan", "--days", "60", "--json", "b.json", "--time", folder=folder)
    assert run.returncode == timed.returncode == 0, timed.stderr.decode()
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes()
    out = timed.stdout.decode()
    assert "time by function" in out
    for name in ("rsi", "atr", "order loop"):
        assert f"\n{name} " in out
    assert "what the rules of good did; filled: " in out
    counts = json.loads((folder / "a.json").read_text(encoding="utf-8"))["counts"]["plans"]["good"]
    assert counts["rules"] == [{"rule": 0, "entry": counts["fills"]["entry"]}]


def test_mistakes_are_told_in_words(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "bad.csv").write_text("when\n1\n", encoding="utf-8")
    cases = {
        ("--calendar", "bad.csv"): "column `time` is missing",
        ("--calendar", "none.csv"): "cannot be read",
        ("--from", "2024-02-01", "--to", "2024-01-01"): "exchange them",
        ("--balance", "-5"): "expected more than 0",
        ("--data", "nowhere"): "nowhere",
    }
    for words, message in cases.items():
        run = plan("analyze", "good.plan", *words, folder=folder)
        assert run.returncode == 2, words
        told = " ".join(run.stderr.decode().split())
        assert message in told
        assert "Traceback" not in told
