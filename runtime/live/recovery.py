"""Recovery is start-up: replay the journal's activations and outages over the bars, and find the same intents again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tradeplan.dsl.catalog import Catalog, Markets
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event
from tradeplan.runtime.live.activation import Active, Version
from tradeplan.runtime.live.acts import ACTS, enact
from tradeplan.runtime.live.feed import Past
from tradeplan.runtime.live.quarantine import running_form
from tradeplan.runtime.market.appearing import appearance, appearances
from tradeplan.runtime.market.growing import Growing, late_bars
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.journal import Journal, JournalEvent

ACTIVATIONS = ("activate", "migrate")
"""The kinds of journal events that name a set; with the second a plan's open position goes on in its new version."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Where the run stands: the engine at `time`, the set it runs, and the events that led here."""

    engine: Engine
    active: Active
    segments: list[tuple[list[Event], Active]]
    time: int
    live_from: int
    continued: bool
    quarantined: frozenset[Version]


def past_of(journal: Journal) -> Past:
    """What a journal says of the bars of its run."""
    events = journal.events()
    return Past(
        late_bars(event.body for event in events if event.kind == "late"),
        appearances(event.body for event in events if event.kind == "series"),
        bool(events),
    )


def recover(
    journal: Journal,
    new_engine: Callable[[], Engine],
    catalog: Catalog,
    markets: Markets,
    graph: Graph,
    until: int | None = None,
) -> Recovery:
    """Replay the journal up to `until`, or as far as it is known to have come; with an empty one this is a fresh start.

    Raises StoreError when the journal does not fit the program or the bars: then nothing may be sent.
    """
    engine = new_engine()
    _begin_again(engine)
    events = journal.events()
    processed = _known_time(journal) if until is None else until
    versions = Versions(journal, catalog, markets, graph)
    active, told, live_from = Active(), list[tuple[list[Event], Active]](), 0
    quarantined: set[Version] = set()
    for event in events:
        told.append((_advance(engine, event.time, live_from), active))
        match event.kind:
            case kind if kind in ACTIVATIONS:
                active = versions.active(event)
                engine.activate(*running_form(active, graph), event.body.get("moved", ()))
                engine.forbid_entries(active.retired)
            case "outage":
                live_from = int(event.body["until"])
            case kind if kind in ACTS:
                told.append((enact(engine, event), active))
            case "quarantine":
                quarantined.add((str(event.body["name"]), str(event.body["version"])))
            case "news":
                _use_news(engine, str(event.body["digest"]))
            case "series":
                _appear(engine, event)
            case "late":
                pass  # the dataset was told before: the bar closes when it came
            case kind:
                raise StoreError(
                    f"the journal holds an event `{kind}` that this version does not know: update tradeplan"
                )
    if processed is not None:
        told.append((_advance(engine, processed, live_from), active))
    return Recovery(engine, active, told, engine.now, live_from, bool(events), frozenset(quarantined))


def _begin_again(engine: Engine) -> None:
    """Let bars and news be seen as they were at the beginning of the run."""
    if isinstance(engine.dataset, Growing):
        engine.dataset.rewind()
    _use_news(engine, None)


def _appear(engine: Engine, event: JournalEvent) -> None:
    """A series, or older bars of one, from here on."""
    came = appearance(event.body)
    if isinstance(engine.dataset, Growing):
        engine.dataset.appear(came)
        engine.see([came.key])


def _use_news(engine: Engine, digest: str | None) -> None:
    """The calendar of news that a live feed had from here on."""
    if isinstance(engine.dataset, Growing):
        engine.dataset.use_news(digest)


def _known_time(journal: Journal) -> int | None:
    """The last instant that is known to have been handled: by what the writer has committed, or by an order."""
    progress, last_intent = journal.progress(), journal.last_intent_time()
    return max((t for t in (progress[0] if progress else None, last_intent) if t is not None), default=None)


def _advance(engine: Engine, to: int, live_from: int) -> list[Event]:
    """One call up to the end of the outage and one beyond: what is decided after it is not late."""
    told: list[Event] = []
    if live_from > engine.now:
        told += engine.advance(min(to, live_from), live_from)
    if to > engine.now:
        told += engine.advance(to, 0)
    return told


class Versions:
    """The plan versions that a journal names, checked again from the texts it keeps."""

    def __init__(self, journal: Journal, catalog: Catalog, markets: Markets, graph: Graph) -> None:
        self._journal, self._catalog, self._markets, self._graph = journal, catalog, markets, graph
        self._plans: dict[tuple[str, str], CheckedPlan] = {}
        self._guards: dict[tuple[str, str], CheckedGuard] = {}

    def active(self, event: JournalEvent) -> Active:
        for name, version in (*event.body["plans"], *event.body["guards"]):
            if (name, version) not in self._plans and (name, version) not in self._guards:
                self._load(name, version)
        return Active(
            tuple(self._plans[name, version] for name, version in event.body["plans"]),
            tuple(self._guards[name, version] for name, version in event.body["guards"]),
            frozenset(event.body["retired"]),
            frozenset(event.body.get("silenced", ())),
        )

    def _load(self, name: str, version: str) -> None:
        file, text = self._journal.version_text(name, version)
        checked = check_source(Source(file, text), self._catalog, self._markets, self._graph)
        if any(d.severity is Severity.ERROR for d in checked.diagnostics):
            raise StoreError(
                f"version `{version}` of `{name}` in the journal is not accepted any more:"
                f" {checked.diagnostics[0].message};"
                " run the tradeplan version that wrote the journal until its positions are closed"
            )
        self._plans.update({(p.name, p.version): p for p in checked.plans})
        self._guards.update({(g.name, g.version): g for g in checked.guards})
        if (name, version) not in self._plans and (name, version) not in self._guards:
            raise StoreError(f"the journal keeps no text that gives `{name}` its version `{version}`: it was damaged")
