"""`plan run --broker mt5`: only on the account that was named, real money only when it is meant."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.broker.account import BrokerError
from tradeplan.runtime.broker.limits import EXAMPLE, load_limits
from tradeplan.runtime.cli.run import command

from tests.mt5.served import Served
from tests.runtime.feed.floor import HOUR, array_of, minutes

PLAN = "PLAN coin\nTRADE btc ON M1\nWHEN close > sma(3) THEN BUY RISK 1% STOP 2 ATR\nWHEN held > 5m THEN CLOSE\n"


def refused(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    (folder / "plans").mkdir(exist_ok=True)
    result = CliRunner().invoke(command, [str(folder / "plans"), *words, "--db", str(folder / "state.db")])
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--broker", "mt5"), "give --feed mt5 with --broker mt5"),
        (("--feed", "mt5", "--broker", "mt5"), "--account LOGIN@SERVER"),
        (("--feed", "mt5", "--broker", "mt5", "--account", "1@A", "--real"), "real money needs --limits"),
        (("--feed", "mt5", "--account", "1@A"), "give --broker mt5"),
    ],
)
def test_options_that_do_not_go_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
) -> None:
    assert why in refused(tmp_path, monkeypatch, *words).replace("│ ", "")


@pytest.mark.skipif(sys.platform == "win32", reason="a signal stops the process, which Windows has not")
def test_a_run_attaches_to_the_named_account_and_to_no_other(tmp_path: Path) -> None:
    now = time.time_ns() // 1_000_000
    end = now - now % HOUR + HOUR
    bars = {"BTCUSD": {"M1": array_of(minutes(["btc"], days=2, end=end)["btc"])}}
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "coin.plan").write_text(PLAN, encoding="utf-8")
    symbols = [{"name": "BTCUSD", "digits": 2}]
    with Served(tmp_path / "terminal", symbols=symbols, bars=bars, now=now, zone="UTC", pace=1.0) as running:
        environment = {**os.environ, "TRADEPLAN_MT5_TOKEN": running.spawned._token}
        words = ["run", "plans", "--feed", "mt5", "--bridge", f"127.0.0.1:{running.spawned.port}", "--db", "state.db"]
        words += ["--broker", "mt5", "--history", "300", "--account"]
        state = running.control("state")
        login = state.get("login", 5_001)
        start = [sys.executable, "-m", "tradeplan.runtime.cli", *words]
        wrong = subprocess.run(
            [*start, "7@Elsewhere"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert wrong.returncode == 2
        assert "logged in to" in wrong.stderr
        process = subprocess.Popen(
            [*start, f"{login}@StandIn-Demo"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 40
        while not (told := attached(tmp_path / "state.db")) and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 0, said
    assert [(a["login"], a["server"]) for a in told] == [(login, "StandIn-Demo")], said


def attached(database: Path) -> list[dict[str, object]]:
    if not database.exists():
        return []
    try:
        with sqlite3.connect(database) as db:
            return [json.loads(r[0]) for r in db.execute("select body from event where kind = 'attached'")]
    except sqlite3.OperationalError:
        return []


def test_limits_say_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    with pytest.raises(BrokerError, match=r"limits.toml. cannot be read"):
        load_limits(path)
    path.write_text(EXAMPLE, encoding="utf-8")
    assert load_limits(path).lots == 1.0
    for bad, words in (
        (EXAMPLE.replace("lots = 1.0", "lots = -1.0", 1), "key `lots`: `-1.0`: input should be greater than 0"),
        (EXAMPLE.replace("risk = 5.0", "risk = 500.0"), "less than or equal to 100"),
        (EXAMPLE.replace("risk", "risks"), "key `risks` is not known"),
        (EXAMPLE.replace("distance", "#"), "key `distance` is missing"),
        ("lots = ", "is not TOML"),
    ):
        path.write_text(bad, encoding="utf-8")
        with pytest.raises(BrokerError, match=words):
            load_limits(path)
    path.write_bytes(EXAMPLE.encode("utf-16"))
    with pytest.raises(BrokerError, match="save it as UTF-8"):
        load_limits(path)
