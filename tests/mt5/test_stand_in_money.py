"""The stand-in under random trading: what its books say must add up, whatever is asked of it and goes wrong."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tests.mt5.stand_in.MetaTrader5.sequences import RATES
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World

NOON = 1_720_612_800_000


def walk(seed: int, first: float, digits: int) -> np.ndarray:
    """A day of M1 bars around noon, each open near the last close, gaps now and then."""
    chance = np.random.default_rng(seed)
    closes = first * np.exp(np.cumsum(chance.normal(0, 3e-4, 1440)))
    rows = np.zeros(1440, RATES)
    rows["time"] = NOON // 1000 - 3600 + 60 * np.arange(1440)
    rows["close"] = np.round(closes, digits)
    rows["open"] = np.r_[rows["close"][0], rows["close"][:-1]]
    jump = chance.random(1440) < 0.02
    rows["open"][jump] = np.round(rows["open"][jump] * 1.001, digits)
    wide = np.abs(chance.normal(0, 2e-4, 1440)) * first
    rows["high"] = np.round(np.maximum(rows["open"], rows["close"]) + wide, digits)
    rows["low"] = np.round(np.minimum(rows["open"], rows["close"]) - wide, digits)
    return rows


def random_request(chance: random.Random, m: StandIn) -> dict[str, Any]:
    """A request of any action, often right, sometimes not."""
    symbol = chance.choice(("EURUSD", "USDJPY"))
    tick = m.symbol_info_tick(symbol)
    digits = 5 if symbol == "EURUSD" else 3

    def near(percent: float) -> float:
        return round(tick.bid * (1 + percent / 100), digits)

    side = chance.randrange(2)
    away = chance.uniform(0.05, 0.4) * (1 if side == 0 else -1)
    base = {"symbol": symbol, "volume": chance.randrange(1, 200) / 100, "type_filling": 1, "magic": 5}
    stops = {"sl": near(-away), "tp": near(away)} if chance.random() < 0.8 else {}
    action = chance.choice((1, 1, 1, 5, 6, 7, 8, 10))
    positions, orders = m.positions_get() or (), m.orders_get() or ()
    held = chance.choice(positions) if positions else None
    order = chance.choice(orders) if orders else None
    if action == 1 and held is not None and chance.random() < 0.6:
        part = max(round(held.volume * chance.choice((1.0, 0.5)), 2), 0.01)
        return base | {
            "action": 1,
            "symbol": held.symbol,
            "type": 1 - held.type,
            "position": held.ticket,
            "volume": part,
        }
    if action == 1:
        return base | stops | {"action": 1, "type": side}
    if action == 5:
        kind = chance.choice((2, 4)) + side
        sign = 1 if kind in (3, 4) else -1
        return base | {"action": 5, "type": kind, "price": near(sign * chance.uniform(0.02, 0.3))}
    if action == 6 and held is not None:
        return {"action": 6, "position": held.ticket, "symbol": held.symbol, **stops}
    if action in (7, 8) and order is not None:
        return {"action": action, "order": order.ticket, "price": near(chance.uniform(-0.3, 0.3))}
    if action == 10 and held is not None:
        return {"action": 10, "position": held.ticket, "position_by": chance.choice(positions).ticket}
    return base | {"action": chance.randrange(12), "type": chance.randrange(9)}


@pytest.mark.parametrize("mode", [0, 2])
@pytest.mark.parametrize("seed", range(4))
def test_the_books_add_up(seed: int, mode: int) -> None:
    chance = random.Random(seed)
    world = World(NOON, "Europe/Athens", margin_mode=mode, balance=50_000.0, leverage=100)
    world.add(Symbol("EURUSD", commission=3.5), walk(seed, 1.1, 5))
    world.add(Symbol("USDJPY", digits=3, base="USD", profit="JPY", commission=3.5), walk(seed + 9, 150.0, 3))
    m = StandIn(world)
    for _ in range(400):
        if chance.random() < 0.1:
            kind = chance.choice(("error", "lost", "bare", "late", "partial", "refuse"))
            world.faults.add(kind, "order_send", late=chance.randrange(60_000))
        world.advance(chance.choice((1, 15, 60, 120)))
        m.order_send(random_request(chance, m))
        world.faults.clear()
    world.advance(120)  # whatever was to be shown late is shown
    deals = m.history_deals_get(0, 2**31 - 1)
    assert len(deals) > 100

    # money: the balance is the deposit and what the deals say, cent by cent
    cents = 5_000_000 + sum(round(d.profit * 100) + round(d.commission * 100) for d in deals)
    assert round(m.account_info().balance * 100) == cents

    # volume: what went in and has not come out is what is open, by position and side
    opened: dict[int, int] = {}
    for d in deals:
        sign = 1 if d.type == 0 else -1
        opened[d.position_id] = opened.get(d.position_id, 0) + sign * round(d.volume * 100)
    held = {p.identifier: (1 if p.type == 0 else -1) * round(p.volume * 100) for p in m.positions_get()}
    assert {k: v for k, v in opened.items() if v} == held
    if mode == 0:
        assert len({p.symbol for p in m.positions_get()}) == len(held)

    # every order is in one place, and each deal belongs to an order of the history
    done = {o.ticket for o in m.history_orders_get(0, 2**31 - 1)}
    assert done.isdisjoint(o.ticket for o in m.orders_get())
    assert {d.order for d in deals} <= done

    # no stop was passed over: a position that is open has not seen its stop since its last change
    for p in world.ledger.positions:
        seen = list(world.markets[p.symbol].between(p.updated, world.now))
        if p.side == 0:
            assert not p.sl or all(q.bid > p.sl for q in seen)
            assert not p.tp or all(q.bid < p.tp for q in seen)
        else:
            assert not p.sl or all(q.ask < p.sl for q in seen)
            assert not p.tp or all(q.ask > p.tp for q in seen)
