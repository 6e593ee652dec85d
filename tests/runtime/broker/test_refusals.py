"""What the broker does not take: tried again at a bearable pace, told once, and never with a mode it refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.broker.pacing import Pacing
from tradeplan.runtime.broker.retcodes import Verdict, verdict
from tradeplan.runtime.broker.sending import Fillings, send
from tradeplan.runtime.mt5 import constants
from tradeplan.runtime.mt5.terminal import Reply

from tests.runtime.broker.test_protections import make, told
from tests.runtime.broker.test_trading import HOLD, deals_sent, fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.world import ramp

TRAIL = """
PLAN trail
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips
WHEN held > 5m THEN MOVE STOP TO close - 20 pips
"""


def requests(world: BrokerWorld, action: int) -> list[dict[str, object]]:
    return [r for r in world.server.sender.log if r["action"] == action]


def said(world: BrokerWorld, text: str) -> int:
    return sum(text in line for line in world.said)


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


# --- how often


def test_tries_come_at_growing_pauses_and_another_wish_at_once() -> None:
    """Half a second, then doubled: tried at 0, 0.5, 1.5, 3.5, 7.5 and then every 4 s, the longest pause."""
    clock = Seconds()
    pacing = Pacing(clock, lambda: 4.0)
    tried = []
    for tick in range(200):
        clock.at = tick / 8
        if not pacing.waits("close", 1):
            tried.append(clock.at)
            pacing.failed("close", 1)
    assert tried == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5]
    assert not pacing.waits("close", 2), "another volume"
    pacing.done("close")
    assert not pacing.waits("close", 1)


def test_the_same_words_are_told_once_until_it_is_done() -> None:
    pacing = Pacing(Seconds(), lambda: 0.0)
    assert [pacing.news("close", w) for w in ("closed", "closed", "frozen", "frozen", "closed")] == [
        True, False, True, False, True,
    ]  # fmt: skip
    pacing.done("close")
    assert pacing.news("close", "closed")


@pytest.mark.parametrize("retcode", [10018, 10013])
def test_a_close_that_is_refused_for_an_hour_is_no_storm(tmp_path: Path, retcode: int) -> None:
    """A run looks at the broker several times a second: with ten seconds of patience one try passes in all this."""
    world = make(tmp_path, patience=3_600.0)
    world.run({69: lambda: world.server.faults.add("refuse", "order_send", times=-1, retcode=retcode)})
    closes = [r for r in requests(world, 1) if r["position"]]
    assert 1 <= len(closes) <= 4
    assert said(world, "closing 0.4 of BTCUSD") == 1, "and somebody is told that it stays open"


def test_a_stop_move_that_is_refused_is_told_once(tmp_path: Path) -> None:
    world = make(tmp_path, TRAIL.replace("close - 20 pips", "entry - 10 pips"), patience=3_600.0)
    world.run({14: lambda: world.server.faults.add("refuse", "order_send", times=-1, retcode=10016)})
    assert 1 <= len(requests(world, 6)) <= 4
    assert said(world, "Invalid stops (10016)") == 1


def test_a_stop_that_is_missing_while_the_market_is_closed_waits_for_it(tmp_path: Path) -> None:
    """No price can reach a position then, and closing it is refused as well."""
    world = make(tmp_path)

    def remove() -> None:
        world.server.remove_stop(world.server.ledger.positions[0].ticket)
        world.server.faults.add("refuse", "order_send", times=5, retcode=10018)

    seen: list[float] = []
    world.run({20: remove, 40: lambda: seen.extend(p.sl for p in world.server.ledger.positions)})
    assert seen == [9_971.0]
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert said(world, "Market closed (10018)") == 1


def test_an_entry_that_must_wait_does_not_use_up_the_orders_of_a_minute(tmp_path: Path) -> None:
    world = make(tmp_path, patience=3_600.0)
    world.server.faults.add("refuse", "order_send", times=-1, retcode=10018)
    world.run(until=30)
    assert 1 <= len(deals_sent(world)) <= 3
    assert told(world, "decided")
    assert told(world, "Market closed"), "the reason is the market, not the clock"


# --- filling modes


def test_a_check_that_fails_for_another_reason_tells_nothing_of_filling_modes(tmp_path: Path) -> None:
    """While the market is closed order_check says so for every mode; FOK was taken for good, and every close failed."""
    world = make(tmp_path)
    world.symbol.filling_mode = 2  # IOC alone
    world.server.faults.add("refuse", "order_check", retcode=10018)
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_a_filling_mode_that_the_server_refuses_is_not_used_again(tmp_path: Path) -> None:
    """The broker changed its modes while a position was open."""
    world = make(tmp_path)

    def change() -> None:
        world.symbol.filling_mode = 2

    world.run({40: change})
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_every_mode_refused_begins_again() -> None:
    class Mute:
        def call(self, name: str, *arguments: object, **keywords: object) -> Reply:
            return Reply(None, (-10004, "No IPC connection"))

        def batch(self, calls: object) -> list[Reply]:
            raise AssertionError

    fillings, used = Fillings(Mute()), []
    for _ in range(4):
        used.append(fillings.of({"symbol": "X"}))
        fillings.refused("X")
    assert sorted(used[:3]) == [0, 1, 2]
    assert used[3] == used[0]


# --- answers


def test_every_retcode_of_the_package_has_a_stated_meaning() -> None:
    codes = {v for k, v in vars(constants).items() if k.startswith("TRADE_RETCODE_")} | {10046}
    assert len(codes) == 1 + 31 + 8 + 1, "10004, 10006 to 10036, 10038 to 10045, and 10046"
    unknown = {code for code in codes if verdict(code) is Verdict.UNKNOWN}
    assert unknown == {10011, 10012, 10031}
    never = {10006, 10007, *range(10013, 10018), 10019, 10022, 10023, 10026, 10027, 10030}
    never |= {*range(10032, 10037), *range(10038, 10047)}
    assert {code for code in codes if verdict(code) is Verdict.NEVER} == never


@pytest.mark.parametrize("retcode", [0, 10037, 10099, 10011])
def test_an_answer_that_nobody_knows_is_looked_up(tmp_path: Path, retcode: int) -> None:
    world = make(tmp_path, patience=3_600.0)
    world.server.faults.add("lost", "order_send", retcode=retcode)
    world.run()
    assert len(deals_sent(world)) == 1
    assert [f[0] for f in fills(world)] == ["entry", "close"]


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (-2, Verdict.NEVER),
        (-8, Verdict.NEVER),
        (-10004, Verdict.LATER),
        (-10003, Verdict.LATER),
        (-1, Verdict.UNKNOWN),
        (-3, Verdict.UNKNOWN),
        (-10001, Verdict.UNKNOWN),
        (-10005, Verdict.UNKNOWN),
        (1, Verdict.UNKNOWN),
    ],
)
def test_none_is_a_refusal_only_where_nothing_was_sent(code: int, meaning: Verdict) -> None:
    class Silent:
        def call(self, name: str, *arguments: object, **keywords: object) -> Reply:
            return Reply(None, (code, "words"))

        def batch(self, calls: object) -> list[Reply]:
            raise AssertionError

    assert send(Silent(), dict, lambda name: None).verdict is meaning


def test_hold_is_as_these_tests_take_it() -> None:
    """0.4 lots at 00:10, closed an hour later."""
    assert "0.4 lots" in HOLD
    assert "held > 1h" in HOLD
    assert len(ramp(120)) == 120
