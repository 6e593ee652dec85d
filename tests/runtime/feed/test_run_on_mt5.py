"""`plan run --feed mt5` as a process, through the real bridge to the stand-in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.run import command

from tests.mt5.served import Served
from tests.runtime.feed.floor import HOUR, array_of, minutes

COIN = "PLAN coin\nTRADE btc ON M1\nWHEN close > sma(3) THEN BUY RISK 1% STOP 2 ATR\nWHEN held > 5m THEN CLOSE\n"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A terminal in real time, whose quotes move every tenth of a second."""
    now = time.time_ns() // 1_000_000
    end = now - now % HOUR + HOUR
    bars = {"BTCUSD": {"M1": array_of(minutes(["btc"], days=2, end=end)["btc"])}}
    symbols = [{"name": "BTCUSD", "digits": 2}]
    with Served(tmp_path / "terminal", symbols=symbols, bars=bars, now=now, zone="UTC", pace=1.0) as running:
        done = threading.Event()

        def quotes() -> None:
            while not done.wait(0.1):
                running.control("quote", "BTCUSD", 10_000.0, 10_010.0)

        thread = threading.Thread(target=quotes)
        thread.start()
        try:
            yield running
        finally:
            done.set()
            thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "coin.plan").write_text(COIN, encoding="utf-8")
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="a signal stops the process, which Windows has not")
def test_a_run_begins_stops_and_goes_on(served: Served, folder: Path) -> None:
    environment = {**os.environ, "TRADEPLAN_MT5_TOKEN": served.spawned._token}
    words = ["run", "plans", "--feed", "mt5", "--bridge", f"127.0.0.1:{served.spawned.port}", "--db", "state.db"]
    for came in ("begins", "goes on"):
        process = subprocess.Popen(
            [sys.executable, "-m", "tradeplan.runtime.cli", *words, "--history", "300"],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if "the feed goes on" in line:
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(20) == 0, (said, rest)
        assert said[-1].startswith(came), said
        assert "fills, stops and targets are tested on btc M1" in rest
        assert "halted" not in rest
        process.stderr.close()
    assert (folder / "state.db.bars" / "btc" / "M1").is_dir()
    assert served.spawned._token not in "".join([*said, rest])


def told(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, code: int = 2) -> str:
    """What `plan run` says when it refuses; the handlers of signals stay those of the tests."""
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    result = CliRunner().invoke(command, [str(folder / "plans"), *words, "--db", str(folder / "state.db")])
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit)
    return result.output


def test_without_a_token_it_says_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRADEPLAN_MT5_TOKEN", raising=False)
    said = told(folder, monkeypatch, "--feed", "mt5", "--bridge", "127.0.0.1:1")
    assert "TRADEPLAN_MT5_TOKEN is not set" in said


def test_where_no_bridge_answers_it_says_so_and_a_service_may_try_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 2, a mistake, the service files do not start it again; the terminal may only be later than the run."""
    monkeypatch.setenv("TRADEPLAN_MT5_TOKEN", "a-token-that-is-long-enough")
    said = told(folder, monkeypatch, "--feed", "mt5", "--bridge", "127.0.0.1:1", code=75)
    assert "the terminal does not answer" in said
    assert "long-enough" not in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--feed", "mt5", "--speed", "60"), "a terminal has its own time"),
        (("--bridge", "h:1"), "give --feed mt5"),
        (("--feed", "mt5", "--data", "."), "a replay needs bars"),
    ],
)
def test_options_that_do_not_go_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
) -> None:
    assert why in told(folder, monkeypatch, *words)
