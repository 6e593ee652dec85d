"""All who watch a run, made from what was asked for: log, measures, heartbeat, messages to people."""

from __future__ import annotations

import time
from collections.abc import Callable

from tradeplan.runtime.engine.timing import SAMPLED, FunctionTimer
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.watch.heartbeat import Heartbeat
from tradeplan.runtime.watch.log import json_log, plain_log
from tradeplan.runtime.watch.metrics import Metrics
from tradeplan.runtime.watch.notify import Notifier, Send, apprise_send
from tradeplan.runtime.watch.secrets import Hider, secret
from tradeplan.runtime.watch.step import Step

DEAD_SECONDS = 120.0
"""A run that has not turned for so long is no more alive, for the heartbeat."""


class Watching:
    """`say` takes everything that a run says, `stepped` every step, `turned` every turn of its loop."""

    def __init__(
        self,
        log_json: bool = False,
        metrics: int | None = None,
        heartbeat: bool = False,
        notify: bool = False,
        send: Callable[[str], Send] = apprise_send,
    ) -> None:
        """`metrics`: the port. Raises ValueError (SecretMissingError, NotifyError, MetricsError) with what to do."""
        address = secret("heartbeat") if heartbeat else ""
        addresses = secret("notify") if notify else ""
        self.hide = Hider((address, addresses))
        self._log = (json_log if log_json else plain_log)(self.hide)
        self._turned = time.monotonic()
        self._notifier = Notifier(send(addresses), self._log) if notify else None
        self._metrics = Metrics() if metrics is not None else None
        self._heart: Heartbeat | None = None
        self.timer = FunctionTimer(SAMPLED) if metrics is not None else None
        self.feed: object = None  # who feeds the run, for its readings
        try:
            if self._metrics is not None and metrics is not None:
                self._log(f"measures for Prometheus on http://127.0.0.1:{self._metrics.serve(metrics)}/metrics")
            if heartbeat:
                self._heart = Heartbeat(address, self._alive, self._log)
        except ValueError:
            self.close()
            raise

    def say(self, text: str) -> None:
        """Log it; what is urgent is sent as well."""
        self._log(text)
        if self._notifier is not None and isinstance(text, Urgent):
            self._notifier.put(self.hide(text))

    def turned(self) -> None:
        """The run's loop is alive."""
        self._turned = time.monotonic()

    def stepped(self, step: Step) -> None:
        """An instant was handled."""
        self.turned()
        if self._metrics is not None:
            self._metrics.count(step, self.feed)

    def close(self) -> None:
        """Send what waits, and end all threads."""
        for part in (self._notifier, self._heart, self._metrics):
            if part is not None:
                part.close()

    def _alive(self) -> bool:
        return time.monotonic() - self._turned < DEAD_SECONDS
