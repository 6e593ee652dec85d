"""Rows of the order loop as records with names: decisions, fills, alerts, halts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedRule
from tradeplan.runtime.engine.optional_parts import UnknownPart, unknown_parts
from tradeplan.runtime.engine.program import Program
from tradeplan.runtime.engine.voices import Spoken, spoken
from tradeplan.runtime.kernels.orders import layout as at

Rows = NDArray[np.float64]

OUTCOMES = (
    "sent",
    "expired",
    "halted",
    "once",
    "cooldown",
    "max_count",
    "unknown_level",
    "no_rate",
    "stop_wrong_side",
    "target_wrong_side",
    "too_small",
    "margin",
    "in_position",
    "closing",
    "late",
    "beyond_stop",
    "cancelled",
    "stop_passed",
    "retired",
    "stop_too_near",
    "price_passed",
    "limit",
    "price_too_near",
    "target_too_near",
    "refused",
    "abandoned",
    "lost",
)
"""What became of a decision, by the codes of the layout."""
FILLS = ("entry", "add", "stop", "target", "take", "close", "stop_out", "hand")
ABOUT = ("entry", "add", "close", "stop", "cancel", "take")


@dataclass(frozen=True, slots=True)
class BrokenLimit:
    """Why an entry or ADD was refused with `limit`: the guard, its limit, and what its reading would have been (%)."""

    guard: str
    limit: str
    value: float


class Decision(NamedTuple):
    """Something a plan decided, or wanted and could not: `about` entry, add, close, stop, cancel, or take.

    A take is what the program closes itself on a netting account of a broker outside; its `rule` is the leg.

    A named tuple like `Fill`: a live step makes many, and a frozen dataclass takes four times as long to make.
    `price` and `units` are those of the order (0: a market order, or everything); `rule` -1: no single rule.
    `optional`: the OPTIONAL parts that counted as met when an entry was sent because they were UNKNOWN.
    `spoken`: what the exit function that the rule reads said, if one spoke.
    """

    time: int
    plan: str
    rule: int
    about: str
    outcome: str
    units: int
    price: float
    position: int
    optional: tuple[UnknownPart, ...] = ()
    limit: BrokenLimit | None = None
    spoken: Spoken | None = None


class Fill(NamedTuple):
    """One leg filled: money in account currency. `better` is the other outcome's price on an ambiguous bar, else 0.

    `stop` is the position's stop at an entry, else 0; `rate` from profit to account currency; `spread` that of the bar,
    in price units, `known` when it was the bar's own; `slip` what was added against the trader. `deal` and `order` are
    the tickets of a broker outside, else 0.
    """

    time: int
    plan: str
    rule: int
    leg: int
    reason: str
    price: float
    units: int
    profit: float
    commission: float
    position: int
    better: float = 0.0
    stop: float = 0.0
    rate: float = 1.0
    spread: float = 0.0
    known: bool = True
    slip: float = 0.0
    deal: int = 0
    order: int = 0


@dataclass(frozen=True, slots=True)
class Swap:
    """Nights charged on one leg, in account currency (negative: paid)."""

    time: int
    plan: str
    leg: int
    amount: float
    position: int


@dataclass(frozen=True, slots=True)
class Alert:
    """ALERT of a plan or guard."""

    time: int
    owner: str
    rule: int
    text: str
    spoken: Spoken | None = None

    @property
    def told(self) -> str:
        """The text, and behind it which exit spoke."""
        return self.text if self.spoken is None else f"{self.text} ({self.spoken.text})"


@dataclass(frozen=True, slots=True)
class MarginCall:
    """Equity fell below the margin call's level of the used margin; once until it is back."""

    time: int
    equity: float
    margin: float


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt began; `until` None: until a person resumes."""

    time: int
    owner: str
    rule: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Breaker:
    """A guard's breaker reached another state: `half_open`, or `reset` when it is closed again. It opens by a Halt.

    The halt of a plan's own rule is `reset` when a person lifts it.
    """

    time: int
    owner: str
    rule: int
    state: str


class Answer(NamedTuple):
    """What a broker outside said to a request: `about` as in a decision, or `level` for stop and target.

    `intent` and `part` are those of an entry or ADD, else None and 0; `order` is its ticket, 0: it named none.
    """

    time: int
    plan: str
    about: str
    intent: int | None
    part: int
    order: int
    retcode: int
    text: str


Event = Decision | Fill | Swap | Alert | Halt | MarginCall | Breaker | Answer


def owner_names(program: Program) -> dict[int, str]:
    """Names of plans and guards by address."""
    return {owner.address: owner.block.name for owner in program.owners}


def events(rows: Rows, program: Program, names: dict[int, str] | None = None) -> Iterator[Event]:
    """The records of event rows; points of the equity curve are left out.

    `names` are the program's `owner_names`, for callers that read a few rows at a time.
    """
    names = owner_names(program) if names is None else names
    for whole, row in zip(rows[:, _WHOLE].astype(np.int64).tolist(), rows.tolist(), strict=True):
        found = _event(whole, row, names, program)
        if found is not None:
            yield found


_WHOLE = [at.EV_TYPE, at.EV_TIME, at.EV_OWNER, at.EV_RULE, at.EV_LEG, at.EV_REASON, at.EV_UNITS, at.EV_POSITION]
_DECISION, _FILL, _PRICE, _OPTIONAL = at.TYPE_DECISION, at.TYPE_FILL, at.EV_PRICE, at.EV_OPTIONAL
_LIMIT, _VOICE = at.OVER_LIMIT, at.EV_VOICE


def _event(whole: list[int], row: list[float], names: dict[int, str], program: Program) -> Event | None:
    kind, time, address, rule, leg, reason, units, position = whole
    owner = names.get(address, "")
    if kind == _DECISION:
        parts = _optional(row, program) if row[_OPTIONAL] else ()
        limit = _limit(row, program) if reason == _LIMIT else None
        price, said = row[_PRICE], _spoken(row, program) if row[_VOICE] else None
        return Decision(time, owner, rule, ABOUT[leg], OUTCOMES[reason], units, price, position, parts, limit, said)
    if kind == _FILL:
        return Fill(
            time,
            owner,
            rule,
            leg,
            FILLS[reason],
            row[_PRICE],
            units,
            row[at.EV_PROFIT] / 100.0,
            row[at.EV_COMMISSION] / 100.0,
            position,
            row[at.EV_A] if reason >= at.FILL_STOP else 0.0,
            row[at.EV_A] if reason < at.FILL_STOP else 0.0,
            row[at.EV_RATE],
            row[at.EV_SPREAD],
            row[at.EV_KNOWN] != 0.0,
            row[at.EV_SLIP],
        )
    if kind == at.TYPE_SWAP:
        return Swap(time, owner, leg, row[at.EV_PROFIT] / 100.0, position)
    if kind == at.TYPE_ALERT:
        return Alert(time, owner, rule, program.alerts[reason], _spoken(row, program) if row[_VOICE] else None)
    if kind == at.TYPE_MARGIN_CALL:
        return MarginCall(time, row[at.EV_A] / 100.0, row[at.EV_B])
    if kind == at.TYPE_HALT:
        until = row[at.EV_A]
        return Halt(time, owner, rule, None if until >= at.INF else int(until))
    if kind == at.TYPE_BREAKER:
        return Breaker(time, owner, rule, "half_open" if reason == int(at.HALF_OPEN) else "reset")
    return None


def _limit(row: list[float], program: Program) -> BrokenLimit:
    written = program.limits[int(row[at.EV_A])]
    return BrokenLimit(written.guard, written.limit.text, row[at.EV_B])


def _optional(row: list[float], program: Program) -> tuple[UnknownPart, ...]:
    return unknown_parts(_rule(row, program), row[at.EV_OPTIONAL])


def _spoken(row: list[float], program: Program) -> Spoken:
    return spoken(row, _rule(row, program))


def _rule(row: list[float], program: Program) -> CheckedRule:
    """The rule of a plan that a row names."""
    address, number = int(row[at.EV_OWNER]), int(row[at.EV_RULE])
    rules = next(owner.block.rules for owner in program.plans if owner.address == address)
    return next(rule for rule in rules if rule.number == number)


def intent_id(plan: str, version: str, time: int, leg: str) -> int:
    """The id of an order, change or cancel: the same decision has the same id however often it is made.

    `leg`: `entry`, `add/<rule>`, `close/<rule>`, `take/<leg>`, `stop` or `cancel`.
    63 bits, so that it fits a signed integer.
    """
    text = "\x1f".join((plan, version, str(time), leg))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "big") >> 1


def intent_leg(decision: Decision) -> str | None:
    """The leg that names a decision's intent, None if nothing is sent for it."""
    if decision.about == "cancel":
        return "cancel"
    if decision.outcome != "sent":
        return None
    return decision.about if decision.about in ("entry", "stop") else f"{decision.about}/{decision.rule}"
