"""What RISK promises: at the stop, without a gap, no more is lost than was planned, whatever spread and costs are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Decision, Fill

from tests.scenarios.run import KERNELS, functions, prepared
from tests.scenarios.scenario import parse_scenario

TEXT = """
about One entry at 100.00 whose stop is reached later within a bar.
market x
  costs = {{ slippage = {slip}, commission = {commission} }}
bars x M1
  09:00-09:02 100.00 100.00 100.00 100.00 {spread}
  09:03       100.00 {high}  {low} 100.00 {spread}
plan
  PLAN p TRADE x ON M1
  WHEN time = 09:02 THEN {side} RISK {risk} USD {order} STOP {stop} points
expect
  balance 10000.00
"""


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    side=st.sampled_from(["BUY", "SELL"]),
    pending=st.sampled_from(["", "LIMIT", "STOP"]),
    spread=st.integers(1, 30),
    slip=st.sampled_from([0, 0.5, 1, 7, 30]),
    stop=st.integers(1, 200),
    commission=st.sampled_from([0, 0.35, 3]),
    risk=st.integers(1, 60),
)
def test_the_loss_at_the_stop_is_what_was_risked(
    side: str, pending: str, spread: int, slip: float, stop: int, commission: float, risk: int
) -> None:
    up = side == "BUY"
    order = ""
    if pending:  # well inside the range of the last bar, a point or more from bid and ask
        away = 100.0 + (0.5 if up == (pending == "STOP") else -0.5)
        order = f"AT {pending} {away:.2f} FOR 1h"
    text = TEXT.format(
        slip=slip,
        commission=commission,
        spread=spread,
        high="100.60" if up else "104.00",
        low="96.00" if up else "99.00",
        side=side,
        risk=risk,
        order=order,
        stop=stop,
    )
    world = prepared(parse_scenario(text, "risk"))
    recording = run_backtest(
        world.plans, world.guards, world.dataset, functions(), world.account, kernels=KERNELS, capacity=4096
    )
    fills = [e for e in recording.events() if isinstance(e, Fill)]
    decision = next(e for e in recording.events() if isinstance(e, Decision))
    if not fills:
        assert decision.outcome in ("too_small", "stop_too_near")
        return
    assert [f.reason for f in fills] == ["entry", "stop"]
    lost = round(10_000.0 - recording.balance, 2)
    assert lost <= risk + 0.02  # the loss and two commissions are each rounded to the cent
    assert all(f.price == float(f"{f.price:.2f}") for f in fills if slip != 0.5), "no binary noise"
    if fills[0].units < 1000:  # below the lot maximum, one lot step more would have been too much
        assert lost / fills[0].units * (fills[0].units + 1) > risk - 0.03
