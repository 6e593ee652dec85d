"""Compares whole runs of the order loop with the interpreter: every decision, fill, halt and alert, and the balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Alert, Breaker, Decision, Event, Fill, Halt, MarginCall, Swap
from tradeplan.runtime.engine.voices import Spoken
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.stdlib.registry import catalog

from tests.oracle.adapt import finest_for, interpret
from tests.oracle.book import Voiced
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
    fall: tuple[float, float] | None = None  # the deepest, in money and in percent; None: not looked at


def interpreted(
    plans: tuple[CheckedPlan, ...],
    guards: tuple[CheckedGuard, ...],
    dataset: Dataset,
    account: AccountConfig,
    end: int,
    retired: Mapping[str, int] | None = None,
) -> tuple[Run, Writer]:
    """By the interpreter, over the finest bars of all traded markets up to a time."""
    finest = [dataset.bars(m, finest_for(dataset, plans, m, end=end)) for m in {p.market for p in plans}]
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
        retired=retired,
    )
    return as_run(writer, round(account.balance * 100)), writer


def deepest_fall(writer: Writer, first: int) -> tuple[float, float]:
    """How far equity fell from its peak so far, in account currency, and the most in percent of a peak."""
    peak, fall, share = first, 0, 0.0
    for _, equity in writer.equity:
        peak = max(peak, equity)
        fall, share = max(fall, peak - equity), max(share, 100.0 * (peak - equity) / peak)
    return fall / 100.0, share


def as_run(writer: Writer, first: int) -> Run:
    """The interpreter's records as rows."""
    decisions: list[Row] = [
        (
            d.time,
            d.plan,
            d.what,
            d.outcome,
            -1 if d.what in NAMELESS else d.rule,
            shown_price(d.what, d.price),
            d.unknown,
            d.limit,
            d.spoken,
        )
        for d in writer.decisions
    ]
    decisions += [(c.time, "margin call", c.equity, c.margin) for c in writer.calls]
    fills: list[Row] = [
        (f.time, f.plan, f.leg, f.reason, f.price, f.units, f.profit, f.commission, f.better or 0.0)
        for f in writer.fills
    ]
    return Run(sorted(decisions, key=repr), sorted(fills, key=repr), writer.balance, deepest_fall(writer, first))


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
    return as_rows(recording.events(), account, (recording.drawdown, recording.drawdown_percent))


def numbers_of(said: Spoken | None) -> Voiced | None:
    """What an exit function said, as the interpreter has it."""
    if said is None:
        return None
    words = {name: ENUMERATIONS[name] for name in ("rank", "exit kind", "exit timeframe")}
    rank, kind = float(words["rank"][said.rank]), float(words["exit kind"][said.kind])
    return said.function, rank, said.strength, kind, float(words["exit timeframe"][said.timeframe])


def as_rows(happened: Iterable[Event], account: AccountConfig, fall: tuple[float, float] | None = None) -> Run:
    """The order loop's records as rows."""
    decisions: list[Row] = []
    fills: list[Row] = []
    swaps = 0
    for event in happened:
        match event:
            case Decision():
                rule = -1 if event.about in NAMELESS else event.rule
                price = shown_price(event.about, event.price)
                parts = tuple(part.text for part in event.optional)
                limit = None if event.limit is None else (event.limit.guard, event.limit.limit, event.limit.value)
                said = numbers_of(event.spoken)
                decisions.append((event.time, event.plan, event.about, event.outcome, rule, price, parts, limit, said))
            case Alert():
                said = numbers_of(event.spoken)
                decisions.append((event.time, event.owner, "alert", "sent", event.rule, 0.0, (), None, said))
            case Halt():
                decisions.append((event.time, event.owner, "halt", "sent", event.rule, 0.0, (), None, None))
            case MarginCall():
                decisions.append((event.time, "margin call", round(event.equity * 100), event.margin))
            case Breaker():
                decisions.append((event.time, event.owner, "breaker", event.state, event.rule, 0.0, (), None, None))
            case Fill():
                cents = (round(event.profit * 100), round(event.commission * 100))
                row = (event.time, event.plan, event.leg, event.reason, event.price, event.units, *cents)
                fills.append((*row, event.better))
            case Swap():
                swaps += round(event.amount * 100)
    money = sum(int(str(f[6])) - int(str(f[7])) for f in fills) + swaps
    return Run(sorted(decisions, key=repr), sorted(fills, key=repr), round(account.balance * 100) + money, fall)


def account_of(case: Case) -> AccountConfig:
    """The account that a case is made for."""
    return AccountConfig(mode="netting" if case.netting else "hedging", stop_out=case.stop_out, record_moves=True)


def can_run(case: Case) -> bool:
    """Whether there are plans, and every traded market has a bar before the run's end: both refuse to run else."""
    spans = [case.world.dataset.bars(p.market, case.world.finest) for p in case.plans]
    return bool(spans) and all(b is not None and b.close_time[0] <= case.world.span[1] for b in spans)


def run_differences(case: Case, kernels: Kernels, capacity: int) -> list[str]:
    """What differs, the earliest first; empty if the two agree to the last bit and cent."""
    if not can_run(case):
        return []
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
    if None not in (slow.fall, quick.fall) and slow.fall != quick.fall:
        texts.append(f"deepest fall: the interpreter {slow.fall}, the order loop {quick.fall}")
    return texts
