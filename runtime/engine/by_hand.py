"""What people and probes do to a standing loop between two instants: halts, resets, money from outside, readings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.carry import quiet_book
from tradeplan.runtime.engine.events import Breaker
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.outside import live_book
from tradeplan.runtime.engine.program import Owner
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.breakers import spread
from tradeplan.runtime.kernels.orders.exposure import place
from tradeplan.runtime.kernels.orders.guard import place_guard
from tradeplan.runtime.kernels.orders.rules import cancel_entry, request_close
from tradeplan.runtime.kernels.orders.watch import watch

ACCOUNT = ""
"""The scope of a halt by a person that is about everything."""
_STATES = {at.CLOSED: "closed", at.BLOCKING: "open", at.HALF_OPEN: "half_open"}


@dataclass(frozen=True, slots=True)
class BreakerState:
    """A breaker: `closed`, `open` (`until` in UTC ms, None: until a person resumes) or `half_open`; `probe` tries."""

    guard: str
    rule: int
    state: str
    until: int | None = None
    probe: str = ""


def breakers(loop: OrderLoop) -> list[BreakerState]:
    """All breakers of a loop, by guard and rule."""
    names = {owner.address: owner.block.name for owner in loop.program.plans}
    return [
        _state(loop, owner.block.name, number, address, names)
        for owner in loop.program.guards
        for number, address in sorted(owner.rules.items())
        if loop.k[address + at.R_HALT]
    ]


def _state(loop: OrderLoop, guard: str, number: int, address: int, names: dict[int, str]) -> BreakerState:
    state = float(loop.f[address + at.T_STATE])
    until = float(loop.f[address + at.T_UNTIL])
    ends = int(until) if state == at.BLOCKING and until < at.INF else None
    trying = int(loop.f[address + at.T_PROBE]) if state == at.HALF_OPEN else 0
    return BreakerState(guard, number, _STATES[state], ends, names.get(trying, ""))


def hold(loop: OrderLoop, scopes: Collection[str]) -> None:
    """Block the plans of these scopes (ACCOUNT, markets, plans), and no others."""
    for owner in loop.program.plans:
        plan = owner.block
        assert isinstance(plan, CheckedPlan)
        held = ACCOUNT in scopes or plan.name in scopes or plan.market in scopes
        loop.f[owner.address + at.F_BY_HAND] = at.INF if held else 0.0


def resume_guard(loop: OrderLoop, owner: Owner, now: int) -> list[Breaker]:
    """Close every breaker of a guard; each trips again only after its condition was FALSE."""
    told = []
    for number, address in sorted(owner.rules.items()):
        if loop.k[address + at.R_HALT] and loop.f[address + at.T_STATE] != at.CLOSED:
            loop.f[address + at.T_STATE] = at.CLOSED
            loop.f[address + at.T_PROBE] = loop.f[address + at.T_OUTCOME] = 0.0
            loop.f[address + at.T_BLOCKED] = 1.0
            loop.f[owner.address + at.F_STREAK] = 0.0
            told.append(Breaker(now, owner.block.name, number, "reset"))
    book = quiet_book(loop)
    place_guard(book, owner.address)
    spread(book)
    return told


def resume_plan(loop: OrderLoop, owner: Owner, now: int) -> list[Breaker]:
    """End the halts of a plan's own rules; each halts again only after its condition was FALSE."""
    p, told = owner.address, []
    loop.f[p + at.F_HALT] = 0.0
    for number, address in sorted(owner.rules.items()):
        if loop.k[address + at.R_HALT] and loop.f[address + at.T_UNTIL] > now:
            told.append(Breaker(now, owner.block.name, number, "reset"))
            loop.f[address + at.T_UNTIL] = 0.0
            loop.f[address + at.T_BLOCKED] = 1.0
            # its steps are looked at one and all from here on: who waits for FALSE must see it
            loop.f[p + at.F_AWAKE] = 1.0
    book = quiet_book(loop)
    place(book, p)
    if loop.f[p + at.F_PHASE] == at.OPEN:
        watch(book, p)
    return told


def flatten(loop: OrderLoop, scope: str, now: int) -> None:
    """Cancel every pending entry of a scope's plans and ask for a full close of their positions, as FLATTEN does."""
    book = live_book(loop)
    for owner in loop.program.plans:
        plan, p = owner.block, owner.address
        assert isinstance(plan, CheckedPlan)
        if scope not in (ACCOUNT, plan.name, plan.market):
            continue
        if loop.f[p + at.F_PHASE] == at.PENDING:
            cancel_entry(book, p, at.CANCELLED, float(now))
        elif loop.f[p + at.F_PHASE] == at.OPEN and loop.f[p + at.F_CLOSE_AT] >= at.INF:
            request_close(book, p, -1, float(now))
    loop.drain()


def book_money(loop: OrderLoop, cents: float) -> None:
    """Add money from outside to the balance; what statistics remember moves with it, so that they do not.

    Raises ValueError when nothing would be left.
    """
    f, k = loop.f, loop.k
    equity = float(f[at.W_EQUITY])
    if not (equity > 0.0 and equity + cents > 0.0):
        raise ValueError(
            f"{cents / 100:.2f} cannot be booked on an equity of {equity / 100:.2f}: something must be left"
        )
    factor = (equity + cents) / equity
    for place_of in (at.W_BALANCE, at.W_EQUITY, at.W_PEAK):
        f[place_of] += cents
    for x in range(int(k[at.H_STATISTICS]), int(k[at.H_STATISTICS_END]), at.STATISTIC):
        kind = int(k[x + at.S_KIND])
        if k[x + at.S_SCOPE] or kind not in (at.DRAWDOWN, at.LOSS, at.LOSS_RATE):
            continue
        kept = f[[x + at.Z_PEAK, x + at.Z_START, x + at.Z_LAST]]
        f[[x + at.Z_PEAK, x + at.Z_START, x + at.Z_LAST]] = kept + cents if kind == at.LOSS else kept * factor
        ring, capacity = int(k[x + at.S_RING]), int(k[x + at.S_CAPACITY])
        for i in range(int(f[x + at.Z_HEAD]), int(f[x + at.Z_HEAD] + f[x + at.Z_COUNT])):
            slot = ring + 2 * (i % capacity) + 1
            loop.ring[slot] = loop.ring[slot] + cents if kind == at.LOSS else loop.ring[slot] * factor


def set_reading(loop: OrderLoop, name: str, value: float) -> None:
    """What guards read of the system or the feed from the next instant on, where one reads it."""
    address = loop.program.readings.get(name)
    if address is not None:
        loop.f[address] = value
