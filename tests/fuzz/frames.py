"""Random attacks on the bridge: mutated frames, wrong JSON, early ends; `python tests/fuzz/frames.py -n 10000`.

An attack passes if the server answers or hangs up in time; whoever runs them asks the server something afterwards.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from tradeplan.runtime.mt5.client import Client
from tradeplan.runtime.mt5.server import CALLS, PREFIX, REQUEST, FrameError, proof, read_frame, send_frame

_SECONDS = 10.0
_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**64, 10**400, 0.5, 1e308, float("nan"), "", "EURUSD", "x" * 5_000, "\x00", "\ud800",
    "__class__", "{}", [], {}, [[]], {"a": {}}, "'; import os", "%s%n", "€",
)  # fmt: skip


def _value(chance: random.Random, depth: int = 0) -> Any:
    pick = chance.random()
    if depth < 4 and pick < 0.15:
        return [_value(chance, depth + 1) for _ in range(chance.randrange(5))]
    if depth < 4 and pick < 0.3:
        names = [*REQUEST, "magic", "x", "__init__", "group", "ticket"]
        return {chance.choice(names): _value(chance, depth + 1) for _ in range(chance.randrange(6))}
    return chance.choice(_VALUES)


def _request(chance: random.Random) -> dict[str, Any]:
    """A request that is right in its shape, more or less, and wrong in what it says."""
    calls = []
    for _ in range(chance.choice((0, 1, 1, 3, 50))):
        name = chance.choice([*CALLS, "eval", "shutdown", "__dict__"]) if chance.random() < 0.9 else _value(chance)
        row = [_value(chance) for _ in range(chance.randrange(5))]
        calls.append([name, row, {"group": _value(chance)} if chance.random() < 0.3 else {}])
    header: dict[str, Any] = {"id": _value(chance) if chance.random() < 0.2 else 1, "calls": calls}
    if chance.random() < 0.1:
        header["calls"] = _value(chance)
    return header


def _frame(chance: random.Random) -> bytes:
    raw = bytearray(json.dumps(_request(chance)).encode())
    pick = chance.random()
    if pick < 0.3:
        for _ in range(chance.randrange(1, 20)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    elif pick < 0.4:
        raw = bytearray(chance.randbytes(chance.randrange(1, 3_000)))
    lengths = [len(raw), 0]
    if chance.random() < 0.15:
        lengths[chance.randrange(2)] = chance.choice((0, 1, 2**31, 2**32 - 1, 262_145, chance.randrange(10_000)))
    framed = PREFIX.pack(*lengths) + bytes(raw)
    return framed[: chance.randrange(len(framed))] if chance.random() < 0.1 else framed


def false_answer(chance: random.Random, number: int) -> bytes:
    """What a server might answer that has gone wrong: often nearly right."""
    value: Any = chance.choice(
        (
            None,
            1.5,
            {"s": "Tick", "v": [1, 1.0, 2.0, 0.0, 0, 1, 2, 0.0]},
            {"s": "Tick", "v": [1]},
            {"S": "Nonsense", "v": [[1]]},
            {"a": [["x", "<i8"]], "n": chance.choice((0, 1, -1, 10**9, 1e400, "2"))},
            {"a": [["x", "|O"]], "n": 1},
            {"t": _value(chance)},
            {"t": [{"t": [{"t": []}]}]},
            _value(chance),
        )
    )
    header: dict[str, Any] = {"id": number, "replies": [[value, 1, "Success"]], "fields": {}}
    if chance.random() < 0.5:
        header["fields"] = {"Tick": ["time", "bid", "ask", "last", "volume", "time_msc", "flags", "volume_real"]}
    if chance.random() < 0.3:
        header[chance.choice(("id", "replies", "fields", "refused"))] = _value(chance)
    raw = bytearray(json.dumps(header).encode())
    if chance.random() < 0.2:
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    body = chance.randbytes(chance.choice((0, 0, 8, 16)))
    return PREFIX.pack(len(raw), len(body)) + bytes(raw) + body


def attack(port: int, token: str, seed: int) -> None:
    """One connection that misbehaves; AssertionError if the server neither answers nor hangs up in time."""
    chance = random.Random(seed)
    with socket.create_connection(("127.0.0.1", port), _SECONDS) as sock:
        try:
            hello, _ = read_frame(sock, 4_096, 0, _SECONDS)
            if chance.random() < 0.8:
                mine = proof(token, "client", hello["nonce"], "n")
                send_frame(sock, {"bridge": 1, "nonce": "n", "proof": mine})
                read_frame(sock, 4_096, 0, _SECONDS)
            for _ in range(chance.randrange(1, 6)):
                sock.sendall(_frame(chance))
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(_SECONDS)
            while sock.recv(65_536):
                pass
        except TimeoutError:
            raise AssertionError(f"seed {seed}: the server neither answered nor hung up") from None
        except (OSError, EOFError, FrameError):
            pass  # it hung up on us, which is its right


def main() -> None:
    """Attack a server that is started here, and ask it something after every hundred."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tests.mt5.test_bridge_attacks import TOKEN, Running

    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    folder = tempfile.TemporaryDirectory()
    running = Running(Path(folder.name))
    client = Client(running.port, TOKEN)
    for seed in range(chosen.seed, chosen.seed + chosen.n):
        attack(running.port, TOKEN, seed)
        if seed % 100 == 99:
            assert client.call("account_info").value.login == 5001, seed
    client.close()
    running.close()
    log = running.log.read_text(encoding="utf-8")
    folder.cleanup()
    assert "Traceback" not in log, log
    print(f"{chosen.n} attacks, the server stands; its log has {len(log.splitlines())} lines")


if __name__ == "__main__":
    main()
