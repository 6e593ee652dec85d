"""What the server is sent by those who mean no good, or by accident: wrong tokens, broken and oversized frames."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tradeplan.runtime.mt5 import server
from tradeplan.runtime.mt5.client import Client
from tradeplan.runtime.mt5.server import PREFIX, proof, read_frame, send_frame
from tradeplan.runtime.mt5.terminal import BridgeError, Call, UnknownOutcome

from tests.fuzz.frames import attack, false_answer
from tests.mt5.served import STAND_IN

TOKEN = "a-very-secret-token-of-the-test"
PASSWORD = "hunter2-the-password"


class Running:
    """A server started as people start it: token and password in the environment."""

    def __init__(self, folder: Path, **account: Any) -> None:
        scenario = folder / "scenario.json"
        told = {"now": 1, "symbols": [{"name": "EURUSD"}], "account": account, "password": PASSWORD}
        scenario.write_text(json.dumps(told), encoding="utf-8")
        own = {"PYTHONPATH": str(STAND_IN), "STAND_IN_SCENARIO": str(scenario), "TRADEPLAN_MT5_TOKEN": TOKEN}
        own |= {"TRADEPLAN_MT5_LOGIN": "5001", "TRADEPLAN_MT5_PASSWORD": PASSWORD}
        self.log = folder / "log"
        messages = self.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(server.__file__)), "--port", "0"],
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=messages,
        )
        messages.close()
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().decode()
        self.port = json.loads(self.said)["port"]

    def raw(self) -> socket.socket:
        """A connection without a greeting."""
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def greeted(self) -> socket.socket:
        """A connection of somebody who knows the token."""
        sock = self.raw()
        hello, _ = read_frame(sock, 4096, 0, 5)
        mine = proof(TOKEN, "client", hello["nonce"], "n")
        send_frame(sock, {"bridge": 1, "nonce": "n", "proof": mine})
        assert "proof" in read_frame(sock, 4096, 0, 5)[0]
        return sock

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(5)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("attacks"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def still_serves(running: Running) -> Iterator[None]:
    yield
    assert running.process.poll() is None
    client = Client(running.port, TOKEN)
    assert client.call("account_info").value.login == 5001
    client.close()
    assert "Traceback" not in running.log.read_text(encoding="utf-8")


def refused(sock: socket.socket) -> str:
    """What the server says before it hangs up."""
    header, _ = read_frame(sock, 4096, 0, 5)
    assert sock.recv(1) == b""
    sock.close()
    return str(header["refused"])


@pytest.mark.parametrize("token", ["", "x" * 31, TOKEN[:-1], TOKEN + "x", TOKEN.upper()])
def test_a_wrong_token_is_refused(running: Running, token: str) -> None:
    with pytest.raises(BridgeError, match="wrong token"):
        Client(running.port, token).call("account_info")


@pytest.mark.parametrize(("nonce", "mine"), [("\ud800", "x"), ("n", "\ud800")])
def test_half_a_character_is_a_wrong_token_as_well(running: Running, nonce: str, mine: str) -> None:
    """JSON can hold what UTF-8 cannot."""
    sock = running.raw()
    read_frame(sock, 4096, 0, 5)
    send_frame(sock, {"bridge": 1, "nonce": nonce, "proof": mine})
    assert refused(sock) == "wrong token"


def test_nothing_is_answered_before_the_proof_and_a_proof_serves_once(running: Running) -> None:
    sock = running.raw()
    read_frame(sock, 4096, 0, 5)
    send_frame(sock, {"id": 1, "calls": [["account_info", [], {}]]})
    assert "protocol" in refused(sock)
    first = running.raw()
    hello, _ = read_frame(first, 4096, 0, 5)
    heard = {"bridge": 1, "nonce": "n", "proof": proof(TOKEN, "client", hello["nonce"], "n")}
    first.close()
    again = running.raw()
    read_frame(again, 4096, 0, 5)
    send_frame(again, heard)
    assert refused(again) == "wrong token"


def test_the_token_does_not_travel_and_a_false_server_is_found_out() -> None:
    listener = server.open_socket("127.0.0.1", 0)
    client = Client(listener.getsockname()[1], TOKEN)
    heard: list[dict[str, Any]] = []

    def false_server() -> None:
        sock, _ = listener.accept()
        send_frame(sock, {"bridge": 1, "nonce": "0"})
        heard.append(read_frame(sock, 4096, 0, 5)[0])
        # it echoes the client's own proof, the best that it has
        send_frame(sock, {"bridge": 1, "proof": heard[0]["proof"], "package": "5"})
        sock.close()

    thread = threading.Thread(target=false_server)
    thread.start()
    with pytest.raises(BridgeError, match="does not know the token"):
        client.call("account_info")
    thread.join()
    listener.close()
    assert TOKEN not in json.dumps(heard)


def test_another_protocol_is_told_both_numbers(running: Running) -> None:
    sock = running.raw()
    read_frame(sock, 4096, 0, 5)
    send_frame(sock, {"bridge": 2, "nonce": "n", "proof": "p"})
    assert refused(sock) == "protocol 2, this server speaks 1"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (PREFIX.pack(2**31, 0), "is not taken here"),
        (PREFIX.pack(300_000, 0), "is not taken here"),
        (PREFIX.pack(10, 1), "is not taken here"),
        (PREFIX.pack(0, 0), "is not taken here"),
        (PREFIX.pack(2, 0) + b"[]", "not a JSON object"),
        (PREFIX.pack(4, 0) + b"\xff\xfe\x00\x01", "not JSON"),
        (PREFIX.pack(20_000, 0) + b"[" * 20_000, "not JSON"),
        (PREFIX.pack(200_000, 0) + b'{"a":' * 40_000, "not JSON"),
        (PREFIX.pack(5_004, 0) + b'{"a":' + b"9" * 4_998 + b"}", "not JSON"),
    ],
)
def test_what_is_no_frame_ends_the_connection(running: Running, raw: bytes, says: str) -> None:
    sock = running.greeted()
    sock.sendall(raw)
    assert says in refused(sock)


def test_a_frame_that_is_cut_off(running: Running) -> None:
    sock = running.greeted()
    sock.sendall(struct.pack(">II", 500, 0) + b'{"id":1')
    sock.shutdown(socket.SHUT_WR)
    assert "ended within a frame" in refused(sock)


@pytest.mark.parametrize(
    "calls",
    [
        None,
        "account_info",
        {"account_info": []},
        [["account_info"]],
        [["account_info", {}, []]],
        [[["account_info"], [], {}]],
        [["account_info.__class__", [], {}]],
        [["_package", [], {}]],
    ],
)
def test_a_wrong_request_is_refused_and_the_connection_goes_on(running: Running, calls: Any) -> None:
    sock = running.greeted()
    send_frame(sock, {"id": 5, "calls": calls})
    answer, _ = read_frame(sock, 65_536, 0, 5)
    assert answer["id"] == 5
    assert "refused" in answer
    send_frame(sock, {"id": 6, "calls": [["symbols_total", [], {}]]})
    answer, _ = read_frame(sock, 65_536, 0, 5)
    assert answer["replies"] == [[1, 1, "Success"]]
    sock.close()


def test_what_came_is_not_repeated_at_length(running: Running) -> None:
    sock = running.greeted()
    send_frame(sock, {"id": 1, "calls": [["x" * 100_000, [], {}]]})
    assert len(read_frame(sock, 65_536, 0, 5)[0]["refused"]) < 80
    sock.close()


def test_silent_connections_do_not_hold_the_doors_for_ever(running: Running) -> None:
    silent = [running.raw() for _ in range(server.CONNECTIONS + 4)]
    started = time.monotonic()
    while True:
        try:
            client = Client(running.port, TOKEN)
            assert client.call("account_info").value.login == 5001
            client.close()
            break
        except BridgeError:
            assert time.monotonic() - started < server.GREETING_SECONDS + 30
            time.sleep(0.2)
    for sock in silent:
        sock.close()


def test_a_hundred_random_attacks(running: Running) -> None:
    for seed in range(100):
        attack(running.port, TOKEN, seed)


def test_a_client_of_a_server_that_answers_nonsense_raises_what_it_says_it_raises() -> None:
    listener = server.open_socket("127.0.0.1", 0)
    chance = random.Random(5)

    done = threading.Event()
    listener.settimeout(0.1)

    def nonsense() -> None:
        while not done.is_set():
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                continue
            with contextlib.suppress(OSError, EOFError, server.FrameError):
                send_frame(sock, {"bridge": 1, "nonce": "0"})
                heard, _ = read_frame(sock, 4096, 0, 5)
                mine = proof(TOKEN, "server", "0", heard["nonce"])
                send_frame(sock, {"bridge": 1, "proof": mine, "package": "5"})
                while True:
                    asked, _ = read_frame(sock, 65_536, 0, 5)
                    sock.sendall(false_answer(chance, asked["id"]))
            sock.close()

    thread = threading.Thread(target=nonsense)
    thread.start()
    outcomes: set[type] = set()
    client = Client(listener.getsockname()[1], TOKEN, data_seconds=0.2, order_seconds=0.2)
    for turn in range(400):
        client._next = 0.0  # no pauses in this test
        try:
            client.call(*(("account_info",) if turn % 2 else ("order_send", {"action": 1})))
            outcomes.add(type(None))
        except BridgeError as error:
            outcomes.add(type(error))
    client.close()
    done.set()
    thread.join()
    listener.close()
    assert outcomes >= {type(None), BridgeError, UnknownOutcome}


def test_no_secret_is_told_anywhere(running: Running, tmp_path: Path) -> None:
    # a server whose login fails says why, without what it tried
    wrong = Running(tmp_path, login=7)
    client = Client(wrong.port, TOKEN)
    reply = client.call("account_info")
    assert reply.value is None
    client.close()
    said = (
        wrong.said + wrong.log.read_text(encoding="utf-8") + repr(reply) + repr(client) + str(vars(client)["package"])
    )
    wrong.close()
    said += running.said + running.log.read_text(encoding="utf-8")
    with pytest.raises(BridgeError) as raised:
        Client(running.port, TOKEN + "x").call("account_info")
    said += repr(raised.value)
    client = Client(running.port, TOKEN)
    said += repr(client.batch([Call("terminal_info"), Call("account_info"), Call("symbol_info", ("EURUSD",))]))
    client.close()
    assert "Authorization failed" in said
    assert "wrong token" in said
    for secret in (TOKEN, PASSWORD):
        assert re.search(re.escape(secret), said) is None
    if sys.platform == "linux":
        line = Path(f"/proc/{running.process.pid}/cmdline").read_bytes().decode()
        assert TOKEN not in line
        assert PASSWORD not in line
