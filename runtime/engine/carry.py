"""Carries the state of the order loop from one program to the next, by the names of plans, guards and markets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.program import Owner, Program
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.arrays import Book
from tradeplan.runtime.kernels.orders.exposure import place

_KEPT_BY_NAME = (at.F_POSITION, at.F_LAST_EXIT, at.F_FILLS, at.F_HALT)
"""What a plan keeps under its name when its version changes; it is flat then."""


def carry(old: OrderLoop, new: OrderLoop) -> None:
    """Give `new` everything that `old` knows and that still has a place there.

    A plan of the same version keeps all of its state; of another version the counters, the cool-down and running halts.
    """
    _copy(old, new, 0, 0, at.HEADER)
    before, after = old.program, new.program
    for name, address in after.markets.items():
        if name in before.markets:
            _copy(old, new, before.markets[name], address, at.MARKET_RECORD)
    known = {owner.block.name: owner for owner in before.owners}
    for owner in after.owners:
        previous = known.get(owner.block.name)
        if previous is None or type(previous.block) is not type(owner.block):
            continue
        if previous.block.version == owner.block.version:
            _carry_whole(old, new, previous, owner)
        elif isinstance(owner.block, CheckedPlan):
            for field in _KEPT_BY_NAME:
                new.f[owner.address + field] = old.f[previous.address + field]
        if isinstance(owner.block, CheckedPlan):
            _carry_fill_times(old, new, previous, owner)
    _carry_statistics(old, new)
    _steps_before(new, {o.block.name: o.block.version for o in before.owners})
    _rebuild_lists(new)


def _copy(old: OrderLoop, new: OrderLoop, source: int, target: int, size: int) -> None:
    new.f[target : target + size] = old.f[source : source + size]


def _carry_whole(old: OrderLoop, new: OrderLoop, previous: Owner, owner: Owner) -> None:
    a, b = previous.address, owner.address
    _copy(old, new, a, b, at.PLAN)
    for number, rule in owner.rules.items():
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
        first, last = int(new.k[b + first_field]), int(new.k[b + last_field])
        _copy(old, new, int(old.k[a + first_field]), first, last - first)


def _carry_fill_times(old: OrderLoop, new: OrderLoop, previous: Owner, owner: Owner) -> None:
    """MAX may have another number now: the newest first fills are laid out again for it."""
    had, has = int(old.k[previous.address + at.P_MAX]), int(new.k[owner.address + at.P_MAX])
    if not had or not has:
        return
    fills = int(old.f[previous.address + at.F_FILLS])
    source, target = int(old.k[previous.address + at.P_RING]), int(new.k[owner.address + at.P_RING])
    new.ring[target : target + has] = -at.INF
    for i in range(max(fills - min(had, has), 0), fills):
        new.ring[target + i % has] = old.ring[source + i % had]


def _statistics(program: Program, k: NDArray[np.int64]) -> dict[tuple[int, int, int], int]:
    first, last = int(k[at.H_STATISTICS]), int(k[at.H_STATISTICS_END])
    return {
        (int(k[s + at.S_KIND]), int(k[s + at.S_SPAN]), int(k[s + at.S_CALENDAR])): s
        for s in range(first, last, at.STATISTIC)
    }


def _carry_statistics(old: OrderLoop, new: OrderLoop) -> None:
    """A statistic that nobody read before begins now, with the equity of now."""
    had = _statistics(old.program, old.k)
    for key, target in _statistics(new.program, new.k).items():
        source = had.get(key)
        if source is None:
            new.f[target + at.Z_LAST] = new.f[target + at.Z_START] = old.f[at.W_EQUITY]
            continue
        _copy(old, new, source, target, at.STATISTIC)
        size = 2 * int(new.k[target + at.S_CAPACITY])
        a, b = int(old.k[source + at.S_RING]), int(new.k[target + at.S_RING])
        new.ring[b : b + size] = old.ring[a : a + size]


def _steps_before(new: OrderLoop, versions: dict[str, str]) -> None:
    """For rules that were not there, the step before is read from the columns: an edit makes no step the first one."""
    evaluator = new.evaluator
    for owner in new.program.owners:
        if versions.get(owner.block.name) == owner.block.version:
            continue
        for rule in owner.block.rules:
            if rule.hoisted is None or rule.hoisted.lane is None:
                continue
            if evaluator.bars_done(rule.hoisted.lane):
                _, last = evaluator.window(rule.hoisted.lane)
                truth = evaluator.conditions[evaluator.tables.offset(rule.hoisted) + last - 1]
                new.f[owner.rules[rule.number] + at.T_LAST] = float(truth)


def _rebuild_lists(new: OrderLoop) -> None:
    """Who has to be looked at follows from the phases that were carried over."""
    empty_f, empty_k = np.zeros(1), np.zeros(1, dtype=np.int64)
    book = Book(
        new.k,
        new.f,
        new.ring,
        new.lists,
        empty_k,
        empty_k,
        empty_f,
        empty_k,
        empty_f,
        np.zeros(1, dtype=np.int8),
        empty_k,
        empty_f,
        empty_f,
        empty_k,
    )
    for owner in new.program.plans:
        place(book, owner.address)
