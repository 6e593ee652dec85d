"""Runs a scenario by the order loop and by the interpreter, and writes what happened the way scenarios write it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.report import render_text
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Alert, Breaker, Decision, Fill, Halt, MarginCall, Swap, events
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import interpreted
from tests.scenarios.scenario import FILL, MOVE, SWAP, Row, Scenario, ScenarioError

SENT = ("entry", "add", "close")
KERNELS = Kernels("interpreted")


@dataclass(frozen=True)
class World:
    """A scenario made ready to run; `steps` is the lot step of each plan's market."""

    dataset: Dataset
    plans: tuple[CheckedPlan, ...]
    guards: tuple[CheckedGuard, ...]
    account: AccountConfig
    steps: dict[str, float]


def defaults(name: str) -> dict[str, Any]:
    """The made-up market: a move of 1.00 is 1 USD a lot; no spread, slippage, commission or swap; it never closes."""
    return {
        "names": [name],
        "symbols": [name.upper()],
        "digits": 2,
        "point": 0.01,
        "pip": 0.1,
        "tick_size": 0.01,
        "contract_size": 1.0,
        "base_currency": name.upper() * 3 if len(name) == 1 else "ABC",
        "profit_currency": "USD",
        "lot_min": 0.1,
        "lot_step": 0.1,
        "lot_max": 100.0,
        "margin": {"rate": 0.01},
        "spread": {"by_hour": {"00-24": 0}},
        "sessions": {"always": True},
    }


def profile_of(name: str, given: dict[str, Any]) -> SymbolProfile:
    """The market with what a scenario says about it; opening hours replace, other tables add."""
    made = defaults(name)
    for key, value in given.items():
        made[key] = made.get(key, {}) | value if isinstance(value, dict) and key != "sessions" else value
    return SymbolProfile.model_validate(made)


@cache
def functions() -> Catalog:
    """The standard catalog, built once."""
    return catalog()


def prepared(scenario: Scenario) -> World:
    """The scenario's dataset, checked plans and account; raises ScenarioError when the plan has mistakes."""
    profiles = profiles_of(scenario)
    dataset = Dataset.from_rates({key: _rates(rows) for key, rows in scenario.bars.items()}, profiles)
    checked = check_source(Source(scenario.name, scenario.plan), functions(), profiles.facts(), Graph())
    if not checked.ok:
        raise ScenarioError(render_text(checked.diagnostics))
    account = AccountConfig(**{"balance": 10_000.0, "stop_out": 50.0, **scenario.account}, record_moves=True)
    steps = {p.name: profiles[p.market].lot_step for p in checked.plans}
    return World(dataset, checked.plans, checked.guards, account, steps)


def profiles_of(scenario: Scenario) -> Profiles:
    """The profiles of a scenario's markets, on its account."""
    names = dict.fromkeys([*scenario.markets, *(market for market, _ in scenario.bars)])
    profiles = Profiles(profile_of(name, scenario.markets.get(name, {})) for name in names)
    return profiles.with_account(scenario.account.get("currency", "USD"))


def _rates(rows: list[Row]) -> Rates:
    return Rates(
        time=np.array([row.time for row in rows], dtype=np.int64),
        open=np.array([row.open for row in rows]),
        high=np.array([row.high for row in rows]),
        low=np.array([row.low for row in rows]),
        close=np.array([row.close for row in rows]),
        tick_volume=np.ones(len(rows)),
        spread=np.array([row.spread for row in rows], dtype=np.int32),
        real_volume=np.zeros(len(rows)),
    )


def expected(scenario: Scenario, swaps: bool = True) -> list[str]:
    """The expected lines in the form of `line`, in order; the interpreter does not list swaps."""
    found = []
    for event in scenario.events:
        text = event.text
        if SWAP.fullmatch(text) and not swaps:
            continue
        if m := FILL.fullmatch(text):
            text = fill_text(
                m["plan"],
                m["reason"],
                float(m["lots"]),
                float(m["price"]),
                int(m["leg"] or 0),
                round(float(m["profit"] or 0) * 100),
                round(float(m["commission"] or 0) * 100),
                float(m["better"] or 0),
            )
        elif m := MOVE.fullmatch(text):
            text = move_text(m["plan"], float(m["price"]), m["reason"] or "sent")
        found.append(line(event.time, text))
    return [*sorted(found), f"balance {scenario.balance}"]


def line(time: int, text: str) -> str:
    """An event as a line."""
    return f"{datetime.fromtimestamp(time / 1000, UTC):%m-%d %H:%M} {text}"


def fill_text(plan: str, why: str, lots: float, price: float, leg: int, gain: int, paid: int, better: float) -> str:
    """A fill; money in cents."""
    text = f"{plan} {why} {lots:.2f} lots at {price:.6f} leg {leg} profit {gain / 100:.2f} commission {paid / 100:.2f}"
    return text + (f" better {better:.6f}" if better else "")


def move_text(plan: str, price: float, outcome: str) -> str:
    """A stop that moved, or did not."""
    return f"{plan} stop to {price:.6f}" + ("" if outcome == "sent" else f": {outcome}")


def call_text(equity: float, margin: float) -> str:
    """A margin call."""
    return f"account margin call {equity:.2f} of {margin:.2f}"


def limit_text(guard: str, value: float | None) -> str:
    """The limit that was broken, behind the reason."""
    return f" {guard} {'unknown' if value is None or value != value else f'{value:.4f}'}"


def decision_text(plan: str, about: str, outcome: str, price: float, limit: str = "") -> str | None:
    """A decision, None if its fills show it."""
    if about == "stop":
        return move_text(plan, price, outcome)
    if about == "cancel":
        return f"{plan} order {outcome}"
    if about == "breaker":
        return f"{plan} {outcome}"
    if about in ("halt", "alert"):
        return f"{plan} {about}"
    return None if outcome == "sent" else f"{plan} no {about}: {outcome}{limit}"


def by_order_loop(world: World, capacity: int) -> list[str]:
    """What the order loop does, in chunks of a capacity."""
    recording = run_backtest(
        world.plans, world.guards, world.dataset, functions(), world.account, kernels=KERNELS, capacity=capacity
    )
    found: list[tuple[int, str | None]] = []
    balance = round(world.account.balance * 100)
    for event in (e for rows in recording.rows for e in events(rows, recording.program)):
        match event:
            case Decision():
                limit = "" if event.limit is None else limit_text(event.limit.guard, event.limit.value)
                found.append((event.time, decision_text(event.plan, event.about, event.outcome, event.price, limit)))
                found += [(event.time, f"{event.plan} unknown: {part.text}") for part in event.optional]
            case Fill():
                lots = event.units * world.steps[event.plan]
                money = round(event.profit * 100), round(event.commission * 100)
                text = fill_text(event.plan, event.reason, lots, event.price, event.leg, *money, event.better)
                found.append((event.time, text))
                balance += money[0] - money[1]
            case Swap():
                found.append(
                    (event.time, f"{event.plan} swap {event.amount:.2f}{f' leg {event.leg}' * (event.leg > 0)}")
                )
                balance += round(event.amount * 100)
            case Alert():
                found.append((event.time, f"{event.owner} alert"))
            case Breaker():
                found.append((event.time, f"{event.owner} {event.state}"))
            case Halt():
                found.append((event.time, f"{event.owner} halt"))
            case MarginCall():
                found.append((event.time, call_text(event.equity, event.margin)))
    lines = sorted(line(time, text) for time, text in found if text)
    if round(recording.balance * 100) != balance:
        lines.append(f"the balance of the result, {recording.balance}, is not the sum of its rows")
    return [*lines, f"balance {balance / 100:.2f}"]


def by_interpreter(world: World) -> list[str]:
    """What the interpreter does."""
    _, writer = interpreted(world.plans, world.guards, world.dataset, world.account, 1 << 62)
    found: list[tuple[int, str | None]] = [
        (
            d.time,
            decision_text(
                d.plan, d.what, d.outcome, d.price or 0.0, "" if d.limit is None else limit_text(d.limit[0], d.limit[2])
            ),
        )
        for d in writer.decisions
    ]
    found += [(d.time, f"{d.plan} unknown: {text}") for d in writer.decisions for text in d.unknown]
    found += [(c.time, call_text(c.equity / 100, c.margin)) for c in writer.calls]
    for f in writer.fills:
        lots = f.units * world.steps[f.plan]
        text = fill_text(f.plan, f.reason, lots, f.price, f.leg, f.profit, f.commission, f.better or 0.0)
        found.append((f.time, text))
    return [*sorted(line(time, text) for time, text in found if text), f"balance {writer.balance / 100:.2f}"]
