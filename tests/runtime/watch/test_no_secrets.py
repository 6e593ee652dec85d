"""No secret is told: a whole run on a terminal with every secret set, its arguments, files, answers and tracebacks."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli._watching import watched
from tradeplan.runtime.cli.db import command as db_command
from tradeplan.runtime.cli.service import command as service
from tradeplan.runtime.cli.status import command as status
from tradeplan.runtime.mt5.server import Package
from tradeplan.runtime.watch.heartbeat import Heartbeat
from tradeplan.runtime.watch.watching import Watching

from tests.mt5.served import Served
from tests.runtime.broker.test_run_with_broker import PLAN
from tests.runtime.feed.floor import HOUR, array_of, minutes
from tests.runtime.watch.web import web

MAIL, CHAT, BEAT, PASSWORD = "mailpass5ecret11", "987654:AAchat5ecret22", "beat5ecret33", "hunter5ecret44"


def pids(first: int) -> list[int]:
    """A process and all that it started, as Linux tells."""
    found = [first]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in task.read_text(encoding="ascii").split()]
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="a signal stops the process, which Windows has not")
def test_a_whole_run_tells_no_secret(tmp_path: Path) -> None:
    now = time.time_ns() // 1_000_000
    end = now - now % HOUR + HOUR
    bars = {"BTCUSD": {"M1": array_of(minutes(["btc"], days=2, end=end)["btc"])}}
    folder = tmp_path / "run"
    (folder / "plans").mkdir(parents=True)
    (folder / "plans" / "coin.plan").write_text(PLAN, encoding="utf-8")
    market: dict[str, Any] = {"symbols": [{"name": "BTCUSD", "digits": 2}], "bars": bars}
    given = {"TRADEPLAN_MT5_LOGIN": "5001", "TRADEPLAN_MT5_PASSWORD": PASSWORD}
    with (
        web() as heard,
        Served(
            tmp_path / "terminal", **market, now=now, zone="UTC", pace=1.0, password=PASSWORD, environment=given
        ) as terminal,
    ):
        heard.answer = 500  # whoever cannot be reached is told of
        token, port = terminal.spawned._token, heard.port
        environment = {
            **os.environ,
            **given,
            "TRADEPLAN_MT5_TOKEN": token,
            "TRADEPLAN_NOTIFY": f"json://me:{MAIL}@127.0.0.1:{port}/hook tgram://{CHAT}/4455667",
            "TRADEPLAN_HEARTBEAT": f"http://127.0.0.1:{port}/{BEAT}",
        }
        words = ["run", "plans", "--feed", "mt5", "--broker", "mt5", "--account", "5001@StandIn-Demo"]
        words += ["--bridge", f"127.0.0.1:{terminal.spawned.port}", "--history", "300", "--db", "state.db"]
        words += ["--log-json", "--heartbeat", "--notify", "--metrics", "0"]
        process = subprocess.Popen(
            [sys.executable, "-m", "tradeplan.runtime.cli", *words],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "fills, stops and targets" in line:
                break
        arguments = ""
        if sys.platform == "linux":
            ours = [*pids(process.pid), *pids(terminal.spawned.process.pid)]
            arguments = "\n".join(Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8") for pid in ours)
            assert "--heartbeat" in arguments
        shown = [CliRunner().invoke(status, ["--db", str(folder / "state.db"), *more]) for more in ([], ["--json"])]
        process.send_signal(signal.SIGTERM)
        output, rest = process.communicate(timeout=30)
        assert process.returncode == 0, (said, rest)
    shown += [CliRunner().invoke(db_command, ["verify", "--db", str(folder / "state.db"), "--json"])]
    shown += [CliRunner().invoke(service, [system, "--", *words]) for system in ("systemd", "windows")]
    assert [told.exit_code for told in shown] == [0] * 5
    texts = {"log": "".join([*said, rest]), "output": output, "arguments": arguments}
    texts |= {f"command {i}": told.output for i, told in enumerate(shown)}
    assert "the heartbeat was not heard" in texts["log"]
    assert all(json.loads(line)["event"] for line in texts["log"].splitlines() if line.startswith("{"))
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert {"state.db", "state.db.lock"} <= {p.name for p in files}
    for secret in (token, MAIL, CHAT, CHAT.split(":")[1], BEAT, PASSWORD):
        for name, text in texts.items():
            assert secret not in text, (secret, name)
        for path in files:
            assert secret.encode() not in path.read_bytes(), (secret, path)
    assert token not in terminal.log.read_text(encoding="utf-8")
    assert PASSWORD not in terminal.log.read_text(encoding="utf-8")


def test_a_traceback_is_told_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of the program in the command and in one of its threads: both are told, and neither with an address."""
    monkeypatch.setenv("TRADEPLAN_NOTIFY", f"json://me:{MAIL}@127.0.0.1:1/hook")

    @click.command()
    @watched
    def fails(watching: Watching) -> None:
        def in_thread() -> None:
            raise KeyError(f"json://me:{MAIL}@127.0.0.1:1/hook")

        thread = threading.Thread(target=in_thread, name="worker")
        thread.start()
        thread.join()
        raise KeyError(f"login {MAIL} was not taken")

    before = threading.excepthook
    told = CliRunner().invoke(fails, [])
    assert told.exit_code == 1
    assert "exception in worker" in told.output
    assert told.output.count("Traceback") == 2
    assert told.output.count("\nKeyError: ") == 2
    assert "login [secret] was not taken" in told.output
    assert MAIL not in told.output
    assert threading.excepthook is before


def test_a_package_that_raises_does_not_repeat_the_password() -> None:
    class Raising:
        def initialize(self, **given: Any) -> bool:
            raise TypeError(f"no login with {given}")

    log: list[str] = []
    Package(Raising(), {"login": 5001, "password": PASSWORD}, False, log.append).revive()
    assert log == ["no terminal: the package raised TypeError (-2); next attempt in 1 s"]


@pytest.mark.parametrize("address", [f"http://127.0.0.1:1/{BEAT} x", "http://127.0.0.1:{port}/"])
def test_a_watcher_that_makes_no_sense_stops_no_heart(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with a blank in it, and a server that does not speak HTTP: told once, tried again, nothing shown."""
    said, failed = list[str](), list[object]()
    monkeypatch.setattr(threading, "excepthook", failed.append)
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = 0

        def nonsense() -> None:
            nonlocal asked
            while asked < 3:
                line, _ = server.accept()
                line.recv(1_000)
                line.sendall(f"{BEAT} is no status\r\n\r\n".encode())
                line.close()
                asked += 1

        answering = threading.Thread(target=nonsense, daemon=True)
        if "{port}" in address:
            answering.start()
        tries = 0

        def alive() -> bool:
            nonlocal tries
            tries += 1
            return True

        heart = Heartbeat(address.format(port=server.getsockname()[1]), alive, said.append, seconds=0.01)
        until = time.monotonic() + 10
        while tries < 3 and time.monotonic() < until:
            time.sleep(0.01)
        heart.close()
    assert tries >= 3
    assert failed == []
    assert len(said) == 1
    assert BEAT not in said[0]
    assert issubclass(http.client.InvalidURL, http.client.HTTPException)
