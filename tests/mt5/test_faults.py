"""Every fault that the contract asks a stand-in for, seen through the bridge's checks as the runtime would see it."""

from __future__ import annotations

from typing import Any

import pytest
from tradeplan.runtime.mt5 import constants as mt5

from tests.mt5.in_process import InProcess
from tests.mt5.stand_in.MetaTrader5.faults import KINDS
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World
from tests.mt5.test_stand_in import NOON, bars, deal


def floor(**account: Any) -> tuple[World, InProcess]:
    """EURUSD on rising bars, in UTC."""
    world = World(NOON, "UTC", **account)
    world.add(Symbol("EURUSD"), bars(2 * 2880))
    return world, InProcess(StandIn(world))


def test_the_nth_call_fails() -> None:
    world, terminal = floor()
    for code in (mt5.RES_E_INTERNAL_FAIL_CONNECT, mt5.RES_E_INTERNAL_FAIL_TIMEOUT):
        world.faults.add("error", "account_info", skip=2, code=code)
        answers = [terminal.call("account_info") for _ in range(4)]
        assert [a.value is None for a in answers] == [False, False, True, False]
        assert answers[2].error[0] == code


def test_requotes_and_any_other_retcode() -> None:
    world, terminal = floor()
    world.faults.add("refuse", "order_send", times=3, retcode=mt5.TRADE_RETCODE_REQUOTE)
    answers = [terminal.call("order_send", deal()).value.retcode for _ in range(4)]
    assert answers == [10004, 10004, 10004, 10009]
    assert len(world.ledger.positions) == 1


def test_a_partial_fill() -> None:
    world, terminal = floor()
    world.faults.add("partial", "order_send", part=0.3)
    sent = terminal.call("order_send", deal(volume=0.5, sl=1.0)).value
    assert (sent.retcode, sent.volume) == (mt5.TRADE_RETCODE_DONE_PARTIAL, 0.15)
    (position,) = terminal.call("positions_get").value
    assert (position.volume, position.sl) == (0.15, 1.0)
    (order,) = terminal.call("history_orders_get", ticket=sent.order).value
    assert (order.volume_initial, order.volume_current, order.state) == (0.5, 0.35, mt5.ORDER_STATE_CANCELED)


def test_one_order_by_two_deals() -> None:
    world, terminal = floor()
    world.faults.add("split", "order_send", part=0.3, late=1_000)
    sent = terminal.call("order_send", deal(volume=0.5, sl=1.0)).value
    assert (sent.retcode, sent.volume) == (mt5.TRADE_RETCODE_DONE, 0.5)
    (position,) = terminal.call("positions_get").value
    assert position.volume == 0.5
    assert [d.volume for d in terminal.call("history_deals_get", position=position.identifier).value] == [0.15]
    world.advance(1)
    shown = terminal.call("history_deals_get", position=position.identifier).value
    assert [(d.volume, d.order) for d in shown] == [(0.15, sent.order), (0.35, sent.order)]


def test_an_answer_without_a_deal_whose_position_comes_late() -> None:
    world, terminal = floor()
    world.faults.add("bare", "order_send", late=1_500)
    sent = terminal.call("order_send", deal()).value
    assert (sent.retcode, sent.deal, sent.price, sent.volume) == (10009, 0, 0.0, 0.0)
    world.advance(1)
    assert terminal.call("positions_get").value == ()
    assert terminal.call("history_deals_get", position=sent.order).value == ()
    world.advance(1)
    assert [p.ticket for p in terminal.call("positions_get").value] == [sent.order]
    assert len(terminal.call("history_deals_get", position=sent.order).value) == 1


def test_a_full_answer_whose_position_comes_late() -> None:
    world, terminal = floor()
    world.faults.add("late", "order_send", late=900)
    assert terminal.call("order_send", deal()).value.price > 0
    assert terminal.call("positions_get").value == ()
    world.advance(0.9)
    assert len(terminal.call("positions_get").value) == 1


def test_closed_by_the_calendar_and_open_again() -> None:
    world, terminal = floor()
    # NOON is a Wednesday, 12:00 on the server's clock: minute 2 * 1440 + 720 of the week
    world.specify("EURUSD", sessions=((0, 2 * 1440 + 720), (2 * 1440 + 730, 10_080)))
    assert terminal.call("order_send", deal()).value.retcode == mt5.TRADE_RETCODE_MARKET_CLOSED
    world.advance(599)
    assert terminal.call("order_send", deal()).value.retcode == mt5.TRADE_RETCODE_MARKET_CLOSED
    world.advance(1)
    assert terminal.call("order_send", deal()).value.retcode == 10009


@pytest.mark.parametrize(
    ("mask", "passes"), [(0, []), (1, ["FOK"]), (2, ["IOC"]), (3, ["FOK", "IOC"]), (4, []), (7, ["FOK", "IOC"])]
)
def test_filling_by_mask_under_market_execution(mask: int, passes: list[str]) -> None:
    world, terminal = floor()
    world.specify("EURUSD", filling_mode=mask)
    modes = {"FOK": 0, "IOC": 1, "RETURN": 2, "BOC": 3}
    codes = {m: terminal.call("order_check", deal(type_filling=c)).value.retcode for m, c in modes.items()}
    assert [m for m, code in codes.items() if code == 0] == passes
    assert {code for m, code in codes.items() if m not in passes} == {mt5.TRADE_RETCODE_INVALID_FILL}


def test_a_stale_tick_and_hidden_bars() -> None:
    world, terminal = floor()
    world.faults.add("stale", "*", times=3, symbol="EUR*")
    first = terminal.call("symbol_info_tick", "EURUSD").value
    world.advance(600)
    assert [terminal.call("symbol_info_tick", "EURUSD").value == first for _ in range(3)] == [True, True, False]
    world.faults.add("hidden", "*", bars=2)
    shown, whole = (terminal.call("copy_rates_from_pos", "EURUSD", 1, 0, 5).value["time"].tolist() for _ in range(2))
    # the two newest closed bars are not there yet, the forming one is
    assert shown[-1] == whole[-1]
    assert set(whole) - set(shown) == {whole[-1] - 60, whole[-1] - 120}


def test_a_cold_history_grows() -> None:
    world, terminal = floor()
    world.faults.add("cold", "*", times=-1, bars=100)
    lengths = [len(terminal.call("copy_rates_from_pos", "EURUSD", 1, 0, 50_000).value) for _ in range(7)]
    # so many closed bars, and the forming one
    assert lengths == [101, 201, 401, 801, 1_601, 2_881, 2_881]


def test_a_lost_answer_that_is_sent_again_is_there_twice() -> None:
    world, terminal = floor()
    world.faults.add("lost", "order_send", code=mt5.RES_E_INTERNAL_FAIL_TIMEOUT)
    lost = terminal.call("order_send", deal(comment="k"))
    assert (lost.value, lost.error[0]) == (None, -10005)
    terminal.call("order_send", deal(comment="k"))
    assert len(terminal.call("positions_get").value) == 2
    world.faults.add("lost", "order_send", retcode=mt5.TRADE_RETCODE_TIMEOUT)
    assert terminal.call("order_send", deal(comment="k")).value.retcode == mt5.TRADE_RETCODE_TIMEOUT
    assert len(terminal.call("positions_get").value) == 3
    world.faults.add("doubled", "order_send")
    terminal.call("order_send", deal(comment="k"))
    assert len(terminal.call("positions_get").value) == 5


def test_a_deal_that_lags_behind_its_position() -> None:
    world, terminal = floor()
    world.faults.add("lag", "order_send", late=45_000)
    terminal.call("order_send", deal())
    assert len(terminal.call("positions_get").value) == 1
    assert terminal.call("history_deals_get", 0, 2**31 - 1).value == ()
    world.advance(45)
    assert len(terminal.call("history_deals_get", 0, 2**31 - 1).value) == 1


def test_comments_are_cut() -> None:
    world, terminal = floor()
    world.faults.add("comment", "order_send", length=10)
    terminal.call("order_send", deal(comment="0123456789abcdef"))
    assert [p.comment for p in terminal.call("positions_get").value] == ["0123456789"]


def test_first_in_first_out() -> None:
    world, terminal = floor(fifo_close=True)
    first = terminal.call("order_send", deal()).value
    world.advance(60)
    second = terminal.call("order_send", deal()).value
    close = deal(type=1, position=second.order)
    assert terminal.call("order_send", close).value.retcode == mt5.TRADE_RETCODE_FIFO_CLOSE
    assert terminal.call("order_send", close | {"position": first.order}).value.retcode == 10009
    assert terminal.call("order_send", close).value.retcode == 10009


def test_the_terminal_restarts() -> None:
    world, terminal = floor()
    terminal.call("order_send", deal())
    world.faults.add("gone", "symbol_info_tick", failures=2)
    assert terminal.call("symbol_info_tick", "EURUSD").error[0] == mt5.RES_E_INTERNAL_FAIL_CONNECT
    assert terminal.call("positions_get").error[0] == mt5.RES_E_INTERNAL_FAIL_CONNECT
    assert [terminal.call("initialize").value for _ in range(3)] == [False, False, True]
    assert len(terminal.call("positions_get").value) == 1


def test_other_hands() -> None:
    world, terminal = floor(margin_mode=0)
    terminal.call("order_send", deal(volume=0.2, sl=1.0, tp=2.0))
    (mine,) = terminal.call("positions_get").value
    world.remove_stop(mine.ticket)
    assert [(p.sl, p.tp) for p in terminal.call("positions_get").value] == [(0.0, 2.0)]
    # somebody else's deal on a netting account takes from the same position
    world.deal_by_hand("EURUSD", 1, 0.05)
    assert [p.volume for p in terminal.call("positions_get").value] == [0.15]
    reasons = [d.reason for d in terminal.call("history_deals_get", 0, 2**31 - 1).value]
    assert reasons == [mt5.DEAL_REASON_EXPERT, mt5.DEAL_REASON_CLIENT]
    world.switch_account(login=77)
    assert terminal.call("account_info").value.login == 77
    assert terminal.call("positions_get").value == ()


def test_every_kind_of_fault_is_one_that_a_test_names() -> None:
    # hang, crash and raise end or hold a process: test_bridge.py has them
    assert set(KINDS) == {
        "error", "gone", "refuse", "partial", "bare", "lost", "doubled", "late", "stale", "cold", "hidden", "comment",
        "split", "withheld", "lag",
    } | {"hang", "crash", "raise"}  # fmt: skip
