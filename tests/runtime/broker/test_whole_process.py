"""`plan run --feed mt5 --broker mt5` as a process over TCP: it sends an order, people watch, halt and flatten it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.mt5.served import Control, Served
from tests.runtime.cli.running import plan
from tests.runtime.feed.floor import HOUR, array_of, minutes

PLAN = """PLAN {name}
TRADE btc ON M1
WHEN time = {first} OR time = {second} OR time = {third} THEN BUY 0.1 lots STOP 5%
"""
ACCOUNT = "5001@StandIn-Demo"
MINUTE = 60_000
SPEED = 4
RUN = f"""
import time
real, begun = time.time_ns, time.time_ns()
time.time_ns = lambda: begun + (real() - begun) * {SPEED}
from tradeplan.runtime.feed.wall import Wall
Wall.steady = lambda self: time.time_ns() / 1e9
from tradeplan.runtime.cli import main
main()
"""
"""`plan` by a clock that runs faster, as the terminal's market does: a rule needs two bars of a minute."""


class Live:
    """A terminal whose market moves, and `plan` in a folder over it."""

    def __init__(self, folder: Path, served: Served) -> None:
        self.folder, self.served = folder, served
        self.bridge = f"127.0.0.1:{served.spawned.port}"
        self.environment = {**os.environ, "TRADEPLAN_MT5_TOKEN": served.spawned._token}
        self.log = folder / "said.txt"

    def start(self) -> subprocess.Popen[bytes]:
        """`plan run` as a child."""
        words = ["run", "plans", "--feed", "mt5", "--broker", "mt5", "--account", ACCOUNT, "--bridge", self.bridge]
        words += ["--db", "state.db", "--history", "300"]
        with self.log.open("ab") as book:
            return subprocess.Popen(
                [sys.executable, "-c", RUN, *words],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=book,
            )

    def do(self, *words: str) -> str:
        """Another `plan` command, which must succeed; what it printed."""
        done = plan(*words, folder=self.folder, environment=self.environment)
        assert done.returncode == 0, (done.stdout, done.stderr, self.log.read_text("utf-8"))
        return done.stdout.decode()

    def until(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the terminal's state is so."""
        deadline = time.monotonic() + 180  # it is 20 where nothing else is busy
        while not what(state := self.served.control.state()):
            assert time.monotonic() < deadline, (state["positions"], self.log.read_text("utf-8"))
            time.sleep(0.1)
        return state


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A terminal whose clock is half a minute before a minute, and quotes that move ten times a second."""
    now = time.time_ns() // 1_000_000
    ahead = 30_000 - now % MINUTE  # what a clock may be ahead or behind: a run goes by the broker's
    end = now - now % HOUR + 2 * HOUR
    rates = array_of(minutes(["btc"], days=2, end=end)["btc"])
    price = round(float(rates["close"][rates["time"] <= now // 1000][-1]), 2)
    symbols = [{"name": "BTCUSD", "digits": 2, "contract": 1.0, "calc_mode": 4, "spread": 1000}]
    bars = {"BTCUSD": {"M1": rates}}
    with Served(tmp_path / "terminal", symbols=symbols, bars=bars, now=now + ahead, zone="UTC", pace=SPEED) as served:
        done = threading.Event()
        port = int((tmp_path / "terminal" / "control.port").read_text("utf-8"))

        def quotes() -> None:
            hands = Control(port)
            while not done.wait(0.1):
                hands("quote", "BTCUSD", price, price + 10.0)
            hands.close()

        thread = threading.Thread(target=quotes)
        thread.start()
        (tmp_path / "plans").mkdir()
        told = [datetime.fromtimestamp((now + ahead + n * MINUTE) // 1000, UTC).strftime("%H:%M") for n in (2, 4, 6)]
        for name in ("one", "two"):
            text = PLAN.format(name=name, first=told[0], second=told[1], third=told[2])
            (tmp_path / "plans" / f"{name}.plan").write_text(text, encoding="utf-8")
        try:
            yield Live(tmp_path, served)
        finally:
            done.set()
            thread.join()


def fills(live: Live) -> list[tuple[str, str]]:
    """Plan and reason of what the database holds."""
    with sqlite3.connect(live.folder / "state.db") as db:
        found = db.execute("select plan, reason from fill order by time, plan").fetchall()
    db.close()
    return found


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process is hung by a signal that Windows has not")
def test_an_order_over_tcp_is_watched_halted_flattened_and_closed_without_a_run_that_hangs(live: Live) -> None:
    process = live.start()
    try:
        state = live.until(lambda s: len(s["positions"]) == 2)
        assert [p["volume"] for p in state["positions"]] == [0.1, 0.1]
        assert all(p["sl"] > 0.0 for p in state["positions"])
        deadline = time.monotonic() + 20
        while len(shown := json.loads(live.do("status", "--db", "state.db", "--json"))["positions"]) < 2:
            assert time.monotonic() < deadline, shown
        assert {p["plan"] for p in shown} == {"one", "two"}
        live.do("halt", "--db", "state.db")
        live.do("flatten", "one", "--db", "state.db", "--yes")
        live.until(lambda s: len(s["positions"]) == 1)
        assert json.loads(live.do("status", "--db", "state.db", "--json"))["held"] == [""]
        process.send_signal(signal.SIGSTOP)
        nobody = plan(
            "flatten", "--db", "state.db", "--yes", "--wait", "0.5", folder=live.folder, environment=live.environment
        )
        assert nobody.returncode == 2, "a run that hangs answers nobody"
        live.do("flatten", "--direct", "--account", ACCOUNT, "--bridge", live.bridge, "--yes")
        assert live.served.control.state()["positions"] == []
        process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 20
        while len(fills(live)) < 4:
            assert time.monotonic() < deadline, live.log.read_text("utf-8")
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, live.log.read_text("utf-8")
    finally:
        process.kill()
        process.wait(10)
    assert sorted(fills(live)) == [("one", "close"), ("one", "entry"), ("two", "close"), ("two", "entry")]
    assert live.served.control.state()["positions"] == [], "a halted run opens nothing again"
    assert live.environment["TRADEPLAN_MT5_TOKEN"] not in live.log.read_text("utf-8")
