"""Measures of a run for Prometheus, on a port of this machine only."""

from __future__ import annotations

import time
from collections import Counter as Tally
from typing import Any

from tradeplan.runtime.engine.events import Alert, Answer, Breaker, Decision, Fill, Halt, MarginCall
from tradeplan.runtime.watch.step import Step

ADDRESS = "127.0.0.1"
_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_READINGS = ("hit_rate", "fetches", "fetch_seconds", "fetch_seconds_most", "away", "late", "resyncs", "bar_age")
_SCALED = ("plan", "rule", "kind")
_STATES = ("armed", "WARMING", "blocked", "position", "order", "retired", "put aside")


class MetricsError(ValueError):
    """Measures cannot be shown; the message says what to do."""


class Metrics:
    """Counts what each step tells; `serve` answers a Prometheus server.

    Time per function is that of one step in so many (see engine/timing.py), of an engine that has a timer.
    """

    def __init__(self) -> None:
        """Raises MetricsError without prometheus-client."""
        try:
            import prometheus_client as prometheus  # optional
        except ImportError as error:
            raise MetricsError("measures need prometheus-client: pip install `tradeplan[metrics]`") from error
        self._prometheus = prometheus
        self.registry = prometheus.CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Any:
            return prometheus.Counter(f"tradeplan_{name}", about, labels, registry=self.registry)

        def gauge(name: str, about: str, *labels: str) -> Any:
            return prometheus.Gauge(f"tradeplan_{name}", about, labels, registry=self.registry)

        self._steps = counter("steps", "instants handled")
        self._seconds = prometheus.Histogram(
            "tradeplan_step_seconds", "time of an instant, store included", buckets=_BUCKETS, registry=self.registry
        )
        self._decisions = counter(
            "decisions", "decisions by what they were about and what became of them", "about", "outcome"
        )
        self._stops = counter("stop_moves", "stops moved, by plan: several rules may ask for one move", "plan")
        self._scalings = counter("scalings", "ADDs and part closes by plan and rule; a TAKE's is 0", *_SCALED)
        self._answers = counter("broker_answers", "answers of a broker outside", "about", "retcode")
        self._fills = counter("fills", "fills by reason: entry, add, stop, target, take, close, ...", "reason")
        self._exits = counter("exits", "closes by the plan and the rule that asked for them", "plan", "rule")
        self._voices = counter("exit_voices", "closes by what an exit function said", "function", "kind", "rank")
        self._breakers = counter("breaker_events", "breakers: halt, half_open, reset", "owner", "event")
        self._alerts = counter("alerts", "alerts of plans and guards", "owner")
        self._margin_calls = counter("margin_calls", "margin calls")
        self._plans = gauge("plans", "plans by state", "state")
        self._open = gauge("positions", "open positions")
        self._equity, self._balance = gauge("equity", "of the account"), gauge("balance", "of the account")
        self._time = gauge("feed_time_seconds", "the newest instant handled, seconds since 1970")
        self._step_time = gauge("last_step_seconds", "wall clock of the newest step, seconds since 1970")
        self._age = gauge("bar_age_seconds", "from a market's newest closed bar to the newest instant", "market")
        self._feed = gauge("feed", "readings of the feed, by name", "reading")
        self._functions = gauge("function_seconds", "time of functions in the steps that were sampled", "function")
        self._updates = gauge("function_updates", "updates of functions in the steps that were sampled", "function")
        self._samples = gauge("function_samples", "steps whose functions were timed")
        self._sampled = 0
        self._disk = gauge("disk_bytes", "free on the disk of the database; its size; below `wanted` is low", "what")
        self._server: Any = None

    def count(self, step: Step, feed: object = None) -> None:
        """Take a step in. `feed` may have `readings`, plain numbers by attribute."""
        self._steps.inc()
        self._seconds.observe(step.seconds)
        for event in step.told:
            match event:
                case Decision():
                    self._decisions.labels(event.about, event.outcome).inc()
                    if event.outcome == "sent":
                        self._sent(event)
                case Fill():
                    self._fills.labels(event.reason).inc()
                    if event.reason == "take":
                        self._scalings.labels(event.plan, "0", "take").inc()
                case Answer():
                    self._answers.labels(event.about, str(event.retcode)).inc()
                case Halt():
                    self._breakers.labels(event.owner, "halt").inc()
                case Breaker():
                    self._breakers.labels(event.owner, event.state).inc()
                case Alert():
                    self._alerts.labels(event.owner).inc()
                case MarginCall():
                    self._margin_calls.inc()
                case _:
                    continue
        engine = step.engine
        self._equity.set(engine.equity)
        self._balance.set(engine.balance)
        self._open.set(len(engine.positions()))
        self._time.set(engine.now / 1000)
        self._step_time.set(time.time())
        self._set_states(step)
        if (timer := engine.timer) is not None and timer.samples != self._sampled:
            self._sampled = timer.samples
            self._samples.set(timer.samples)
            for t in timer.times():
                self._functions.labels(t.name).set(t.seconds)
                self._updates.labels(t.name).set(t.bars)
        if (room := step.room) is not None:
            for what, count in (("free", room.free), ("database", room.size), ("wanted", room.wanted)):
                self._disk.labels(what).set(count)
        readings = getattr(feed, "readings", None)
        for name in (
            "hit_rate",
            "fetches",
            "fetch_seconds",
            "fetch_seconds_most",
            "away",
            "late",
            "resyncs",
            "bar_age",
            "polled",
            "resting",
            "lacking",
            "events",
            "late_events",
            "holes",
            "stream_bytes",
            "read_backs",
        ):
            value = getattr(readings, name, None)
            if isinstance(value, int | float):
                self._feed.labels(name).set(value)

    def _sent(self, event: Decision) -> None:
        rule = str(event.rule + 1) if event.rule >= 0 else "guard"
        if event.about == "close":
            self._exits.labels(event.plan, rule).inc()
            if (said := event.spoken) is not None:
                self._voices.labels(said.function, said.kind, said.rank).inc()
            if event.units:
                self._scalings.labels(event.plan, rule, "part").inc()
        elif event.about == "stop":
            self._stops.labels(event.plan).inc()
        elif event.about == "add":
            self._scalings.labels(event.plan, rule, "add").inc()

    def _set_states(self, step: Step) -> None:
        states, feeds = step.states.get("states"), step.states.get("feeds")
        if isinstance(states, list):
            tally = Tally(str(s["state"]) for s in states)
            for state in _STATES:
                self._plans.labels(state).set(tally[state])
        for feed in feeds if isinstance(feeds, list) else ():
            if feed["newest"] is not None:
                self._age.labels(feed["market"]).set((step.engine.now - feed["newest"]) / 1000)

    def text(self) -> str:
        """All measures as Prometheus reads them."""
        written: bytes = self._prometheus.generate_latest(self.registry)
        return written.decode("utf-8")

    def serve(self, port: int) -> int:
        """Answer on a port of this machine, 0 for any free one; returns it. Raises MetricsError when it is taken."""
        try:
            self._server, _ = self._prometheus.start_http_server(port, addr=ADDRESS, registry=self.registry)
        except OSError as error:
            raise MetricsError(
                f"port {port} cannot be used for measures ({error}): give another with --metrics"
            ) from error
        return int(self._server.server_port)

    def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
