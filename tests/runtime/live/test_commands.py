"""`plan run` and `plan status` as processes: stopped by a signal, seen from outside, refused in words."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.status import command as status
from tradeplan.runtime.store.database import StoreError, open_database
from tradeplan.runtime.store.snapshot import read_status

PLAN = "PLAN one\nTRADE btc ON M1\nWHEN close > sma(20) THEN BUY RISK 1% STOP 2 ATR\nWHEN held > 30m THEN CLOSE\n"


def _run(folder: Path, *more: str) -> subprocess.Popen[str]:
    plans = folder / "plans"
    plans.mkdir(exist_ok=True)
    (plans / "one.plan").write_text(PLAN, encoding="utf-8")
    words = ["run", str(plans), "--db", str(folder / "run.db"), "--days", "3", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "tradeplan.runtime.cli", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _wait_for_time(database: Path, seconds: float = 40.0) -> int:
    """Until the run has handled something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if database.exists():
            with contextlib.suppress(StoreError):  # the tables are being made
                found = read_status(database)
                if found.running and found.decisions:
                    return found.time
        time.sleep(0.05)
    raise AssertionError("the run did not begin")


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to another process is a kill on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_cleanly_and_a_second_run_is_refused_meanwhile(tmp_path: Path, number: signal.Signals) -> None:
    # an hour a second: three days take 72 seconds, so it is certainly running when the signal comes
    first = _run(tmp_path, "--speed", "3600")
    try:
        seen = _wait_for_time(tmp_path / "run.db")
        second = _run(tmp_path, "--speed", "max")
        _, words = second.communicate(timeout=60)
        assert second.returncode == 2
        assert "another `plan run` uses" in words
        first.send_signal(number)
        _, words = first.communicate(timeout=60)
    finally:
        first.kill()
    assert first.returncode == 0
    assert "stopped at" in words
    assert "the same command goes on from here" in words
    left = read_status(tmp_path / "run.db")
    assert left.running is False
    assert left.time >= seen


def test_status_in_json_holds_what_the_table_shows(tmp_path: Path) -> None:
    run = _run(tmp_path)
    _, words = run.communicate(timeout=120)
    assert run.returncode == 0, words
    told = CliRunner().invoke(status, ["--db", str(tmp_path / "run.db"), "--json"])
    assert told.exit_code == 0, told.output
    body = json.loads(told.output)
    assert [p["name"] for p in body["plans"]] == ["one"]
    assert body["running"] is False
    table = CliRunner().invoke(status, ["--db", str(tmp_path / "run.db")])
    assert f"balance {body['balance']:,.2f}" in table.output
    assert "one" in table.output


def _newer(path: Path) -> None:
    db = open_database(path)
    db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('tradeplan', 'm9999', 'now')")
    db.close()


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("create table other (a)")
    db.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: None, "there is no database"),
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: p.write_bytes(b""), "holds no run"),
        (lambda p: p.write_bytes(b"no database at all" * 100), "not a database"),
        (_foreign, "holds no run"),
        (lambda p: open_database(p).close(), "is empty"),
        (_newer, "newer tradeplan"),
    ],
)
def test_a_file_that_shows_nothing_is_refused_in_words(tmp_path: Path, make: object, words: str) -> None:
    assert callable(make)
    make(tmp_path / "x.db")
    told = CliRunner().invoke(status, ["--db", str(tmp_path / "x.db")])
    assert told.exit_code == 2
    assert words in told.output
    assert "Traceback" not in told.output
