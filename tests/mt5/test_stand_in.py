"""The stand-in against the contract that it is built to: shapes, argument checks, orders, the broker's clock."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tradeplan.runtime.mt5 import constants
from tradeplan.runtime.mt5.structs import STRUCTS

from tests.mt5.stand_in.MetaTrader5.clock import ServerClock
from tests.mt5.stand_in.MetaTrader5.ledger import HEDGING
from tests.mt5.stand_in.MetaTrader5.sequences import CONSTANTS as C
from tests.mt5.stand_in.MetaTrader5.sequences import FIELDS, RATES, TICKS, TYPES
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World

# Wednesday 2024-07-10 12:00 UTC; New York is at UTC-4, so a server of New York + 7 shows 15:00
NOON = 1_720_612_800_000
HOUR = 3_600_000


def bars(count: int, start: int = NOON - 48 * HOUR, first: float = 1.1, step: float = 0.0001) -> np.ndarray:
    """M1 bars that rise by `step`: open o, high o + 2 steps, low o - step, close o + step."""
    rows = np.zeros(count, RATES)
    rows["time"] = start // 1000 + 60 * np.arange(count)
    rows["open"] = np.round(first + step * np.arange(count), 5)
    rows["high"], rows["low"] = np.round(rows["open"] + 2 * step, 5), np.round(rows["open"] - step, 5)
    rows["close"] = np.round(rows["open"] + step, 5)
    return rows


def market(zone: str = "UTC", **account: Any) -> tuple[World, StandIn]:
    """EURUSD at 1.10000/1.10010, quoted by hand, so that every price is the test's own."""
    world = World(NOON, zone, **account)
    world.add(Symbol("EURUSD"))
    world.quote("EURUSD", 1.1, 1.1001)
    return world, StandIn(world)


def deal(**more: Any) -> dict[str, Any]:
    return {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "type_filling": 1, "magic": 7, **more}


def test_structs_and_constants_are_those_of_the_contract() -> None:
    assert {n: tuple(s.__annotations__) for n, s in STRUCTS.items()} == {n: tuple(f) for n, f in FIELDS.items()}
    assert {n: v for n, v in vars(constants).items() if n in C} == C
    assert len(C) == 223
    assert (RATES.itemsize, TICKS.itemsize) == (60, 60)


def test_a_struct_is_a_tuple_without_fields_and_cannot_be_pickled() -> None:
    _, m = market()
    tick = m.symbol_info_tick("EURUSD")
    assert isinstance(tick, tuple)
    assert (tick.bid, tick[1], tick._asdict()["ask"]) == (1.1, 1.1, 1.1001)
    assert not hasattr(tick, "_fields")
    assert not hasattr(tick, "_replace")
    with pytest.raises(AttributeError):
        tick.bid = 2.0
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(tick)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"volume": 1}, "volume"),
        ({"volume": np.float32(0.1)}, "volume"),
        ({"price": None}, "price"),
        ({"magic": 7.0}, "magic"),
        ({"magic": np.int64(7)}, "magic"),
        ({"magic": -1}, "magic"),
        ({"type": "buy"}, "type"),
        ({"comment": "x" * 30}, "comment"),
        ({"comment": None}, "comment"),
    ],
)
def test_a_request_with_a_wrong_type_never_reaches_the_terminal(wrong: dict[str, Any], field: str) -> None:
    world, m = market()
    assert m.order_send(deal(**wrong)) is None
    assert m.last_error() == (-2, f'Invalid "{field}" argument')
    assert world.sender.log == []


def test_what_the_package_lets_pass() -> None:
    _, m = market()
    passed = m.order_check(deal(volume=np.float64(0.1), magic=True, comment="y" * 29, nonsense=1))
    assert (passed.retcode, passed.comment) == (0, "Done")
    # without type_filling it is FOK, which this symbol has
    assert m.order_check(action=1, symbol="EURUSD", volume=0.1, type=0).retcode == 0
    assert m.order_check() is not None  # all zero: judged by the server, not by the package
    assert m.order_check().retcode == 10013


def test_wrong_calls() -> None:
    _, m = market()
    with pytest.raises(TypeError):
        m.symbol_info(symbol="EURUSD")
    with pytest.raises(SystemError):
        m.copy_rates_from_pos("EURUSD", "M1", 0, 1)
    with pytest.raises(SystemError):
        m.copy_rates_from("EURUSD", 1, 2**31, 1)
    assert m.copy_rates_from("EURUSD", 1, np.int64(5), 1) is None
    assert m.last_error() == (-2, "Invalid arguments")
    assert m.symbol_info("NOSUCH") is None
    assert m.last_error()[0] == -4
    assert m.positions_get("EURUSD") is None
    assert m.last_error()[0] == -2
    assert m.positions_get() == ()
    assert m.last_error() == (1, "Success")


def test_nothing_works_before_initialize_and_none_differs_from_empty() -> None:
    world = World(NOON)
    m = StandIn(world, initialized=False)
    assert m.positions_get() is None
    assert m.last_error() == (-10004, "No IPC connection")
    assert m.symbol_select("EURUSD") is False
    assert m.initialize() is True
    assert m.positions_get() == ()
    m.shutdown()
    assert m.account_info() is None


@pytest.mark.parametrize(
    ("zone", "utc", "hours"),
    [
        ("America/New_York+7", 1_710_054_000_000, 3),  # 2024-03-10 07:00 UTC: the US clock has just changed
        ("America/New_York+7", 1_710_050_400_000, 2),  # an hour before
        ("Europe/Athens", 1_710_054_000_000, 2),  # the European one changes three weeks later
        ("Europe/Athens", 1_711_846_800_000, 3),  # 2024-03-31 01:00 UTC
        ("UTC+3", 1_710_054_000_000, 3),
    ],
)
def test_the_server_clock(zone: str, utc: int, hours: int) -> None:
    clock = ServerClock(zone)
    assert clock.broker(utc) - utc == hours * HOUR
    assert clock.utc(clock.broker(utc)) == utc


def test_times_are_broker_wall_clock() -> None:
    _, m = market("America/New_York+7")
    tick = m.symbol_info_tick("EURUSD")
    assert tick.time == NOON // 1000 + 3 * 3600
    assert tick.time_msc == NOON + 3 * HOUR


def test_bars_of_any_timeframe_end_with_the_forming_one() -> None:
    world = World(NOON)
    world.add(Symbol("EURUSD"), bars(3 * 1440))
    m = StandIn(world)
    world.advance(90)  # 12:01:30: bar 2881 has shown its open, its low and its high
    rows = m.copy_rates_from_pos("EURUSD", C["TIMEFRAME_M1"], 0, 3)
    assert rows.dtype == RATES
    assert (rows["time"] - NOON // 1000 - 3 * 3600).tolist() == [-60, 0, 60]
    assert rows["close"].tolist() == pytest.approx([1.1 + 0.288, 1.1 + 0.2881, 1.1 + 0.2883])
    m15 = m.copy_rates_from_pos("EURUSD", C["TIMEFRAME_M15"], 0, 2)
    # the closed one has 15 bars, whose last opened at 11:59; the forming one began at 12:00
    assert m15["open"].tolist() == pytest.approx([1.1 + 0.2865, 1.1 + 0.2880])
    assert m15["close"][0] == pytest.approx(1.1 + 0.2880)
    assert m15["low"][1] == pytest.approx(1.1 + 0.2879)
    day = m.copy_rates_from_pos("EURUSD", C["TIMEFRAME_D1"], 0, 1)
    # the server's day began at 21:00 UTC
    assert day["time"][0] == (NOON - 15 * HOUR) // 1000 + 3 * 3600
    assert m.copy_rates_from_pos("EURUSD", 1, 0, 100_000) is None
    assert m.last_error()[0] == -2


def test_a_market_order_opens_and_a_stop_closes_at_its_price() -> None:
    world = World(NOON, "UTC", balance=10_000.0)
    rising = bars(2 * 1440, NOON - 24 * HOUR)
    world.add(Symbol("EURUSD"), rising)
    m = StandIn(world)
    start = 1.1 + 0.144
    # the ask is 10 points above the bid; the target is reached within a bar, so it fills exactly there
    sent = m.order_send(deal(volume=0.1, sl=round(start - 0.01, 5), tp=round(start + 0.00555, 5), comment="tag"))
    assert sent.retcode == 10009
    assert sent.price == pytest.approx(start + 0.0001)
    assert sent.request.comment == "tag"
    (position,) = m.positions_get()
    assert (position.ticket, position.identifier, position.magic) == (sent.order, sent.order, 7)
    world.advance(3600 * 3)
    assert m.positions_get() == ()
    opened, closed = m.history_deals_get(NOON // 1000 - 10, NOON // 1000 + 86_400)
    assert (opened.entry, closed.entry) == (C["DEAL_ENTRY_IN"], C["DEAL_ENTRY_OUT"])
    assert (opened.position_id, closed.position_id) == (sent.order, sent.order)
    assert closed.reason == C["DEAL_REASON_TP"]
    assert closed.price == pytest.approx(start + 0.00555)
    # bought at +1.0, sold at +55.5 ten-thousandths: 54.5 of them, 10,000 units
    assert closed.profit == pytest.approx(54.5)
    assert m.account_info().balance == pytest.approx(10_054.5)
    assert m.history_deals_get(position=sent.order) == (opened, closed)
    assert m.history_deals_get(ticket=sent.order) == (opened,)


def test_hedging_holds_both_sides_and_closes_by_ticket() -> None:
    _, m = market(margin_mode=HEDGING)
    first = m.order_send(deal(volume=0.3))
    m.order_send(deal(type=1, volume=0.1))
    assert [(p.type, p.volume) for p in m.positions_get()] == [(0, 0.3), (1, 0.1)]
    part = m.order_send(deal(type=1, volume=0.1, position=first.order))
    assert part.retcode == 10009
    assert [(p.ticket, p.volume) for p in m.positions_get(ticket=first.order)] == [(first.order, 0.2)]
    assert m.order_send(deal(type=1, volume=0.3, position=first.order)).retcode == 10038
    assert m.order_send(deal(type=1, volume=0.1, position=999)).retcode == 10036


def test_netting_reduces_and_turns() -> None:
    _, m = market(margin_mode=0)
    first = m.order_send(deal(volume=0.3))
    m.order_send(deal(type=1, volume=0.1))
    assert [(p.type, p.volume) for p in m.positions_get()] == [(0, 0.2)]
    turn = m.order_send(deal(type=1, volume=0.5))
    (position,) = m.positions_get()
    assert (position.type, position.volume, position.identifier) == (1, 0.3, first.order)
    assert position.ticket == turn.order
    assert m.history_deals_get(ticket=turn.order)[0].entry == C["DEAL_ENTRY_INOUT"]


@pytest.mark.parametrize(
    ("change", "request_", "retcode"),
    [
        ({}, {"volume": 0.015}, 10014),
        ({}, {"volume": 500.0}, 10014),
        ({"filling_mode": 1}, {"type_filling": 1}, 10030),
        ({"filling_mode": 4}, {"type_filling": 2}, 10030),  # reading bit 4 as RETURN is the common mistake
        ({"execution": 3}, {"type_filling": 2}, 0),
        ({"stops_level": 50}, {"sl": 1.0997}, 10016),
        ({"stops_level": 50}, {"sl": 1.0995}, 0),
        ({}, {"sl": 1.2}, 10016),
        ({"trade_mode": 0}, {}, 10017),
        ({"trade_mode": 1}, {"type": 1}, 10042),
        ({"trade_mode": 3}, {}, 10044),
        ({"sessions": ((0, 10),)}, {}, 10018),
        ({"volume_limit": 0.05}, {}, 10034),
        ({}, {"volume": 100.0}, 10019),
        ({"execution": 1}, {"price": 1.1001, "deviation": 0}, 0),
        ({"execution": 1}, {"price": 1.1005, "deviation": 3}, 10004),
    ],
)
def test_the_server_judges(change: dict[str, Any], request_: dict[str, Any], retcode: int) -> None:
    world, m = market()
    world.specify("EURUSD", **change)
    assert m.order_check(deal(**request_)).retcode == retcode
    assert m.order_send(deal(**request_)).retcode == (retcode or 10009)
    assert len(m.positions_get()) == (retcode == 0)


def test_a_pending_order_waits_fills_expires_and_is_removed() -> None:
    world, m = market()
    limit = m.order_send(action=5, symbol="EURUSD", type=2, volume=0.1, price=1.099, sl=1.09, magic=3, comment="p")
    assert limit.retcode == 10009
    assert m.order_send(action=5, symbol="EURUSD", type=2, volume=0.1, price=1.2).retcode == 10015
    until = NOON // 1000 + 600
    stop = m.order_send(action=5, symbol="EURUSD", type=4, volume=0.1, price=1.2, type_time=2, expiration=until)
    gone = m.order_send(action=5, symbol="EURUSD", type=4, volume=0.1, price=1.3)
    assert [o.ticket for o in m.orders_get()] == [limit.order, stop.order, gone.order]
    assert m.order_send(action=8, order=gone.order).retcode == 10009
    world.advance(60)
    world.quote("EURUSD", 1.0985, 1.0986)
    (position,) = m.positions_get()
    assert (position.ticket, position.magic, position.sl, position.price_open) == (limit.order, 3, 1.09, 1.0986)
    world.advance(600)
    world.quote("EURUSD", 1.0985, 1.0986)
    assert m.orders_get() == ()
    states = {o.ticket: o.state for o in m.history_orders_get(0, 2**31 - 1)}
    assert states == {limit.order: 4, stop.order: 6, gone.order: 2}


@pytest.mark.parametrize(
    ("spec", "type_time", "state", "stop"),
    [
        ({}, 0, None, 1.09),
        ({}, 1, 6, 1.09),  # a DAY order expires
        ({"gtc_mode": 2}, 0, 2, 1.09),  # orders are cancelled, stops stay
        ({"gtc_mode": 1}, 0, 2, 0.0),  # both go
    ],
)
def test_what_ends_with_the_servers_day(spec: dict[str, Any], type_time: int, state: int | None, stop: float) -> None:
    """At noon of UTC it is 15:00 at the server: eleven hours later its next day has begun."""
    world, m = market("UTC+3")
    world.specify("EURUSD", **spec)
    m.order_send(deal(sl=1.09))
    limit = m.order_send(
        action=5, symbol="EURUSD", type=2, volume=0.1, price=1.05, sl=1.04, type_time=type_time, comment="p"
    )
    assert limit.retcode == 10009
    world.advance(11 * 3_600)
    world.quote("EURUSD", 1.1, 1.1001)
    assert [o.state for o in m.history_orders_get(ticket=limit.order)] == ([] if state is None else [state])
    assert [p.sl for p in m.positions_get()] == [stop]


def test_kinds_of_orders_that_a_symbol_does_not_take() -> None:
    world, m = market()
    world.specify("EURUSD", order_mode=4, expiration_mode=2)
    assert m.order_check(deal(type_time=1)).retcode == 10035
    world.specify("EURUSD", order_mode=1)
    assert m.order_check(deal(type_time=1, sl=1.09)).retcode == 10016
    assert m.order_check(deal()).retcode == 10022
    assert m.order_check(deal(type_time=1)).retcode == 0


def test_stops_are_overwritten_both() -> None:
    world, m = market()
    sent = m.order_send(deal(sl=1.09, tp=1.12))
    change = {"action": 6, "symbol": "EURUSD", "position": sent.order}
    assert m.order_send(change | {"sl": 1.09, "tp": 1.12}).retcode == 10025
    assert m.order_send(change | {"sl": 1.095}).retcode == 10009
    assert (m.positions_get()[0].sl, m.positions_get()[0].tp) == (1.095, 0.0)
    world.specify("EURUSD", freeze_level=600)
    assert m.order_send(change | {"sl": 1.08}).retcode == 10029


def test_faults_happen_when_planned() -> None:
    world, m = market()
    world.faults.add("error", "positions_get", skip=1, code=-10005)
    assert m.positions_get() == ()
    assert m.positions_get() is None
    assert m.last_error() == (-10005, "IPC timeout")
    world.faults.add("refuse", "order_send", times=2, retcode=10004)
    assert [m.order_send(deal()).retcode for _ in range(3)] == [10004, 10004, 10009]
    world.faults.add("lost", "order_send")
    assert m.order_send(deal(comment="k")) is None
    assert [p.comment for p in m.positions_get()] == ["", "k"]
    world.faults.add("partial", "order_send", part=0.5)
    part = m.order_send(deal(volume=0.05))
    assert (part.retcode, part.volume) == (10010, 0.02)
    world.faults.add("bare", "order_send", late=2000)
    bare = m.order_send(deal(comment="late"))
    assert (bare.deal, bare.price) == (0, 0.0)
    assert "late" not in [p.comment for p in m.positions_get()]
    world.advance(2)
    assert "late" in [p.comment for p in m.positions_get()]
    world.faults.add("gone", "account_info", failures=1)
    assert m.account_info() is None
    assert m.positions_get() is None
    assert [m.initialize(), m.initialize()] == [False, True]
    assert len(m.positions_get()) == 4


def test_the_stop_out_closes_the_worst() -> None:
    world, m = market(balance=1_000.0)
    m.order_send(deal(volume=0.2))  # margin 22,000 / 30 = 733.33 in dollars
    world.quote("EURUSD", 1.065, 1.0651)  # loss 0.0351 * 20,000 = 702; equity 298, level 42 %
    assert m.positions_get() == ()
    assert m.history_deals_get(0, 2**31 - 1)[-1].reason == C["DEAL_REASON_SO"]


def test_the_contract_beside_the_project_is_the_one_built_to(real_data: Path) -> None:
    folder = real_data.parent / "mt5"
    assert json.loads((folder / "constants.json").read_text(encoding="utf-8")) == C
    methods = json.loads((folder / "interface.json").read_text(encoding="utf-8"))
    assert methods["struct_sequences"].keys() == TYPES.keys()
    m = StandIn(World(NOON))
    assert all(hasattr(m, method["name"]) for method in methods["methods"])
