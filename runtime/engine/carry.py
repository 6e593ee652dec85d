"""Carries the state of the order loop from one program to the next, by the names of plans, guards and markets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.events import Event, Fill
from tradeplan.runtime.engine.moving import carry_position
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.program import Owner, Program
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.arrays import Book
from tradeplan.runtime.kernels.orders.breakers import spread
from tradeplan.runtime.kernels.orders.exposure import place
from tradeplan.runtime.kernels.orders.guard import place_guard
from tradeplan.runtime.kernels.orders.statistics import worth
from tradeplan.runtime.kernels.orders.watch import watch
from tradeplan.runtime.kernels.source.primitives import Bytes, Floats, Integers

_KEPT_BY_NAME = (at.F_POSITION, at.F_LAST_EXIT, at.F_FILLS, at.F_HALT)
"""What a plan keeps under its name when its version changes; it is flat then."""


@dataclass(slots=True)
class Memory:
    """What stays under a plan's name while the plan is away, and the times of its first fills, which MAX counts."""

    fields: dict[str, tuple[float, ...]] = field(default_factory=dict)
    fills: dict[str, list[float]] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)  # the position of the newest

    def note(self, events: Iterable[Event]) -> None:
        """Take down first fills."""
        for event in events:
            if isinstance(event, Fill) and event.reason == "entry" and self.newest.get(event.plan) != event.position:
                self.newest[event.plan] = event.position  # the other legs are no first fills
                self.fills.setdefault(event.plan, []).append(float(event.time))

    def keep(self, loop: OrderLoop) -> None:
        """Take down what the plans of a loop would leave behind."""
        for owner in loop.program.plans:
            self.fields[owner.block.name] = tuple(float(loop.f[owner.address + x]) for x in _KEPT_BY_NAME)

    def copy(self) -> Memory:
        """A memory of its own."""
        fills = {name: list(times) for name, times in self.fills.items()}
        return Memory(dict(self.fields), fills, dict(self.newest))


def carry(old: OrderLoop, new: OrderLoop, memory: Memory, paused: bool = False, moved: Collection[str] = ()) -> None:
    """Give `new` everything that `old` and `memory` know and that still has a place there.

    A plan of the same version keeps all of its state; of another version, or coming back, the counters, the cool-down
    and running halts. A guard that was edited keeps its books and the breakers that stand in it still. `paused`:
    nothing has run since `old` stood still, so its steps are not the steps before. `moved` plans keep their open
    position although their version is another one.
    """
    levels = new.f[[at.V_STOP_OUT, at.V_CALL]]
    _copy(old, new, 0, 0, at.HEADER)
    new.f[[at.V_STOP_OUT, at.V_CALL]] = levels  # of the markets that are traded now
    before, after = old.program, new.program
    for name, address in after.markets.items():
        if name in before.markets:
            _copy(old, new, before.markets[name], address, at.MARKET_RECORD)
    known = {owner.block.name: owner for owner in before.owners}
    memory.keep(old)
    for owner in after.owners:
        previous = known.get(owner.block.name)
        if previous is not None and _same(previous, owner):
            _carry_whole(old, new, previous, owner)
            new.f[owner.address + at.F_NEXT] = 0.0  # its entries may be forbidden now: the next step is looked at
        elif previous is not None and owner.block.name in moved:
            carry_position(old, new, previous, owner)
            watch(quiet_book(new), owner.address)
        elif isinstance(owner.block, CheckedPlan) and owner.block.name in memory.fields:
            for place_of, value in zip(_KEPT_BY_NAME, memory.fields[owner.block.name], strict=True):
                new.f[owner.address + place_of] = value
        elif previous is not None and isinstance(owner.block, CheckedGuard):
            _carry_breakers(old, new, previous, owner)
        if isinstance(owner.block, CheckedPlan):
            _lay_fill_times(new, owner, memory.fills.get(owner.block.name, []))
    _leave_halts(old, new)
    _find_probes(old, new)
    _carry_statistics(old, new)
    _steps_before(new, {} if paused else {o.block.name: o for o in before.owners})
    _rebuild_lists(new)


def _same(previous: Owner, owner: Owner) -> bool:
    return type(previous.block) is type(owner.block) and previous.block.version == owner.block.version


def _copy(old: OrderLoop, new: OrderLoop, source: int, target: int, size: int) -> None:
    new.f[target : target + size] = old.f[source : source + size]


def _carry_whole(old: OrderLoop, new: OrderLoop, previous: Owner, owner: Owner) -> None:
    a, b = previous.address, owner.address
    _copy(old, new, a, b, at.PLAN)
    for number, rule in owner.rules.items():
        if number not in previous.rules:  # a plan put aside has one rule more: it cancels
            continue
        source = previous.rules[number]
        _copy(old, new, source, rule, at.RULE)
        first, last = int(new.k[rule + at.R_ACTION0]), int(new.k[rule + at.R_ACTION1])
        start = int(old.k[source + at.R_ACTION0])
        for i, action in enumerate(range(first, last, at.ACTION)):
            new.f[action + at.A_USED] = old.f[start + i * at.ACTION + at.A_USED]
    for first_field, last_field in (
        (at.P_CELL0, at.P_CELL1),
        *(
            ((at.P_LEG0, at.P_LEG1), (at.P_ADD0, at.P_ADD1), (at.P_CAPTURE0, at.P_CAPTURE1))
            if isinstance(owner.block, CheckedPlan)
            else ()
        ),
    ):
        first, size = int(new.k[b + first_field]), int(new.k[b + last_field] - new.k[b + first_field])
        size = min(size, int(old.k[a + last_field] - old.k[a + first_field]))  # there may be room for more legs now
        _copy(old, new, int(old.k[a + first_field]), first, size)


def _carry_breakers(old: OrderLoop, new: OrderLoop, previous: Owner, owner: Owner) -> None:
    """A guard was edited: its books go on, and so does each breaker whose condition stands in it still."""
    for place_of in (at.F_BOOKED, at.F_STREAK):
        new.f[owner.address + place_of] = old.f[previous.address + place_of]
    for number, source in _breakers(old, previous).items():
        for rule in owner.block.rules:
            target = owner.rules[rule.number]
            if rule.text == _text_of(previous, number) and new.k[target + at.R_HALT]:
                for place_of in (at.T_UNTIL, at.T_BLOCKED, at.T_STATE, at.T_PROBE, at.T_OUTCOME):
                    new.f[target + place_of] = old.f[source + place_of]


def _breakers(loop: OrderLoop, owner: Owner) -> dict[int, int]:
    """The rules of a guard that are breakers: number and address."""
    return {number: address for number, address in owner.rules.items() if loop.k[address + at.R_HALT]}


def _text_of(owner: Owner, number: int) -> str:
    return next(rule.text for rule in owner.block.rules if rule.number == number)


def _leave_halts(old: OrderLoop, new: OrderLoop) -> None:
    """What a breaker that is gone blocked stays blocked until the breaker's end: nobody has lifted it."""
    guards = {owner.block.name: owner for owner in new.program.guards}
    for previous in old.program.guards:
        now = guards.get(previous.block.name)
        texts = set() if now is None else {_text_of(now, number) for number in _breakers(new, now)}
        for number, address in _breakers(old, previous).items():
            gone = _text_of(previous, number) not in texts
            if gone and old.f[address + at.T_STATE] == at.BLOCKING and isinstance(previous.block, CheckedGuard):
                for owner in new.program.plans:
                    plan = owner.block
                    if isinstance(plan, CheckedPlan) and previous.block.covers(plan.name, plan.market):
                        halted = owner.address + at.F_HALT
                        new.f[halted] = max(new.f[halted], old.f[address + at.T_UNTIL])


def _find_probes(old: OrderLoop, new: OrderLoop) -> None:
    """Plans have other addresses now: breakers that let one try find it by its name."""
    names = {owner.address: owner.block.name for owner in old.program.plans}
    places = {owner.block.name: owner.address for owner in new.program.plans}
    for owner in new.program.guards:
        for address in _breakers(new, owner).values():
            trying = int(new.f[address + at.T_PROBE])
            if trying > 0:
                new.f[address + at.T_PROBE] = float(places.get(names[trying], at.GONE))


def _lay_fill_times(new: OrderLoop, owner: Owner, times: list[float]) -> None:
    """MAX may be new or have another number now: the newest first fills are laid out for it."""
    has, ring = int(new.k[owner.address + at.P_MAX]), int(new.k[owner.address + at.P_RING])
    count = int(new.f[owner.address + at.F_FILLS])
    new.ring[ring : ring + has] = -at.INF
    for back, time in enumerate(reversed(times[-has:] if has else [])):
        new.ring[ring + (count - 1 - back) % has] = time


def _statistics(program: Program, k: NDArray[np.int64]) -> dict[tuple[int, int, int, str], int]:
    """The statistics by what they are and the guard that they belong to."""
    guards = {owner.address: owner.block.name for owner in program.guards}
    first, last = int(k[at.H_STATISTICS]), int(k[at.H_STATISTICS_END])
    return {
        (
            int(k[s + at.S_KIND]),
            int(k[s + at.S_SPAN]),
            int(k[s + at.S_CALENDAR]),
            guards.get(int(k[s + at.S_SCOPE]), ""),
        ): s
        for s in range(first, last, at.STATISTIC)
    }


def _carry_statistics(old: OrderLoop, new: OrderLoop) -> None:
    """A statistic that nobody read before begins now, with the equity of now."""
    had = _statistics(old.program, old.k)
    for key, target in _statistics(new.program, new.k).items():
        source = had.get(key)
        if source is None:
            _begin_statistic(old, new, target)
            continue
        _copy(old, new, source, target, at.STATISTIC)
        size = 2 * int(new.k[target + at.S_CAPACITY])
        a, b = int(old.k[source + at.S_RING]), int(new.k[target + at.S_RING])
        new.ring[b : b + size] = old.ring[a : a + size]


def _begin_statistic(old: OrderLoop, new: OrderLoop, target: int) -> None:
    scope = int(new.k[target + at.S_SCOPE])
    now = float(old.f[at.W_EQUITY])
    if scope:
        booked_only = new.k[target + at.S_KIND] == at.REALISED_LOSS
        now = float(new.f[scope + at.F_BOOKED]) if booked_only else worth(quiet_book(new), scope)
    new.f[target + at.Z_LAST] = new.f[target + at.Z_START] = now
    if new.f[target + at.Z_COUNT] > 0.0:
        new.ring[int(new.k[target + at.S_RING]) + 1] = now


def _steps_before(new: OrderLoop, known: dict[str, Owner]) -> None:
    """For rules that were not there, the step before is read from the columns: an edit makes no step the first one."""
    evaluator = new.evaluator
    for owner in new.program.owners:
        previous = known.get(owner.block.name)
        if previous is not None and _same(previous, owner):
            continue
        for rule in owner.block.rules:
            if rule.hoisted is None or rule.hoisted.lane is None:
                continue
            if evaluator.bars_done(rule.hoisted.lane):
                _, last = evaluator.window(rule.hoisted.lane)
                truth = evaluator.conditions[evaluator.tables.offset(rule.hoisted) + last - 1]
                new.f[owner.rules[rule.number] + at.T_LAST] = float(truth)


def quiet_book(new: OrderLoop) -> Book:
    """The state of a loop for functions that look at no bars."""
    no_integers, no_floats = cast("Integers", [0]), cast("Floats", [0.0])
    return Book(
        cast("Integers", new.k),
        cast("Floats", new.f),
        cast("Floats", new.ring),
        cast("Integers", new.lists),
        no_integers,
        no_integers,
        no_floats,
        no_integers,
        no_floats,
        cast("Bytes", [0]),
        no_integers,
        no_floats,
        no_floats,
        no_integers,
    )


def _rebuild_lists(new: OrderLoop) -> None:
    """Who has to be looked at, and who is blocked, follows from the states that were carried over."""
    book = quiet_book(new)
    for owner in new.program.plans:
        place(book, owner.address)
    for owner in new.program.guards:
        place_guard(book, owner.address)
    spread(book)
