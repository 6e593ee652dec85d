"""Sends urgent messages to people through apprise (Telegram, e-mail, ...): a few at once, from a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

GATHER_SECONDS = 30.0
"""After a message so long is waited before the next: a hundred alerts are a handful of messages."""
LINES = 20
KEPT = 500
"""So many messages wait at most while none can be sent; the oldest go first, they are in the log."""
Send = Callable[[str, str], bool]
"""Title and text; False: not every address took it."""


class NotifyError(ValueError):
    """Messages cannot be sent as asked; the message says what to do and holds no address."""


def apprise_send(addresses: str) -> Send:
    """A sender to these addresses, parted by spaces or lines (https://github.com/caronc/apprise says how each looks).

    Raises NotifyError without apprise, and for an address that it does not know.
    """
    try:
        import apprise  # optional, and slow to load
    except ImportError as error:
        raise NotifyError("sending messages needs apprise: pip install `tradeplan[notify]`") from error
    for name in ("apprise", "requests", "urllib3"):  # they repeat addresses in their logs
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers = [logging.NullHandler()]
    to: Any = apprise.Apprise()
    for number, address in enumerate(addresses.split(), start=1):
        if not to.add(address):
            raise NotifyError(f"address {number} of the secret `notify` is none that apprise knows")
    if not len(to):
        raise NotifyError("the secret `notify` holds no address")
    return lambda title, text: bool(to.notify(title=title, body=text))


class Notifier:
    """Takes messages from any thread. What fails is told once, kept and tried again; nothing waits for it."""

    def __init__(
        self,
        send: Send,
        say: Callable[[str], None],
        title: str = "tradeplan",
        gather: float = GATHER_SECONDS,
    ) -> None:
        self._send, self._say, self._title, self._gather = send, say, title, gather
        self._waiting: deque[str] = deque(maxlen=KEPT)
        self._changed = threading.Condition()
        self._over = False
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def put(self, text: str) -> None:
        """Have a message sent soon."""
        with self._changed:
            self._waiting.append(text)
            self._changed.notify()

    def close(self, seconds: float = 10.0) -> None:
        """Send what waits and end the thread."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(timeout=seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._over)
                lines = list(self._waiting)
                self._waiting.clear()
                over = self._over
            if lines and not self._tell(lines):
                with self._changed:
                    self._waiting.extendleft(reversed(lines[: KEPT - len(self._waiting)]))
            if over:
                return
            until = time.monotonic() + self._gather
            with self._changed:
                while not self._over and (left := until - time.monotonic()) > 0:
                    self._changed.wait(left)

    def _tell(self, lines: list[str]) -> bool:
        text = "\n".join(lines[:LINES])
        if len(lines) > LINES:
            text += f"\n... and {len(lines) - LINES} more: see the log"
        try:
            sent = self._send(self._title, text)
            why = "an address did not take it"
        except Exception as error:  # a service that fails in its own way must not take the run with it
            sent, why = False, type(error).__name__
        if not sent and not self._failed:
            self._say(f"a message could not be sent ({why}): see whether the secret `notify` is right")
        self._failed = not sent
        return sent
