"""Compares whole runs of the order loop with the interpreter: every decision, fill, halt and alert, and the balance."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Alert, Decision, Fill, Halt, Swap, events
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.stdlib.registry import catalog

from tests.oracle.adapt import interpret
from tests.oracle.cases import Case
from tests.oracle.writer import Writer

Row = tuple[object, ...]
NAMELESS = ("stop", "cancel")
"""Decisions that no single rule stands behind."""


@dataclass(frozen=True)
class Run:
    """What a run came to, in rows that can be compared."""

    decisions: list[Row]
    fills: list[Row]
    balance: int


def interpreted(
    plans: tuple[CheckedPlan, ...],
    guards: tuple[CheckedGuard, ...],
    dataset: Dataset,
    account: AccountConfig,
    end: int,
) -> tuple[Run, Writer]:
    """By the interpreter, over the finest bars of all traded markets up to a time."""
    finest = [dataset.bars(market, str(dataset.finest(market))) for market in {p.market for p in plans}]
    start = min(int(bars.open_time[0]) for bars in finest if bars is not None)
    last = max(int(bars.close_time[-1]) for bars in finest if bars is not None)
    writer = interpret(
        plans,
        guards,
        dataset,
        catalog(),
        start,
        min(end, last),
        balance=account.balance,
        netting=account.netting,
        stop_out=account.stop_out or 50.0,
        max_signal_age=account.max_signal_age,
    )
    return as_run(writer), writer


def as_run(writer: Writer) -> Run:
    """The interpreter's records as rows."""
    decisions: list[Row] = [
        (d.time, d.plan, d.what, d.outcome, -1 if d.what in NAMELESS else d.rule, shown_price(d.what, d.price))
        for d in writer.decisions
    ]
    fills: list[Row] = [
        (f.time, f.plan, f.leg, f.reason, f.price, f.units, f.profit, f.commission, f.better or 0.0)
        for f in writer.fills
    ]
    return Run(sorted(decisions, key=repr), sorted(fills, key=repr), writer.balance)


def shown_price(what: str, price: float | None) -> float:
    """Only stops carry a price that is compared."""
    return price or 0.0 if what == "stop" else 0.0


def fast(
    plans: tuple[CheckedPlan, ...],
    guards: tuple[CheckedGuard, ...],
    dataset: Dataset,
    account: AccountConfig,
    kernels: Kernels,
    capacity: int,
    end: int | None = None,
) -> Run:
    """By the order loop, in chunks of a capacity."""
    recording = run_backtest(plans, guards, dataset, catalog(), account, end=end, kernels=kernels, capacity=capacity)
    decisions: list[Row] = []
    fills: list[Row] = []
    swaps = 0
    for rows in recording.rows:
        for event in events(rows, recording.program):
            match event:
                case Decision():
                    rule = -1 if event.about in NAMELESS else event.rule
                    price = shown_price(event.about, event.price)
                    decisions.append((event.time, event.plan, event.about, event.outcome, rule, price))
                case Alert():
                    decisions.append((event.time, event.owner, "alert", "sent", event.rule, 0.0))
                case Halt():
                    decisions.append((event.time, event.owner, "halt", "sent", event.rule, 0.0))
                case Fill():
                    cents = (round(event.profit * 100), round(event.commission * 100))
                    row = (event.time, event.plan, event.leg, event.reason, event.price, event.units, *cents)
                    fills.append((*row, event.better))
                case Swap():
                    swaps += round(event.amount * 100)
    money = sum(int(str(f[6])) - int(str(f[7])) for f in fills) + swaps
    return Run(sorted(decisions, key=repr), sorted(fills, key=repr), round(account.balance * 100) + money)


def account_of(case: Case) -> AccountConfig:
    """The account that a case is made for."""
    return AccountConfig(mode="netting" if case.netting else "hedging", stop_out=case.stop_out, record_moves=True)


def run_differences(case: Case, kernels: Kernels, capacity: int) -> list[str]:
    """What differs, the earliest first; empty if the two agree to the last bit and cent."""
    end = case.world.span[1]
    account = account_of(case)
    slow, _ = interpreted(case.plans, case.guards, case.world.dataset, account, end)
    quick = fast(case.plans, case.guards, case.world.dataset, account, kernels, capacity, end)
    return compare(slow, quick)


def compare(slow: Run, quick: Run) -> list[str]:
    """The rows that only one of two runs has."""
    found = []
    for what, a, b in (("decision", slow.decisions, quick.decisions), ("fill", slow.fills, quick.fills)):
        found += [(row, f"only the interpreter: {what} {row}") for row in a if a.count(row) > b.count(row)]
        found += [(row, f"only the order loop:  {what} {row}") for row in b if b.count(row) > a.count(row)]
    found.sort(key=lambda pair: (str(pair[0][0]), pair[1]))
    texts = [text for _, text in found]
    if slow.balance != quick.balance:
        texts.append(f"balance: the interpreter {slow.balance}, the order loop {quick.balance}")
    return texts
