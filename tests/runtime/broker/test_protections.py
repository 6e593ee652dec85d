"""Each protection of the broker, provoked on the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tradeplan.runtime.broker.account import AccountName, AccountRule
from tradeplan.runtime.broker.identity import magic_of
from tradeplan.runtime.broker.limits import UNLIMITED
from tradeplan.runtime.cli._status_view import status_view
from tradeplan.runtime.store.snapshot import read_status

from tests.runtime.broker.test_trading import HOLD, acts, deals_sent, fills
from tests.runtime.broker.world import ACCOUNT, BrokerWorld
from tests.runtime.live.world import ramp

LATER = HOLD.replace("hold", "later").replace("00:10", "00:40")


def make(path: Path, *texts: str, mode: str = "hedging", **more: object) -> BrokerWorld:
    world = BrokerWorld(path, ramp(120), mode, **more)  # type: ignore[arg-type]  # fields of the world
    for number, text in enumerate(texts or (HOLD,)):
        world.write(text, f"{number}.plan")
    return world


def shown(world: BrokerWorld) -> str:
    """What `plan status` says."""
    console = Console(width=200, record=True, file=StringIO())
    console.print(status_view(read_status(world.database)))
    return console.export_text()


def told(world: BrokerWorld, text: str) -> bool:
    return any(text in said for said in world.said)


# --- the account


def test_nothing_is_sent_to_another_account(tmp_path: Path) -> None:
    world = make(tmp_path, HOLD, LATER)
    world.run({20: lambda: world.server.switch_account(login=7)})
    assert [f[0] for f in fills(world)] == ["entry"], "the position is not taken for closed: it is on another account"
    assert len(deals_sent(world)) == 1
    assert told(world, "logged in to `7@StandIn-Demo`")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"server": "StandIn-Live"}, "logged in to `5001@StandIn-Live`"),
        ({"currency": "EUR"}, "kept in EUR"),
        ({"margin_mode": 0}, "netting account"),
        ({"trade_mode": 2}, "real money: give --real"),
    ],
)
def test_the_account_must_be_as_named(tmp_path: Path, changed: dict[str, object], words: str) -> None:
    world = make(tmp_path)
    for name, value in changed.items():
        setattr(world.server.ledger.account, name, value)
    world.run(until=30)
    assert world.server.sender.log == []
    assert told(world, words)


def test_real_money_is_traded_when_it_is_meant(tmp_path: Path) -> None:
    world = make(tmp_path, rule=AccountRule(ACCOUNT, "USD", False, real=True))
    world.server.ledger.account.trade_mode = 2
    world.run(until=30)
    assert len(deals_sent(world)) == 1


def test_account_names() -> None:
    assert AccountName.parse("5001@Broker-Demo 2") == AccountName(5001, "Broker-Demo 2")


# --- sending


def test_requotes_end_in_abandoned(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("refuse", "order_send", times=-1, retcode=10004)
    world.run()
    assert [r["retcode"] for r in deals_sent(world)] == [10004] * 4
    assert [a["outcome"] for a in acts(world, "refused")] == ["abandoned"]


def test_two_requotes_are_no_more_than_that(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("refuse", "order_send", times=2, retcode=10020)
    world.run()
    assert [r["retcode"] for r in deals_sent(world)] == [10020, 10020, 10009]
    assert [f[0] for f in fills(world)] == ["entry", "close"]


@pytest.mark.parametrize("retcode", [10013, 10019, 10027, 10030, 10046])
def test_what_is_refused_is_not_sent_again(tmp_path: Path, retcode: int) -> None:
    world = make(tmp_path)
    world.server.faults.add("refuse", "order_send", times=-1, retcode=retcode)
    world.run(until=30)
    assert len(deals_sent(world)) == 1
    assert [a["outcome"] for a in acts(world, "refused")] == ["refused"]


def test_a_closed_market_is_waited_for_until_it_is_late(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("refuse", "order_send", times=-1, retcode=10018)
    world.run(until=30)
    assert 1 < len(deals_sent(world)) <= 8
    assert [a["outcome"] for a in acts(world, "refused")] == ["late"]


@pytest.mark.parametrize("how", [{"code": -10005}, {"retcode": 10012}, {"retcode": 10031}])
def test_a_lost_answer_is_found(tmp_path: Path, how: dict[str, int]) -> None:
    world = make(tmp_path, patience=3_600.0)
    world.server.faults.add("lost", "order_send", **how)
    world.run()
    assert len(deals_sent(world)) == 1
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert told(world, "looked up, not sent again")


def test_an_order_that_never_arrived_is_lost_and_not_sent_again(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("error", "order_send", code=-10005)
    world.run()
    assert deals_sent(world) == []
    assert [a["outcome"] for a in acts(world, "refused")] == ["lost"]


def test_an_order_that_was_lost_is_not_sent_after_a_restart(tmp_path: Path) -> None:
    world = make(tmp_path, patience=3_600.0)
    world.server.faults.add("error", "order_send", code=-10005)
    world.run(until=11)
    assert len(acts(world, "unknown")) == 1
    world.patience = 0.0
    world.run()
    assert deals_sent(world) == []


def test_what_comes_after_it_was_given_up_is_closed_at_once(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("error", "order_send", code=-10005)

    def arrive() -> None:
        (lost,) = acts(world, "unknown")
        world.server.deal_by_hand("BTCUSD", 0, 0.4, magic=int(str(lost["magic"])))

    world.run({20: arrive})
    assert [a["outcome"] for a in acts(world, "refused")] == ["lost"]
    assert world.server.ledger.positions == []
    opened, closed = world.server.ledger.deals
    assert [a["deal"] for a in acts(world, "orphan")] == [opened.ticket, closed.ticket]
    assert closed.time - opened.time <= 60_000
    assert told(world, "nobody waits for it")


def test_an_answer_without_a_deal_waits_for_it(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("bare", "order_send", late=90_000)
    world.run()
    assert len(deals_sent(world)) == 1
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_a_partial_fill_is_covered_and_the_rest_is_gone(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("partial", "order_send", part=0.25)
    stops: list[tuple[float, float]] = []
    world.run({20: lambda: stops.extend((p.volume, p.sl) for p in world.server.ledger.positions)})
    assert stops == [(0.1, 9_971.0)]
    assert world.server.ledger.orders == []
    assert [d.volume for d in world.server.ledger.deals] == [0.1, 0.1]


def test_a_comment_that_was_cut_is_no_stranger(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.server.faults.add("comment", "order_send", times=-1, length=5)
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_comments_fit_and_say_the_intent(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.run(until=30)
    (sent,) = deals_sent(world)
    assert len(str(sent["comment"])) <= 29
    assert sent["sl"] == 9_971.0, "the stop travels in the entry request"


# --- stops


def test_a_stop_deleted_by_hand_is_put_back(tmp_path: Path) -> None:
    world = make(tmp_path)
    seen: list[float] = []
    world.run(
        {
            20: lambda: world.server.remove_stop(world.server.ledger.positions[0].ticket),
            21: lambda: seen.append(world.server.ledger.positions[0].sl),
        }
    )
    assert seen == [9_971.0]
    assert told(world, "missing or looser: put back")


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_a_stop_that_is_deleted_before_the_deal_is_shown_is_put_back(tmp_path: Path, mode: str) -> None:
    """The entry of minute 10 is in the history four minutes later; the position is there at once."""
    world = make(tmp_path, mode=mode)
    world.server.faults.add("lag", "order_send", late=240_000)
    seen: list[float] = []
    world.run(
        {
            12: lambda: world.server.remove_stop(world.server.ledger.positions[0].ticket),
            13: lambda: seen.extend([world.server.ledger.positions[0].sl, len(fills(world))]),
        }
    )
    assert seen == [9_971.0, 0]
    assert told(world, "missing or looser: put back")
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_a_stop_that_cannot_be_put_back_closes_the_position(tmp_path: Path) -> None:
    world = make(tmp_path)

    def remove() -> None:
        world.server.remove_stop(world.server.ledger.positions[0].ticket)
        world.server.faults.add("refuse", "order_send", retcode=10016)

    world.run({20: remove})
    assert world.server.ledger.positions == []
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert (world.server.ledger.deals[1].time - world.server.ledger.deals[0].time) == 10 * 60_000
    assert told(world, "ALERT")


@pytest.mark.parametrize(("moved", "stays"), [(9_900.0, 9_971.0), (10_000.0, 10_000.0)])
def test_a_loosened_stop_is_put_back_and_a_tightened_one_taken_over(tmp_path: Path, moved: float, stays: float) -> None:
    world = make(tmp_path)
    seen: list[float] = []

    def move() -> None:
        world.server.ledger.positions[0].sl = moved

    world.run({20: move, 22: lambda: seen.append(world.server.ledger.positions[0].sl)})
    assert seen == [stays]


# --- others on the account


def test_positions_and_orders_of_others_are_never_touched(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.run({5: lambda: world.server.deal_by_hand("BTCUSD", 1, 0.3, magic=77)})
    (left,) = world.server.ledger.positions
    assert (left.volume, left.magic, left.sl) == (0.3, 77, 0.0)
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_foreign_volume_on_a_netting_account_disarms_the_market(tmp_path: Path) -> None:
    world = make(tmp_path, LATER, mode="netting")
    world.run({20: lambda: world.server.deal_by_hand("BTCUSD", 0, 0.3)})
    assert acts(world, "halt") == [{"scope": "btc", "why": "others trade it on this netting account"}]
    assert deals_sent(world) == []
    assert [p.volume for p in world.server.ledger.positions] == [0.3]


def test_another_runtime_on_the_account_halts_entries(tmp_path: Path) -> None:
    world = make(tmp_path, LATER)
    world.run({20: lambda: world.server.deal_by_hand("BTCUSD", 0, 0.3, magic=magic_of(12_345, 0))})
    why = "another runtime trades on this account"
    assert acts(world, "halt") == [{"scope": "", "strangers": [magic_of(12_345, 0)], "why": why}]
    assert deals_sent(world) == []
    assert told(world, "another runtime")


# --- limits


FAT = {
    "lots": (0.3, HOLD),
    "open_lots": (0.3, HOLD),
    "notional": (4_000.0, HOLD),  # 0.4 lots at about 10,021
    "risk": (0.2, HOLD),  # 0.4 * 52 = 20.8 of 10,000
    "distance": (0.4, HOLD),  # the stop is 0.5 % away
}


@pytest.mark.parametrize("limit", FAT)
def test_a_fat_finger_is_refused(tmp_path: Path, limit: str) -> None:
    most, text = FAT[limit]
    world = make(tmp_path, text, limits=UNLIMITED.model_copy(update={limit: most}))
    world.run(until=30)
    assert world.server.sender.log == []
    assert told(world, f"limit `{limit}`")
    other = make(_in(tmp_path), text, limits=UNLIMITED.model_copy(update={limit: most * 1.5}))
    other.run(until=30)
    assert len(deals_sent(other)) == 1


def _in(path: Path) -> Path:
    (path / "more").mkdir()
    return path / "more"


def test_orders_a_minute(tmp_path: Path) -> None:
    texts = [HOLD.replace("hold", f"hold{i}") for i in range(4)]
    world = make(tmp_path, *texts, limits=UNLIMITED.model_copy(update={"orders_a_minute": 3}))
    world.run(until=30)
    assert len(deals_sent(world)) == 3
    assert told(world, "limit `orders_a_minute`: 4")


@pytest.mark.parametrize("switch", ["trade_allowed", "tradeapi_disabled"])
def test_a_terminal_that_takes_no_orders_is_said(tmp_path: Path, switch: str) -> None:
    world = make(tmp_path)
    world.server.switches[switch] = switch == "tradeapi_disabled"
    world.run(until=30)
    assert deals_sent(world) == []
    assert told(world, "its entry is not sent")
    assert told(world, "ALERT: nothing is sent: "), "before anything is to be sent"
    assert "NOTHING IS SENT: " in shown(world)


def test_a_terminal_that_is_switched_off_is_told_at_once_and_when_it_is_on_again(tmp_path: Path) -> None:
    world = make(tmp_path, LATER)
    off = lambda: world.server.switches.update(trade_allowed=False)  # noqa: E731
    world.run({12: off, 20: lambda: world.server.switches.update(trade_allowed=True)}, until=30)
    assert [x for x in world.said if "sent" in x or "taken" in x] == [
        "ALERT: nothing is sent: algo trading is switched off in the terminal: press its button",
        "orders of programs are taken again",
    ]
    assert "NOTHING IS SENT" not in shown(world)


@pytest.mark.parametrize("fails", ["account_info", "positions_get", "history_deals_get"])
def test_a_broken_connection_does_not_look_flat(tmp_path: Path, fails: str) -> None:
    world = make(tmp_path)
    breaking: Callable[[], object] = lambda: world.server.faults.add("error", fails, times=15, code=-10004)  # noqa: E731
    world.run({20: breaking})
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert told(world, f"{fails} failed")
    assert told(world, "can be read again")
