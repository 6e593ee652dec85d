"""What must hold after a run was killed again and again, from the server's history and the database file alone.

Nothing of the runtime is asked: numbers of orders are worked out here anew, as docs/guide/broker.md tells them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.kill.broker_server import OURS, Server, is_ours
from tests.mt5.stand_in.MetaTrader5.records import EXPERT, Deal

MINUTE = 60_000
DONE = (10_008, 10_009, 10_010)
MAX_AGE = 2 * MINUTE  # a market order is late after that: the profile's `max_signal_age`
SLACK = 3
"""Bars between the instant at which an exit is due and its deal: the bar that decides, the next, and one for a poll."""


class Intent(NamedTuple):
    """A row of the database's table of intents."""

    plan: str
    time: int
    leg: str


@dataclass
class Held:
    """A position of the server: its deals, oldest first."""

    opened: list[Deal] = field(default_factory=list)
    closed: list[Deal] = field(default_factory=list)

    @property
    def end(self) -> int | None:
        """When nothing was left of it."""
        left = sum(d.volume for d in self.opened) - sum(d.volume for d in self.closed)
        return self.closed[-1].time if left < 1e-9 else None


class Left:
    """What a tormented run left behind: `outages` are spans in which nobody lived and the market went on."""

    def __init__(self, server: Server, database: Path, outages: list[tuple[int, int]]) -> None:
        self.server, self.world, self.outages = server, server.world, outages
        self.checked = Counter[str]()  # how often there was something to check
        with sqlite3.connect(database) as db:
            self.acts = [(kind, json.loads(body)) for kind, body in db.execute("select kind, body from event")]
            rows = db.execute("select id, plan, time, leg from intent").fetchall()
            self.fills = db.execute("select time, plan, leg, reason, price, lots from fill order by 1, 2, 3, 4")
            self.fills = self.fills.fetchall()  # type: ignore[assignment]
        db.close()
        self.intents = {_magic(i, part): Intent(plan, t, leg) for i, plan, t, leg in rows for part in range(32)}
        self.positions: dict[int, Held] = defaultdict(Held)
        for deal in self.world.ledger.deals:
            held = self.positions[deal.position_id]
            (held.opened if deal.entry == 0 else held.closed).append(deal)
        self.bars = (self.world.markets["BTCUSD"].utc * 1000 + MINUTE).tolist()  # when each closed

    def after(self, time: int, bars: int) -> int:
        """When so many bars more have closed; a program that is away at that time has them when it is back."""
        for _ in range(50):
            index = bisect_right(self.bars, time) + bars - 1
            if index >= len(self.bars):
                return 1 << 62  # the market ends before
            due = self.bars[index]
            away = [until for since, until in self.outages if since < due and time < until]
            if not away or max(away) <= time:
                return int(due)
            time = max(away)
        raise AssertionError("outages without an end")

    def faults(self, since: int, until: int) -> int:
        """How many faults were met in a span."""
        return sum(since <= at <= until for at in self.server.troubles.at)


def _magic(intent: int, part: int) -> int:
    digest = hashlib.blake2b(f"{intent}\x1f{part}".encode(), digest_size=8).digest()
    return OURS << 47 | int.from_bytes(digest, "big") >> 17


def problems(left: Left, holds: dict[str, int], peace: Left | None = None) -> list[str]:
    """Everything that is not as it must be, in words."""
    found = [f"no stop: {where}" for where in left.server.bare]
    for check in (twice, strangers, amounts, late_entries):
        found += check(left)
    found += overstayed(left, holds)
    if peace is not None:
        found += missed_exits(left, peace)
    return sorted(set(found))


def twice(left: Left) -> Iterator[str]:
    """An order that was made twice of one intent: entries, ADDs, and closes that were carried out whole."""
    orders = [o for o in [*left.world.ledger.done, *left.world.ledger.orders] if o.reason == EXPERT]
    opening = {d.order for d in left.world.ledger.deals if d.entry == 0}
    left.checked["orders sent once"] += len(orders)
    entries = Counter(o.magic for o in orders if is_ours(o.magic) and (o.ticket in opening or o.kind > 1))
    yield from (f"an entry was sent twice: {magic}" for magic, count in entries.items() if count > 1)
    closing = {o.ticket: o for o in orders if is_ours(o.magic) and o.ticket not in opening and o.kind < 2}
    for identifier, held in left.positions.items():
        since = dict[int, int]()
        for deal in sorted([*held.opened, *held.closed], key=lambda d: d.ticket):
            if deal.entry == 0:
                since.clear()  # what was added may bring the size back to what it was, and that close is another
            elif deal.order in closing and closing[deal.order].left <= 0.0:
                if deal.magic in since:
                    yield f"an exit was carried out twice: {deal.ticket} of {identifier}, before it {since[deal.magic]}"
                since[deal.magic] = deal.ticket


def strangers(left: Left) -> Iterator[str]:
    """Deals, orders and positions of this program that the database does not know."""
    deals = {body["deal"] for _, body in left.acts if "deal" in body}
    ours = {d.position_id for d in left.world.ledger.deals if d.entry == 0 and is_ours(d.magic)}
    # what was done in the last moment of the market is read by the next life, which there is not
    left.checked["deals known"] += len(left.world.ledger.deals)
    for deal in left.world.ledger.deals:
        if deal.position_id in ours and deal.ticket not in deals and deal.time < left.world.now - MINUTE:
            yield f"a deal is unknown to the store: {deal.ticket} of position {deal.position_id} at {deal.time}"
        if deal.entry == 0 and is_ours(deal.magic) and deal.magic not in left.intents:
            yield f"a deal of no intent: {deal.ticket}"
    for order in left.world.ledger.orders:
        if is_ours(order.magic) and order.magic not in left.intents:
            yield f"an order of no intent: {order.ticket}"
    known = {body["identifier"] for _, body in left.acts if "identifier" in body}
    for p in left.world.ledger.positions:
        if is_ours(p.magic) and p.identifier not in known and p.opened < left.world.now - MINUTE:
            yield f"a position is unknown to the store: {p.identifier}"
        if is_ours(p.magic) and not p.sl and p.updated < left.world.now - MINUTE:
            yield f"no stop at the end: {p.identifier}"


def amounts(left: Left) -> Iterator[str]:
    """What the store holds of a position is what the server holds."""
    held, orphans = Counter[int](), set[int]()
    for kind, body in left.acts:
        if kind == "fill" and "identifier" in body:
            held[body["identifier"]] += body["units"] * (1 if body["reason"] in ("entry", "add") else -1)
        elif kind == "orphan":
            orphans.add(body["identifier"])
    there = {p.identifier: round(p.volume * 100) for p in left.world.ledger.positions}
    for identifier in (held.keys() | there.keys()) - orphans:
        deals = [*left.positions[identifier].opened, *left.positions[identifier].closed]
        fresh = any(d.time >= left.world.now - MINUTE for d in deals)
        if held[identifier] != there.get(identifier, 0) and not fresh:
            yield f"{identifier}: {held[identifier]} in the store, {there.get(identifier, 0)} at the server"


def late_entries(left: Left) -> Iterator[str]:
    """Entries and ADDs that were sent too long after they were decided."""
    for request in left.world.sender.log:
        opens = request["action"] in (1, 5) and not request["position"]
        intent = left.intents.get(request["magic"])
        if not (opens and intent is not None and request["retcode"] in DONE):
            continue
        left.checked["entries in time"] += 1
        if request["time"] - intent.time > MAX_AGE:
            yield f"a late entry of {intent.plan}: {(request['time'] - intent.time) / 1000:.0f} s after its decision"


def overstayed(left: Left, holds: dict[str, int]) -> Iterator[str]:
    """Positions that are held longer than the last rule of their plan allows, outages and faults allowed for."""
    for identifier, held in left.positions.items():
        intent = left.intents.get(held.opened[0].magic) if held.opened else None
        if intent is None or intent.plan not in holds:
            continue
        left.checked["exits in time"] += 1
        due = held.opened[0].time + holds[intent.plan] * MINUTE
        end = left.world.now if held.end is None else held.end
        allowed = left.after(due, SLACK + left.faults(due, end))
        if end > allowed:
            yield f"{intent.plan} {identifier}: its exit was due at {due}, it was there until {end}"


def missed_exits(left: Left, peace: Left) -> Iterator[str]:
    """A position that the undisturbed run had as well, alike to the cent, and closed: it is closed here too.

    A stop is looked at where it was passed when the program was back: one that the market came away from while nobody
    could move it there is not missed.
    """
    calm = {d.magic: held for held in peace.positions.values() for d in held.opened}
    parts = defaultdict[tuple[str, int], set[tuple[Any, ...]]](set)
    for where, side in ((left, 0), (peace, 1)):
        for held in where.positions.values():
            intent = where.intents.get(held.opened[0].magic) if held.opened else None
            if intent is not None:
                key = (intent.plan, held.opened[0].time)
                parts[key].add((side, held.opened[0].magic, held.opened[0].price, held.opened[0].volume))
    for identifier, held in left.positions.items():
        other = calm.get(held.opened[0].magic) if held.opened else None
        if other is None or other.end is None or not _alike(held, other, parts, left):
            continue
        last = other.closed[-1]
        end = left.world.now if held.end is None else held.end
        due = last.time
        back = max((until for since, until in left.outages if since < due <= until), default=due)
        if last.reason == EXPERT or _passed(left, last, back):
            left.checked["exits as in peace"] += 1
            left.checked["of these due in an outage"] += back != due
            allowed = left.after(back, SLACK + left.faults(due, end))
            if end > allowed:
                yield f"{identifier}: undisturbed it was closed at {due} ({last.comment}), here at {end}"


def _alike(held: Held, other: Held, parts: dict[tuple[str, int], set[tuple[Any, ...]]], left: Left) -> bool:
    """Whether two runs had the same position, all its parts and ADDs until its end included."""
    intent = left.intents.get(held.opened[0].magic)
    if intent is None or [_of(d) for d in held.opened] != [_of(d) for d in other.opened]:
        return False
    assert other.end is not None
    for (plan, time), found in parts.items():
        if plan == intent.plan and held.opened[0].time - 60 * MINUTE <= time <= other.end:
            here = {part[1:] for part in found if part[0] == 0}
            there = {part[1:] for part in found if part[0] == 1}
            if here != there:
                return False
    return True


def _of(deal: Deal) -> tuple[Any, ...]:
    return deal.time, deal.magic, deal.price, deal.volume


def _passed(left: Left, last: Deal, back: int) -> bool:
    """Whether the market stands beyond the price of a stop when the program is back."""
    quote = left.world.markets[last.symbol].quote(back)
    assert quote is not None
    return quote.bid < last.price if last.side == 1 else quote.ask > last.price
