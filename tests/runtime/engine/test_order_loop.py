"""What must not matter to a run: chunks, the compiler, a full buffer of events, a restart, records of stops."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine import order_loop
from tradeplan.runtime.engine.account import AccountConfig, AccountError
from tradeplan.runtime.engine.backtest import BacktestError, run_backtest
from tradeplan.runtime.engine.events import Decision, Fill, intent_id, intent_leg
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.simulator import simulated_dataset
from tradeplan.stdlib.registry import catalog

TEXT = """
PLAN cross TRADE eurusd ON M5
WHEN ema(5) CROSSES ABOVE ema(12) THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R TAKE 50% AT 1R
WHEN best >= 1R THEN MOVE STOP TO entry
WHEN profit >= 1.2R THEN MOVE STOP TO trail(1.5 ATR)
WHEN close < ema(12) AND profit > 0.3R THEN CLOSE 50%
WHEN profit > 0.8R THEN ADD 30%
WHEN held > 4h THEN CLOSE

PLAN fade TRADE gold ON M15
WHEN rsi(7) CROSSES ABOVE 70 THEN SELL RISK 0.5% AT LIMIT close + 0.5 ATR FOR 1h STOP 2 ATR TARGET 1.5R
WHEN (profit < 0 points) FOR 3 bars THEN CLOSE
WHEN rsi(7) < 40 THEN CANCEL, ALERT "cooled down"
COOLDOWN 1h
MAX 3 PER day

GUARD limits
WHEN account.drawdown(4h) > 1% THEN HALT FOR 1h, ALERT "drawdown"
WHEN account.loss_rate(day) > 2% THEN FLATTEN
"""


@cache
def dataset() -> Dataset:
    return simulated_dataset(["eurusd", "gold"], days=9, seed=3)


@cache
def blocks() -> tuple[tuple[CheckedPlan, ...], tuple[CheckedGuard, ...]]:
    checked = check_source(Source("test", TEXT), catalog(), load_facts(), Graph())
    assert checked.ok, [d.message for d in checked.diagnostics]
    return checked.plans, checked.guards


def run(mode: str = "interpreted", capacity: int = 4_096, moves: bool = True) -> Recording:
    plans, guards = blocks()
    kernels = Kernels("compiled" if mode == "compiled" else "interpreted")
    account = AccountConfig(record_moves=moves)
    return run_backtest(plans, guards, dataset(), catalog(), account, kernels=kernels, capacity=capacity)


@cache
def plain() -> Recording:
    return run()


def same(a: Recording, b: Recording) -> bool:
    return a.table.shape == b.table.shape and bool((a.table == b.table).all()) and a.balance == b.balance


def test_the_run_is_worth_comparing() -> None:
    told = plain().events()
    reasons = {e.reason for e in told if isinstance(e, Fill)}
    assert {"entry", "add", "stop", "take", "close"} <= reasons
    assert {e.about for e in told if isinstance(e, Decision)} >= {"entry", "add", "close", "stop", "cancel"}


@pytest.mark.parametrize("capacity", [17, 300])
def test_chunks_do_not_matter(capacity: int) -> None:
    assert same(run(capacity=capacity), plain())


def test_the_compiled_loop_gives_the_same_bits() -> None:
    assert same(run("compiled"), plain())


def test_a_full_buffer_is_emptied_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def small(self: OrderLoop) -> None:
        calls.append(int(self.k[at.H_OUT]))
        drain(self)

    drain: Callable[[OrderLoop], None] = OrderLoop.drain
    monkeypatch.setattr(OrderLoop, "drain", small)
    monkeypatch.setattr(order_loop, "_ROWS", 1)
    monkeypatch.setattr(order_loop, "_INSTANTS", 1)
    fewer = run()
    assert same(fewer, plain())
    assert len([used for used in calls if used]) > len(plain().rows)


def test_a_snapshot_goes_on_where_it_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    step: Callable[[OrderLoop], None] = OrderLoop.step
    restored = []

    def with_restart(self: OrderLoop) -> None:
        before = self.snapshot()
        step(self)
        rows = self.sink
        self.sink = restored.append  # what is told twice is thrown away
        self.restore(before)
        step(self)
        self.sink = rows

    monkeypatch.setattr(OrderLoop, "step", with_restart)
    assert same(run(capacity=500), plain())
    again = np.concatenate(restored)
    assert (again == plain().table).all()


def test_leaving_out_stop_records_changes_nothing_else() -> None:
    few = run(moves=False)
    rows = plain().table
    stops = (rows[:, at.EV_TYPE] == at.TYPE_DECISION) & (rows[:, at.EV_LEG] == at.ABOUT_STOP)
    assert stops.any()
    assert (few.table == rows[~stops]).all()
    assert few.balance == plain().balance


def test_money_adds_up_to_the_cent() -> None:
    recording = plain()
    told = recording.events()
    cents = sum(round(e.profit * 100) - round(e.commission * 100) for e in told if isinstance(e, Fill))
    rows = recording.table
    swaps = int(rows[rows[:, at.EV_TYPE] == at.TYPE_SWAP, at.EV_PROFIT].sum())
    assert round(recording.balance * 100) == 1_000_000 + cents + swaps


def test_trades_are_the_fills_put_together() -> None:
    result = BacktestResult(plain())
    fills = [e for e in plain().events() if isinstance(e, Fill)]
    assert len(result.trades) == len({f.position for f in fills})
    for trade in result.trades:
        mine = [f for f in fills if f.position == trade.position]
        into = [f for f in mine if f.reason in ("entry", "add")]
        assert trade.opened == into[0].time
        assert trade.profit == pytest.approx(sum(f.profit for f in mine), abs=0.005)
        assert trade.commission == pytest.approx(sum(f.commission for f in mine), abs=0.005)
        average = sum(f.price * f.units for f in into) / sum(f.units for f in into)
        assert trade.entry == pytest.approx(average, rel=1e-12)
        if trade.closed:
            assert trade.reason == mine[-1].reason
    frame = result.trades_frame()
    assert len(frame) == len(result.trades)
    assert str(frame["opened"].dt.tz) == "UTC"


def test_the_figures_by_hand() -> None:
    result = BacktestResult(plain())
    closed = [t for t in result.trades if t.closed]
    p = result.performance
    assert (p.trades, p.wins) == (len(closed), sum(t.net > 0 for t in closed))
    won, lost = sum(t.net for t in closed if t.net > 0), -sum(t.net for t in closed if t.net < 0)
    assert p.profit_factor == pytest.approx(won / lost)
    assert p.net == pytest.approx(result.balance - 10_000.0, abs=0.005)
    assert p.costs.commission == pytest.approx(sum(t.commission for t in result.trades), abs=0.005)
    assert p.net_doubled == pytest.approx(p.net - p.costs.total, abs=0.011)
    assert result.outcomes()["cross"]["sent"] >= len([t for t in result.trades if t.plan == "cross"])
    assert result.as_dict()["performance"]["trades"] == p.trades


def test_an_intent_has_the_same_id_whenever_it_is_made() -> None:
    # the first 63 bits of blake2b over the four words; another word changes it
    assert intent_id("p", "v", 1, "entry") == intent_id("p", "v", 1, "entry")
    assert len({intent_id("p", "v", 1, leg) for leg in ("entry", "add/2", "close/2", "stop", "cancel")}) == 5
    assert 0 <= intent_id("p", "v", 1, "entry") < 2**63
    sent = Decision(1, "p", 2, "close", "sent", 0, 0.0, 1)
    assert intent_leg(sent) == "close/2"
    assert intent_leg(Decision(1, "p", 0, "entry", "halted", 0, 0.0, 0)) is None


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(AccountError, match="expected hedging or netting"):
        AccountConfig(mode="both")
    with pytest.raises(AccountError, match="expected more than 0"):
        AccountConfig(balance=0.0)
    with pytest.raises(BacktestError, match="at least one PLAN"):
        run_backtest((), (), dataset(), catalog())
