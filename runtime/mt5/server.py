"""The bridge's server: one file that needs the standard library and MetaTrader5 alone, on Windows and under Wine.

The package never releases Python's lock while it waits for the terminal, so it lives in a process of its own.
Each frame is two lengths, a JSON header and raw bytes; nothing received is ever turned into code. The token never
travels: both sides prove that they know it. Calls stand on a list, with the types that they take.
"""

# It must run on old Pythons of Wine prefixes (3.8 and later), so it uses nothing newer and imports nothing of ours.
from __future__ import annotations

import argparse
import hmac
import importlib
import json
import os
import secrets
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

PROTOCOL = 1
PREFIX = struct.Struct(">II")
GREETING_LIMIT, REQUEST_LIMIT, REPLY_LIMIT, CALLS_LIMIT = 4_096, 262_144, 268_435_456, 1_024
GREETING_SECONDS, FRAME_SECONDS, IDLE_SECONDS, CONNECTIONS, SHORTEST_TOKEN = 3.0, 30.0, 900.0, 32, 16
LOST, ORDERS = (-10001, -10002, -10003, -10004, -10005), ("order_send",)

# Kinds of arguments: s text, i whole number, d broker seconds that fit 32 bits, f number, b truth, r trade request;
# after `?` they may be left out, all together. Then the keywords.
_NO_KEYWORDS: dict[str, str] = {}
_PAST = {"ticket": "i", "group": "s"}
CALLS: dict[str, tuple[str, dict[str, str]]] = {
    **dict.fromkeys(("version", "terminal_info", "account_info"), ("", _NO_KEYWORDS)),
    **dict.fromkeys(("symbols_total", "positions_total", "orders_total"), ("", _NO_KEYWORDS)),
    **dict.fromkeys(("market_book_add", "market_book_get", "market_book_release"), ("s", _NO_KEYWORDS)),
    **dict.fromkeys(("symbol_info", "symbol_info_tick"), ("s", _NO_KEYWORDS)),
    **dict.fromkeys(("positions_get", "orders_get"), ("", dict(_PAST, symbol="s"))),
    **dict.fromkeys(("history_orders_total", "history_deals_total"), ("dd", _NO_KEYWORDS)),
    **dict.fromkeys(("history_orders_get", "history_deals_get"), ("?dd", dict(_PAST, position="i"))),
    **dict.fromkeys(("order_check", "order_send"), ("r", _NO_KEYWORDS)),
    "symbols_get": ("", {"group": "s"}),
    "symbol_select": ("s?b", _NO_KEYWORDS),
    "copy_rates_from": ("sidi", _NO_KEYWORDS),
    "copy_rates_from_pos": ("siii", _NO_KEYWORDS),
    "copy_rates_range": ("sidd", _NO_KEYWORDS),
    "copy_ticks_from": ("sdii", _NO_KEYWORDS),
    "copy_ticks_range": ("sddi", _NO_KEYWORDS),
    "order_calc_margin": ("isff", _NO_KEYWORDS),
    "order_calc_profit": ("isfff", _NO_KEYWORDS),
}
REQUEST = dict(dict.fromkeys(("volume", "price", "stoplimit", "sl", "tp"), "f"), symbol="s", comment="s")
REQUEST.update(dict.fromkeys(("magic", "order", "deviation", "position", "position_by"), "u"))
REQUEST.update(dict.fromkeys(("action", "type", "type_filling", "type_time", "expiration"), "i"))
_RANGE = {"i": (-(2**63), 2**63), "u": (0, 2**64), "d": (0, 2**31)}
_WORDS = {"s": "a text", "b": "true or false", "f": "a finite number", "r": "one trade request", "d": "broker seconds"}


class FrameError(Exception):
    """What came is no frame, or a larger one than is taken."""


class Refusal(Exception):
    """A call that is not made; the text says why and repeats no more than a few characters of what came."""


def read_exactly(sock: socket.socket, count: int, deadline: float) -> bytearray:
    """So many bytes before `deadline` (time.monotonic); EOFError if the other side closed before the first."""
    data = bytearray(count)
    view, have = memoryview(data), 0
    while have < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("time is up within a frame")
        sock.settimeout(left)
        got = sock.recv_into(view[have:])
        if not got:
            if have:
                raise FrameError("the connection ended within a frame")
            raise EOFError("the connection was closed")
        have += got
    return data


def read_frame(
    sock: socket.socket, header_limit: int, body_limit: int, seconds: float, idle: float | None = None
) -> tuple[dict[str, Any], bytearray]:
    """One frame: its header (a JSON object) and its bytes; `idle` is how long the first byte may take."""
    start = read_exactly(sock, 1, time.monotonic() + (seconds if idle is None else idle))
    deadline = time.monotonic() + seconds
    try:
        start += read_exactly(sock, PREFIX.size - 1, deadline)
        header_size, body_size = PREFIX.unpack(start)
        if not 2 <= header_size <= header_limit or body_size > body_limit:
            raise FrameError(f"a frame of {header_size} and {body_size} bytes is not taken here")
        raw = read_exactly(sock, header_size, deadline)
        body = read_exactly(sock, body_size, deadline) if body_size else bytearray()
    except EOFError:
        raise FrameError("the connection ended within a frame") from None
    try:
        header = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise FrameError("the header is not JSON") from None
    if not isinstance(header, dict):
        raise FrameError("the header is not a JSON object")
    return header, body


def send_frame(sock: socket.socket, header: dict[str, Any], parts: tuple[Any, ...] = (), seconds: float = 30.0) -> None:
    """Send a header and raw bytes as one frame."""
    raw = json.dumps(header, separators=(",", ":")).encode("utf-8")
    sock.settimeout(seconds)
    sock.sendall(PREFIX.pack(len(raw), sum(len(part) for part in parts)) + raw)
    for part in parts:
        sock.sendall(part)


def proof(token: str, who: str, server_nonce: str, client_nonce: str) -> str:
    """What only somebody who knows the token can say about these two nonces; each side has its own `who`."""
    text = f"{who} {PROTOCOL} {server_nonce} {client_nonce}".encode("utf-8", "replace")
    return hmac.new(token.encode("utf-8"), text, "sha256").hexdigest()


def same(one: Any, other: str) -> bool:
    """Whether a proof is the expected one, in constant time."""
    return isinstance(one, str) and hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8"))


def gone(sock: socket.socket) -> bool:
    """Whether the other side closed the connection: who gave up is read long after, as the package holds the lock."""
    return bool(select.select([sock], [], [], 0)[0]) and not sock.recv(1, socket.MSG_PEEK)


def short(value: Any) -> str:
    """A few characters of what came, for an error."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def argument(kind: str, value: Any, where: str) -> Any:
    """The value as the package takes it, or Refusal; whole numbers become floats where a float is due, never back."""
    if kind == "s" and isinstance(value, str):
        return value
    if kind == "b" and isinstance(value, bool):
        return value
    if kind == "f" and isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    if kind in _RANGE and isinstance(value, int) and not isinstance(value, bool):
        low, high = _RANGE[kind]
        if low <= value < high:
            return value
    if kind == "r" and isinstance(value, dict):
        unknown = [name for name in value if name not in REQUEST]
        if unknown:
            # the package ignores them, and an order whose `sl` is misspelt would go out without a stop
            raise Refusal(f"{where}: a trade request has no field {short(unknown[0])}")
        return {name: argument(REQUEST[name], item, f'Invalid "{name}" argument') for name, item in value.items()}
    raise Refusal(f"{where}: expected {_WORDS.get(kind, 'a whole number')}, got {short(value)}")


def arguments(name: str, given: list[Any], keywords: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call, converted; Refusal says which one is wrong."""
    kinds, known = CALLS[name]
    needed, _, extra = kinds.partition("?")
    if len(given) not in (len(needed), len(needed) + len(extra)):
        raise Refusal(f"Invalid arguments: {name} takes {len(needed) + len(extra)}, got {len(given)}")
    row = [argument(k, v, f"{name}, argument {i + 1}") for i, (k, v) in enumerate(zip(needed + extra, given))]  # noqa: B905  (3.8)
    for key in keywords:
        if key not in known:
            raise Refusal(f"Invalid arguments: {name} takes no keyword {short(key)}")
    return row, {k: argument(known[k], v, f"{name}, {k}") for k, v in keywords.items()}


def struct_row(value: Any, fields: dict[str, list[str]]) -> list[Any]:
    """A struct's values; the one kind of struct within a struct is encoded as such."""
    return [encode(item, [], fields) if isinstance(item, tuple) else item for item in value]


def encode(value: Any, parts: list[Any], fields: dict[str, list[str]]) -> Any:
    """JSON of a result: plain values as they are, structs with their type's name; bytes of arrays go into `parts`.

    `fields` collects the names of the fields of each type met.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, tuple):
        one: Any = value if hasattr(value, "_asdict") else value[0] if value else None
        if not hasattr(one, "_asdict"):
            return {"t": [encode(item, parts, fields) for item in value]}
        name = type(one).__name__
        fields.setdefault(name, list(one._asdict()))
        if one is value:
            return {"s": name, "v": struct_row(value, fields)}
        return {"S": name, "v": [struct_row(item, fields) for item in value]}
    if hasattr(value, "dtype") and hasattr(value, "tobytes"):
        parts.append(value.tobytes())
        return {"a": [list(field) for field in value.dtype.descr], "n": len(value)}
    raise TypeError(f"a result of type {type(value).__name__} cannot be sent")


class Package:
    """MetaTrader5 behind a lock; a lost terminal is initialized again between calls, with growing pauses."""

    def __init__(self, package: Any, options: dict[str, Any], read_only: bool, log: Callable[[str], object]) -> None:
        self._package, self._options, self._read_only, self._log = package, options, read_only, log
        self.version = str(getattr(package, "__version__", "unknown"))
        self._lock = threading.Lock()
        self._lost, self._pause, self._next = True, 0.0, 0.0

    def revive(self) -> None:
        """Initialize the package if the terminal is lost and the pause after the last attempt is over."""
        with self._lock:
            if not self._lost or time.monotonic() < self._next:
                return
            try:
                self._lost = not self._package.initialize(**self._options)
                code, text = self._package.last_error()
            except Exception as error:  # its words may repeat what it was given, the password
                code, text = -2, f"the package raised {type(error).__name__}"
            pause = 300.0 if code == -6 else min(self._pause * 2 or 1.0, 30.0)  # -6: brokers lock accounts
            self._pause, self._next = (pause, time.monotonic() + pause) if self._lost else (0.0, 0.0)
            told = f"no terminal: {text} ({code}); next attempt in {pause:.0f} s"
            self._log(told if self._lost else "connected to the terminal")

    def answer(self, calls: Any, until: float, sock: Any, parts: list[Any], fields: dict[str, Any]) -> list[Any]:
        """The replies [value, code, text] to calls [name, arguments, keywords]; Refusal before any is made."""
        if not isinstance(calls, list) or len(calls) > CALLS_LIMIT:
            raise Refusal(f"a request has a list of at most {CALLS_LIMIT} calls")
        for call in calls:
            if not isinstance(call, list) or list(map(type, call)) != [str, list, dict]:
                raise Refusal("a call is [name, arguments, keywords]")
            if call[0] not in CALLS:
                raise Refusal(f"unknown call {short(call[0])}")
            if self._read_only and call[0] in ORDERS:
                raise Refusal("this server is read-only: it sends no orders")
        with self._lock:
            return [self._one(call, until, sock, parts, fields) for call in calls]

    def _one(self, call: Any, until: float, sock: Any, parts: list[Any], fields: dict[str, Any]) -> list[Any]:
        name, given, keywords = call
        if name in ORDERS and (time.monotonic() > until or (sock and gone(sock))):  # its client has begun to look it up
            return [None, -2, "not sent: it waited for the terminal longer than its client waits for an answer"]
        try:
            row, named = arguments(name, given, keywords)
        except Refusal as refusal:
            return [None, -2, str(refusal)]
        try:
            value = getattr(self._package, name)(*row, **named)
            code, text = self._package.last_error()
        except Exception as error:  # the package raises SystemError and TypeError where it should return None
            # of an order nobody knows how far it came: that is not the -2 of one that was never sent
            return [None, -10000 if name in ORDERS else -2, f"{type(error).__name__}: {error}"]
        if (value is None or value is False) and code in LOST:
            self._lost = True
        if hasattr(value, "nbytes") and sum(map(len, parts)) + value.nbytes > REPLY_LIMIT:
            return [None, -2, f"the answer of {value.nbytes} bytes is too large: ask for less"]
        return [encode(value, parts, fields), code, text]


def greet(sock: socket.socket, token: str, version: str) -> None:
    """Prove to one another that both know the token; FrameError if the other side does not."""
    nonce = secrets.token_hex(16)
    send_frame(sock, {"bridge": PROTOCOL, "nonce": nonce}, (), GREETING_SECONDS)
    header, _ = read_frame(sock, GREETING_LIMIT, 0, GREETING_SECONDS)
    if header.get("bridge") != PROTOCOL:
        raise FrameError(f"protocol {short(header.get('bridge'))}, this server speaks {PROTOCOL}")
    theirs = header.get("nonce")
    if not isinstance(theirs, str) or not same(header.get("proof"), proof(token, "client", nonce, theirs)):
        raise FrameError("wrong token")
    welcome = {"bridge": PROTOCOL, "proof": proof(token, "server", nonce, theirs), "package": version}
    send_frame(sock, welcome, (), GREETING_SECONDS)


def serve_connection(sock: socket.socket, package: Package, token: str, log: Callable[[str], object]) -> None:
    """Answer one client until it goes, is silent too long, or sends what is no frame."""
    known: dict[str, list[str]] = {}
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greet(sock, token, package.version)
        while True:
            header, _ = read_frame(sock, REQUEST_LIMIT, 0, FRAME_SECONDS, IDLE_SECONDS)
            fields: dict[str, list[str]] = {}
            parts: list[Any] = []
            answer: dict[str, Any] = {"id": header.get("id") if isinstance(header.get("id"), int) else 0}
            asked = header.get("seconds")
            until = time.monotonic() + (min(asked, FRAME_SECONDS) if isinstance(asked, (int, float)) else FRAME_SECONDS)
            try:
                answer["replies"] = package.answer(header.get("calls"), until, sock, parts, fields)
                answer["fields"] = {name: row for name, row in fields.items() if name not in known}
                known.update(fields)
            except Refusal as refusal:
                answer["refused"] = str(refusal)
            send_frame(sock, answer, tuple(parts), FRAME_SECONDS)
            package.revive()
    except FrameError as error:
        log(f"refused: {error}")
        with suppress(OSError):  # the other side may have gone already
            send_frame(sock, {"refused": str(error)}, (), GREETING_SECONDS)
    except (OSError, EOFError):
        pass  # a client that goes away is the usual end
    finally:
        sock.close()


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket that no other program can take over."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # on Windows SO_REUSEADDR would let any program listen on the same port beside us
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)
    sock.bind((host, port))
    sock.listen(16)
    return sock


def serve(sock: socket.socket, package: Package, token: str, log: Callable[[str], object]) -> None:
    """Accept clients for ever, each in a thread, at most CONNECTIONS at once."""
    free = threading.BoundedSemaphore(CONNECTIONS)

    def one(client: socket.socket) -> None:
        try:
            serve_connection(client, package, token, log)
        finally:
            free.release()

    sock.settimeout(1.0)
    while True:
        try:
            client, _ = sock.accept()
        except OSError:  # nobody came: on Windows Ctrl-C would not end an accept that waits for ever
            continue
        if free.acquire(timeout=0.2):
            threading.Thread(target=one, args=(client,), daemon=True).start()
        else:
            log(f"refused: more than {CONNECTIONS} connections")
            client.close()


def options_of(environment: Any) -> dict[str, Any]:
    """Arguments of `initialize` from TRADEPLAN_MT5_PATH, _LOGIN, _PASSWORD, _SERVER and _PORTABLE."""
    given = {name: environment.get("TRADEPLAN_MT5_" + name.upper()) for name in ("path", "password", "server")}
    options: dict[str, Any] = {"timeout": 10_000, **{name: value for name, value in given.items() if value}}
    if environment.get("TRADEPLAN_MT5_LOGIN"):
        options["login"] = int(environment["TRADEPLAN_MT5_LOGIN"])
    return dict(options, portable=True) if environment.get("TRADEPLAN_MT5_PORTABLE") else options


def _log(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 2  # the exit code where that was the last word


def _follow_parent() -> None:
    # a reader that sees the end of input is the one way to learn of a parent's death that works on every system
    sys.stdin.buffer.read()
    os._exit(0)


def main(given: list[str] | None = None) -> int:
    """Run the server; 2 if something that it needs is missing."""
    parser = argparse.ArgumentParser(description="The bridge to MetaTrader 5. The token is in TRADEPLAN_MT5_TOKEN.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=18_812)
    parser.add_argument("--read-only", action="store_true", help="refuse to send orders")
    parser.add_argument("--child", action="store_true", help="take the token from standard input and end with it")
    chosen = parser.parse_args(given)
    # taken out of the environment, so that a terminal that is started from here does not inherit them
    token = os.environ.pop("TRADEPLAN_MT5_TOKEN", "")
    token = sys.stdin.readline().strip() if chosen.child else token
    if len(token) < SHORTEST_TOKEN:
        return _log(f"set TRADEPLAN_MT5_TOKEN to a secret of at least {SHORTEST_TOKEN} characters, for both sides")
    try:
        options = options_of(os.environ)
        os.environ.pop("TRADEPLAN_MT5_PASSWORD", None)
        module = importlib.import_module("MetaTrader5")
        sock = open_socket(chosen.host, chosen.port)
    except ValueError:
        return _log("TRADEPLAN_MT5_LOGIN is the number of an account")
    except ImportError as error:
        return _log(f"the package MetaTrader5 cannot be imported ({error}): it exists for Windows only")
    except OSError as error:
        return _log(f"cannot listen on {chosen.host}:{chosen.port}: {error}")
    package = Package(module, options, chosen.read_only, _log)
    package.revive()
    if chosen.host not in ("127.0.0.1", "localhost"):
        _log(f"careful: {chosen.host} is reachable from other machines; a tunnel of SSH to 127.0.0.1 is safer")
    print(json.dumps({"port": sock.getsockname()[1], "protocol": PROTOCOL}), flush=True)
    if chosen.child:
        threading.Thread(target=_follow_parent, daemon=True).start()
    with suppress(KeyboardInterrupt):
        serve(sock, package, token, _log)
    return 0


if __name__ == "__main__":
    sys.exit(main())
