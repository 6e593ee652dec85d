"""What a broker must not forget: whose each position is, which deals are entered, which numbers are the journal's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tradeplan.runtime.broker.numbers import Numbers


@dataclass(slots=True)
class Link:
    """A position at the broker and the leg it is: -1 on netting accounts, where it is all legs. Swaps in cents."""

    plan: str
    leg: int
    identifier: int
    intent: int
    charged: float = 0.0  # swap that the engine has
    realised: float = 0.0  # of it, what deals have brought into the balance
    stop: float | None = None  # the stop that this program set last, as far as it knows


@dataclass(slots=True)
class Memory:
    """Rebuilt from the journal at start-up; everything in it was journalled before it was taken down."""

    links: dict[int, Link] = field(default_factory=dict)
    deals: set[int] = field(default_factory=set)
    orphans: set[int] = field(default_factory=set)
    known: Numbers = field(default_factory=Numbers)
    strange: set[int] = field(default_factory=set)  # magic numbers of another runtime, told already
    unknown: set[int] = field(default_factory=set)  # parts whose answer was lost
    closes: dict[int, dict[str, Any]] = field(default_factory=dict)  # by position: the close whose answer was lost last
    closing: set[int] = field(default_factory=set)  # the magic numbers of closes whose answer was lost
    attached: dict[str, Any] | None = None
    _latest: dict[str, dict[int, Link]] = field(default_factory=dict)  # of each plan's legs
    newest: int = 0  # ms of the broker's clock: the newest deal that was entered

    def forget(self) -> None:
        """Begin again: the journal is read anew."""
        for kept in (self.links, self.deals, self.orphans, self.known, self.unknown, self.strange, self._latest):
            kept.clear()
        self.closes.clear()
        self.closing.clear()
        self.attached, self.newest = None, 0

    def learn(self, intent: int, plan: str, leg: str) -> None:
        """An entry or ADD was journalled: its parts are ours."""
        if leg != "entry" and not leg.startswith("add/"):
            return
        self.known.learn(intent, plan, leg)

    def latest(self, plan: str) -> list[Link]:
        """Of each leg of a plan the newest position: identifiers rise, and the legs of older positions are closed."""
        return list(self._latest.get(plan, {}).values())

    def note(self, kind: str, body: dict[str, Any]) -> None:
        """An act of the broker stands in the journal."""
        if "deal" in body:
            self.deals.update((int(body["deal"]), *body.get("also", ())))
            self.newest = max(self.newest, int(body.get("deal_msc", 0)))
        if kind == "attached":
            self.attached = body
            self.newest = int(body["from_msc"])
        elif kind == "halt" and "strangers" in body:
            self.strange.update(body["strangers"])
        elif kind == "unknown" and "close" in body:
            self.closing.add(int(body["magic"]))
            self.closes[int(body["close"])] = body
        elif kind == "unknown":
            self.unknown.add(int(body["magic"]))
        elif kind == "orphan":
            self.orphans.add(int(body["identifier"]))
        elif kind == "swap" and "identifier" in body:
            self.links[int(body["identifier"])].charged += float(body["amount"])
        elif kind == "fill" and "identifier" in body:
            identifier = int(body["identifier"])
            if body["reason"] in ("entry", "add") and identifier not in self.links:
                link = int(body["link"])
                made = Link(str(body["plan"]), link, identifier, int(body["intent"]), stop=body.get("sl"))
                self.links[identifier] = made
                before = self._latest.setdefault(made.plan, {})
                if link not in before or before[link].identifier < identifier:
                    before[link] = made
                self.known.filled(int(body["magic"]), made.intent)
            elif identifier in self.links:
                self.links[identifier].realised += float(body.get("deal_swap", 0.0))

    def entered(self, deal: int) -> bool:
        """Whether a deal is in the journal, or older than the run."""
        return deal in self.deals or (self.attached is not None and deal <= int(self.attached["last_deal"]))
