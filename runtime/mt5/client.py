"""The client of the bridge: calls in one round trip, time limits, reconnection; an order is never sent again."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from collections.abc import Sequence
from random import random
from typing import Any

from tradeplan.runtime.mt5.server import (
    GREETING_LIMIT,
    ORDERS,
    PROTOCOL,
    REPLY_LIMIT,
    REQUEST_LIMIT,
    FrameError,
    proof,
    read_frame,
    same,
    send_frame,
)
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Reply, Terminal, UnknownOutcome
from tradeplan.runtime.mt5.wire import Decoder, encoded

__all__ = ["BridgeError", "Call", "Client", "Reply", "Terminal", "UnknownOutcome"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0
_LOST = (OSError, EOFError, FrameError)


class Client:
    """A connection to the bridge, made at the first call and again after it is lost; one call at a time.

    A lost connection costs growing pauses (doubled up to 30 s, each cut by chance to between half and all of it)
    in which calls fail at once. Calls that only read are sent once more over a fresh connection when an old one
    turns out dead; a batch with an order is not, whatever happens: it raises UnknownOutcome.
    """

    def __init__(
        self, port: int, token: str, host: str = "127.0.0.1", *, data_seconds: float = 3.0, order_seconds: float = 5.0
    ) -> None:
        self._address, self._token = (host, port), token
        self._data_seconds, self._order_seconds = data_seconds, order_seconds
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._decoder = Decoder()
        self._id, self._pause, self._next = 0, 0.0, 0.0
        self.package = ""
        """The version of the package behind the bridge, once connected."""
        self.connections = 0
        """How often a connection was made."""

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Reply:
        """One call; raises BridgeError, UnknownOutcome for an order, TypeError for what cannot be sent."""
        return self.batch([Call(name, arguments, keywords)])[0]

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Several calls in one round trip, in order; raises as `call` does."""
        rows = [encoded(call) for call in calls]
        if len(json.dumps(rows)) > REQUEST_LIMIT - 256:
            raise BridgeError(f"{len(calls)} calls are more than one round trip takes: ask in several")
        with self._lock:
            if any(call.name in ORDERS for call in calls):
                return self._order(rows)
            return self._data(rows)

    def close(self) -> None:
        """End the connection; a later call makes a new one."""
        with self._lock:
            self._drop()

    # ---- one round trip

    def _data(self, rows: list[list[Any]]) -> list[Reply]:
        fresh = self._connect()
        try:
            return self._exchange(rows, self._data_seconds)
        except TimeoutError as error:
            self._drop()
            raise BridgeError(f"the bridge did not answer within {self._data_seconds:g} s") from error
        except _LOST as error:
            self._drop()
            if fresh:
                raise self._failed("the bridge closed the connection", error) from error
        # the connection had died unseen, as after a restart of the server: reading again does no harm
        self._connect()
        try:
            return self._exchange(rows, self._data_seconds)
        except _LOST as error:
            self._drop()
            raise self._failed("the bridge closed the connection", error) from error

    def _order(self, rows: list[list[Any]]) -> list[Reply]:
        if not self._connect():
            # a connection that died unseen is found out before the order is on its way, not by losing its answer
            self._alive()
        try:
            return self._exchange(rows, self._order_seconds)
        except _Refused:
            raise
        except (*_LOST, BridgeError) as error:
            self._drop()
            raise UnknownOutcome(
                f"outcome unknown: the answer to an order was lost ({type(error).__name__}); look it up"
            ) from error

    def _alive(self) -> None:
        try:
            self._exchange([], self._data_seconds)
        except _LOST:
            self._drop()
            self._connect()

    def _exchange(self, rows: list[list[Any]], seconds: float) -> list[Reply]:
        assert self._sock is not None
        self._id += 1
        deadline = time.monotonic() + seconds
        send_frame(self._sock, {"id": self._id, "seconds": seconds, "calls": rows}, (), seconds)
        left = max(deadline - time.monotonic(), 0.001)
        header, body = read_frame(self._sock, REPLY_LIMIT, REPLY_LIMIT, left)
        if "refused" in header and "id" in header:
            raise _Refused(f"the bridge refused: {header['refused']}")
        if "refused" in header or header.get("id") != self._id:
            raise FrameError(f"the bridge answered something else: {header.get('refused', 'another question')}")
        replies = self._decoder.replies(header, body)
        if len(replies) != len(rows):
            raise BridgeError(f"{len(rows)} calls, but {len(replies)} replies")
        return replies

    # ---- connecting

    def _connect(self) -> bool:
        """Whether a new connection was made; BridgeError if there is none and none can be had now."""
        if self._sock is not None:
            return False
        wait = self._next - time.monotonic()
        if wait > 0:
            raise BridgeError(f"no connection to the bridge at {self._where}; next attempt in {wait:.1f} s")
        try:
            sock = socket.create_connection(self._address, self._data_seconds)
        except OSError as error:
            raise self._failed("no bridge answers; start it with `plan mt5 serve`", error) from error
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._greet(sock)
        except _LOST as error:
            sock.close()
            raise self._failed("the bridge did not greet", error) from error
        except BridgeError:
            sock.close()
            self._back_off()
            raise
        self._sock, self._decoder, self._pause = sock, Decoder(), 0.0
        self.connections += 1
        return True

    def _greet(self, sock: socket.socket) -> None:
        hello, _ = read_frame(sock, GREETING_LIMIT, 0, self._data_seconds)
        if "refused" in hello:
            raise BridgeError(f"the bridge at {self._where} refused: {hello['refused']}")
        if hello.get("bridge") != PROTOCOL:
            raise BridgeError(
                f"the bridge speaks protocol {hello.get('bridge')}, this program {PROTOCOL}: update the older"
            )
        theirs, ours = str(hello.get("nonce")), secrets.token_hex(16)
        mine = {"bridge": PROTOCOL, "nonce": ours, "proof": proof(self._token, "client", theirs, ours)}
        send_frame(sock, mine, (), self._data_seconds)
        welcome, _ = read_frame(sock, GREETING_LIMIT, 0, self._data_seconds)
        if "refused" in welcome:
            raise BridgeError(f"the bridge at {self._where} refused: {welcome['refused']}")
        if not same(welcome.get("proof"), proof(self._token, "server", theirs, ours)):
            raise BridgeError(f"what answers at {self._where} does not know the token: it is not our bridge")
        self.package = str(welcome.get("package"))

    @property
    def _where(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def _failed(self, what: str, error: BaseException) -> BridgeError:
        self._back_off()
        return BridgeError(f"{self._where}: {what} ({error or type(error).__name__})")

    def _back_off(self) -> None:
        self._pause = min(self._pause * 2 or _FIRST_PAUSE, _LONGEST_PAUSE)
        # several clients that lost the same server must not come back in step
        self._next = time.monotonic() + self._pause * (0.5 + random() / 2)

    def _drop(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None


class _Refused(BridgeError):
    """The server read the request and made none of its calls."""
