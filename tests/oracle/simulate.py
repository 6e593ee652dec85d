"""The whole of execution.md, instant by instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Lane, Op
from tradeplan.dsl.timeframe import milliseconds

from tests.oracle.account_phase import Account
from tests.oracle.book import PlanState
from tests.oracle.guard_phase import GuardState, begin_probe, part_of, run_guard, tries
from tests.oracle.market_phase import Bar, run_bar
from tests.oracle.plan_phase import Step, run_step
from tests.oracle.portfolio import Portfolio
from tests.oracle.values import Values
from tests.oracle.world import OracleAccount, OracleBars, OracleMarket
from tests.oracle.writer import Writer


def simulate(
    plans: Sequence[CheckedPlan],
    guards: Sequence[CheckedGuard],
    markets: Mapping[str, OracleMarket],
    account: OracleAccount,
    catalog: Catalog,
    step_times: Mapping[Lane, list[int]],
    live_from: int = 0,
    start: int = 0,
    end: int = 1 << 62,
    retired: Mapping[str, int] | None = None,
    after: Callable[[Account, int], None] | None = None,
) -> Writer:
    """Run plans and guards over (start, end] of a world; `step_times` says when each step lane ticks.

    `retired`: after which time the entries of a plan are forbidden. `after` is told of the end of every instant.
    """
    values = Values(markets, catalog, step_times)
    states = [PlanState(p) for p in sorted(plans, key=lambda p: p.name)]
    guard_states = [GuardState(g) for g in sorted(guards, key=lambda g: g.name)]
    traded = sorted({p.market for p in plans})
    finest = {name: markets[name].tested_on or min(markets[name].bars, key=milliseconds) for name in traded}
    writer = Writer(dict(markets), account.balance_cents, live_from, start)
    book = Account(account, writer, finest, states)
    ticks = {lane: {t: i for i, t in enumerate(times) if start < t <= end} for lane, times in step_times.items()}
    closing = {name: closes_within(markets[name].bars[finest[name]], start, end) for name in traded}
    lanes = {s.plan.step_lane for s in states} | {g.guard.step_lane for g in guard_states}
    read = {data for guard in guards for data in portfolio_readings(guard)}
    for time in sorted({t for lane in lanes for t in ticks[lane]} | {t for c in closing.values() for t in c}):
        for name in traded:
            if time in closing[name]:
                bar = bar_at(markets[name], finest[name], closing[name][time])
                for state in states:
                    if state.plan.market == name:
                        run_bar(state, bar, markets[name], writer, account.netting)
        book.phase(time)
        for data in read:
            book.keep(time, data, Portfolio(book, time).read(data))
        for guard in guard_states:
            if time in ticks[guard.guard.step_lane]:
                run_guard(guard, ticks[guard.guard.step_lane][time], time, values, book, writer, states)
        for state in states:
            if time in ticks[state.plan.step_lane]:
                name = state.plan.market
                tick = ticks[state.plan.step_lane][time]
                gone = time > (retired or {}).get(state.plan.name, time)
                part = part_of(guard_states, state, time)
                trying = tries(guard_states, state)
                pending = state.pending
                run_step(
                    Step(
                        state,
                        tick,
                        time,
                        markets[name],
                        finest[name],
                        values,
                        book,
                        writer,
                        part,
                        trying,
                        gone,
                        tuple(guards),
                    )
                )
                if state.pending is not None and state.pending is not pending:
                    begin_probe(guard_states, state, writer)
        if after is not None:
            after(book, time)
    return writer


def portfolio_readings(guard: CheckedGuard) -> set[tuple[object, ...]]:
    """What a guard reads that depends on orders too: it counts as the account phase left it."""
    waiting = [rule.condition for rule in guard.rules]
    found = set()
    while waiting:
        node = waiting.pop()
        if node.op is Op.ACCOUNT and node.data[0] in ("worst_loss", "exposure", "margin_level"):
            found.add(node.data)
        waiting += [i for i in node.inputs if i.positional]
    return found


def closes_within(bars: OracleBars, start: int, end: int) -> dict[int, int]:
    """Close time to index of the bars that open at or after `start` and close at or before `end`."""
    rows = enumerate(zip(bars.open_time, bars.close_time, strict=True))
    return {close: i for i, (opened, close) in rows if opened >= start and close <= end}


def bar_at(market: OracleMarket, timeframe: str, index: int) -> Bar:
    """One bar of the finest lane."""
    b = market.bars[timeframe]
    return Bar(
        b.open_time[index],
        b.close_time[index],
        b.open[index],
        b.high[index],
        b.low[index],
        b.close[index],
        b.spread[index],
        b.swap_days[index] if b.swap_days else 0,
    )
