"""What positions of others stand at is equity: sizes and guards read the equity that margin calls act on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.market.profiles import load_profiles

from tests.runtime.broker.test_protections import make
from tests.runtime.broker.test_trading import acts, deals_sent, fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.test_flatten import decisions

RISK = "PLAN p\nTRADE btc ON M1\nWHEN time = 00:30 THEN BUY RISK 1% STOP 50 pips\nWHEN held > 1h THEN CLOSE\n"
LOSS = "GUARD g\nWHEN account.loss(day) > 50 USD THEN HALT FOR 1d\n"


def equity_of(world: BrokerWorld) -> float:
    """What the account stands at, as the server says."""
    return float(world.server.ledger.figures(world.server.now)["equity"])


def lots_for(world: BrokerWorld, equity: float) -> float:
    """1 % of an equity over a stop of 50 and the slippage, in whole lot steps."""
    p = load_profiles()["btc"]
    slip = p.costs.slippage * p.point
    each = ((50.0 + slip) * p.contract_size + 2.0 * p.costs.commission) * p.lot_step
    return round(int(equity / 100.0 / each + 1e-9) * p.lot_step, 8)


@pytest.mark.parametrize(("side", "lots"), [(1, 20.0), (0, 20.0), (0, 0.0)])
def test_a_size_is_of_the_equity_that_the_broker_states(tmp_path: Path, side: int, lots: float) -> None:
    """A foreign 20 lots from minute 5 on a ramp of one a minute stands at some hundreds, won or lost, at minute 30."""
    world = make(tmp_path, RISK)
    seen: list[float] = []

    def look() -> None:
        seen.append(equity_of(world))

    todo = {30: look}
    if lots:
        todo[5] = lambda: world.server.deal_by_hand("BTCUSD", side, lots, magic=77)
    world.run(todo, until=31)
    (sent,) = deals_sent(world)
    others = 20.0 * (1.0 if side == 0 else -1.0) * 25.0 - 20.0 * 12.0 if lots else 0.0
    assert abs(seen[0] - 10_000.0 - others) <= 20.0 + 1e-9, "a minute more or less"
    # the look is a minute of the market before the step: one up, 20.00
    sizes = {lots_for(world, seen[0] + x) for x in (-20.0, 0.0, 20.0)}
    assert sent["volume"] in sizes
    if lots:
        assert lots_for(world, 10_000.0) not in sizes


def test_equity_is_the_brokers_at_every_step(tmp_path: Path) -> None:
    """Own and foreign positions, one of them closed on the way: after each minute the two differ by own marks only."""
    world = make(tmp_path, RISK)
    rows: list[tuple[float, float]] = []

    def look() -> None:
        assert world.instance is not None
        rows.append((world.instance.status().equity, equity_of(world)))

    def close() -> None:
        foreign = next(p for p in world.server.ledger.positions if p.magic == 77)
        quote = world.server.markets["BTCUSD"].quote(world.server.now)
        assert quote is not None
        world.server.ledger.close(foreign, quote.bid, world.server.now, "CLIENT", "")

    todo = dict.fromkeys(range(8, 90), look)
    todo[5] = lambda: world.server.deal_by_hand("BTCUSD", 0, 10.0, magic=77)
    todo[60] = close
    world.run(todo)
    # the run's figure is that of the step before: one up a minute is 10.00 for the foreign 10 lots
    away = [abs(ours - theirs) for ours, theirs in rows]
    assert np.median(away) <= 12.0
    assert max(away) <= 60.0, (
        "the result of the foreign position is never counted twice or not at all: that is 200 and more"
    )


@pytest.mark.parametrize(("at", "trips"), [(2, True), (0, False)])
def test_guards_read_it_and_what_was_there_at_the_start_is_no_loss(tmp_path: Path, at: int, trips: bool) -> None:
    """5 lots sold on the ramp lose 12 a lot at once and one a minute: 60 + 5 a minute.

    Sold at minute 2 that is more than 50 within the day; before the start it is 60 that are no loss, and 30 that are.
    """
    world = make(tmp_path, RISK.replace("00:30", "00:06").replace("1%", "0.1%"), LOSS)

    def sell() -> None:
        world.server.deal_by_hand("BTCUSD", 1, 5.0, magic=77)

    if at == 0:
        sell()
    world.run({at: sell} if at else {}, until=8)
    assert (("g", "halt", "sent") in decisions(world.database)) == trips
    assert len(deals_sent(world)) == (0 if trips else 1)
    (attached,) = acts(world, "attached")
    assert attached["others"] == (0 if at else -6_000)


def test_a_restart_knows_it_again(tmp_path: Path) -> None:
    world = make(tmp_path, RISK)
    world.run({5: lambda: world.server.deal_by_hand("BTCUSD", 1, 20.0, magic=77)}, until=20)
    told = acts(world, "others")
    assert len(told) > 5
    end = world.run()
    assert acts(world, "others")[: len(told)] == told
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert end.equity == pytest.approx(equity_of(world), abs=41.0)


def test_without_others_nothing_is_journalled(tmp_path: Path) -> None:
    world = make(tmp_path, RISK)
    world.run()
    assert acts(world, "others") == []
