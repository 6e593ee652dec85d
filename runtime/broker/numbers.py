"""Which magic numbers and comments are those of this journal's intents, and what each stands for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tradeplan.runtime.broker.identity import PARTS, is_ours, magic_of, part_of

RECENT = 512
"""Of so many of the newest intents all numbers are kept at hand; an older one is looked for when it is met."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a magic number stands for: a part of an intent of a plan; `leg` as in `intent_leg`."""

    intent: int
    plan: str
    leg: str
    part: int


@dataclass(slots=True)
class Numbers:
    """Grows by a few words an intent: the numbers follow from it, so they need not be kept."""

    _intents: dict[int, tuple[str, str]] = field(default_factory=dict)
    _at_hand: dict[int, Known] = field(default_factory=dict)
    _recent: deque[tuple[int, ...]] = field(default_factory=deque)
    _filled: dict[int, int] = field(default_factory=dict)  # of a number the intent
    _met: dict[int, Known | None] = field(default_factory=dict)  # numbers that were looked for among older intents

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self._intents, self._at_hand, self._recent, self._filled, self._met):
            kept.clear()

    def learn(self, intent: int, plan: str, leg: str) -> None:
        """An entry or ADD was journalled: its parts are ours. Costs nothing the second time."""
        if intent in self._intents:
            return
        self._intents[intent] = plan, leg
        magics = tuple(magic_of(intent, part) for part in range(PARTS))
        for part, magic in enumerate(magics):
            self._at_hand[magic] = Known(intent, plan, leg, part)
            self._met.pop(magic, None)
        self._recent.append(magics)
        if len(self._recent) > RECENT:
            for magic in self._recent.popleft():
                del self._at_hand[magic]

    def filled(self, magic: int, intent: int) -> None:
        """A part became a position: it is met again as long as that is open."""
        self._filled[magic] = intent

    def get(self, magic: int) -> Known | None:
        """What a number stands for; None for those of others."""
        known = self._at_hand.get(magic)
        if known is not None or not is_ours(magic):
            return known
        if magic not in self._met:
            self._met[magic] = self._looked_for(magic)
        return self._met[magic]

    def by_comment(self, comment: str) -> Known | None:
        """The same by the comment of an order, which brokers may cut or change."""
        found = part_of(comment)
        if found is None or found[0] not in self._intents:
            return None
        return Known(found[0], *self._intents[found[0]], found[1])

    def __contains__(self, magic: int) -> bool:
        return self.get(magic) is not None

    def _looked_for(self, magic: int) -> Known | None:
        intent = self._filled.get(magic)
        for i, (plan, leg) in self._intents.items() if intent is None else [(intent, self._intents[intent])]:
            for part in range(PARTS):
                if magic_of(i, part) == magic:
                    return Known(i, plan, leg, part)
        return None
