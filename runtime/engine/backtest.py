"""A backtest: plans and guards over a dataset on one account, chunk after chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Lane
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.clauses import ClauseClock
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.finest_over import finest_over
from tradeplan.runtime.engine.growing_traded import growing_traded
from tradeplan.runtime.engine.kernel_choice import choose_kernels
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.engine.market_table import TradedLane, traded_bars, traded_market
from tradeplan.runtime.engine.money import refuse_other_money
from tradeplan.runtime.engine.news_read import news_warnings
from tradeplan.runtime.engine.off_tick import off_tick_warnings
from tradeplan.runtime.engine.order_loop import OrderLoop, bar_nodes, tick_node
from tradeplan.runtime.engine.program import build_program
from tradeplan.runtime.engine.streams_read import stream_warnings
from tradeplan.runtime.engine.timing import FunctionTimer, timed_step
from tradeplan.runtime.engine.views_read import bars_held, span_text, views_without_bars
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import CAPACITY, Tables
from tradeplan.runtime.market.dataset import Dataset

Progress = Callable[[float], None]
"""Told the share that is done, from 0 to 1."""


_FEW, _FEW_CAPACITY = 40, 4 * CAPACITY
"""So few columns stay in the processor's cache in longer chunks too, and there are fewer chunks to set up."""


class BacktestError(ValueError):
    """A backtest that cannot start; the message says what was expected and what to do."""


def traded_lane(
    dataset: Dataset, plans: Sequence[CheckedPlan], market: str, start: int | None = None, end: int | None = None
) -> TradedLane:
    """The bars on which fills are tested: of a market the finest that cover `(start, end]`, the plans' own or finer.

    Raises BacktestError if there are none.
    """
    own = min((p.timeframe for p in plans if p.market == market), key=milliseconds)
    timeframe = finest_over(dataset, market, own, start, end)
    bars = None
    if timeframe is not None:
        make = growing_traded if dataset.grows else traded_bars
        bars = dataset.kept(("traded", market, timeframe), lambda: make(dataset, market, timeframe))
    if timeframe is None or bars is None:
        when = "" if start is None and end is None else f" in {span_text(start, end)}"
        raise BacktestError(
            f"no bars of `{market}` at {own} or finer{when}, so nothing can be traded: {bars_held(dataset, market)}; "
            "ask for another span, or import bars with `plan data import`"
        )
    return TradedLane(Lane(market, timeframe), bars)


def run_span(traded: Iterable[TradedLane], start: int | None, end: int | None) -> tuple[int, int]:
    """What is run of `(start, end]`: the bars of the traded markets bound it."""
    bars = [t.bars.bars for t in traded]
    first, last = min(int(b.open_time[0]) for b in bars), max(int(b.close_time[-1]) for b in bars)
    return first if start is None else max(start, first), last if end is None else min(end, last)


def data_warnings(
    plans: Sequence[CheckedPlan],
    dataset: Dataset,
    start: int | None = None,
    end: int | None = None,
    guards: Sequence[CheckedGuard] = (),
) -> list[str]:
    """What a person should know about the data before plans and guards run on it over `(start, end]`.

    Raises BacktestError that names each view without bars, the plan or guard that reads it and the views that have.
    """
    traded = {name: traded_lane(dataset, plans, name, start, end) for name in sorted({plan.market for plan in plans})}
    if not traded:
        return []
    for name in traded:
        if dataset.needs_conversion(name) and dataset.conversion_market(name) is None:
            profits, kept = dataset.profile(name).profit_currency, dataset.profile(name).account_currency
            raise BacktestError(
                f"profits of `{name}` are in {profits} and the account is kept in {kept}, but there are no bars of a "
                f"market that quotes one in the other, so nothing can be traded: add bars of that pair, or keep the "
                f"account in {profits}"
            )
    span = run_span(traded.values(), start, end)
    errors, warnings = views_without_bars((*plans, *guards), dataset, *span)
    if errors:
        raise BacktestError("\n".join(errors))
    for name, lane in traded.items():
        timeframe = lane.lane.timeframe
        if milliseconds(dataset.timeframes(name)[0]) < milliseconds(timeframe):
            finer = bars_held(dataset, name, finer_than=timeframe)
            warnings.append(f"fills of {name} are tested on {timeframe}, as finer bars do not cover the run: {finer}")
    warnings += off_tick_warnings(dataset, traded, *span)
    for guard in guards:
        if not any(guard.covers(plan.name, plan.market) for plan in plans):
            covered = ", ".join(f"`{name}`" for name in (*guard.plans, *guard.markets))
            warnings.append(f"guard `{guard.name}` covers {covered}, and no plan of this run is among that")
    return warnings + stream_warnings((*plans, *guards), dataset, *span) + news_warnings(plans, dataset, *span)


def run_backtest(
    plans: Sequence[CheckedPlan],
    guards: Sequence[CheckedGuard],
    dataset: Dataset,
    catalog: Catalog,
    account: AccountConfig | None = None,
    start: int | None = None,
    end: int | None = None,
    kernels: Kernels | None = None,
    progress: Progress | None = None,
    capacity: int | None = None,
    timer: FunctionTimer | None = None,
) -> Recording:
    """Run plans over `(start, end]` (UTC ms); bars that open before `start` only warm the values up.

    `capacity` is how many bars a chunk holds, None a good number; `timer` counts what functions cost; the result does
    not depend on them.
    Raises BacktestError without data.
    """
    account = account or AccountConfig()
    if not plans:
        raise BacktestError("there is no plan to run: expected at least one PLAN")
    refuse_other_money((*plans, *guards), account)
    markets = sorted({plan.market for plan in plans})
    dataset = dataset.with_account(account.currency)
    traded = {name: traded_lane(dataset, plans, name, start, end) for name in markets}
    numbers = {name: traded_market(dataset.profile(name)) for name in markets}
    program = build_program(plans, guards, numbers.values(), account)
    fields = {name: (t.lane, bar_nodes(t.lane)) for name, t in traded.items()}
    clauses = ClauseClock(plans)
    roots = [*program.roots, *clauses.roots]
    roots += [node for _, nodes in fields.values() for node in nodes]
    present = {node.lane for node in roots}
    roots += [tick_node(lane) for lane in program.stepped_lanes if lane not in present]
    tables = Tables.build(roots, catalog, capacity or (_FEW_CAPACITY if len(roots) <= _FEW else CAPACITY))
    begin, finish = run_span(traded.values(), start, end)
    data = dataset.kept(("lanes", tuple(markets), begin), lambda: LaneData(dataset, markets, begin))
    kernels = kernels or choose_kernels(tables, data, run_span(traded.values(), None, None)[0], finish)
    evaluator = Evaluator(tables, data, kernels)
    recording = Recording(program, account, numbers, traded, clauses, begin, finish)
    recording.dataset = dataset
    bars = {name: t.bars for name, t in traded.items()}
    loop = OrderLoop(program, evaluator, fields, bars, account, kernels, recording.rows.append, (begin, finish))
    for _ in evaluator.run(begin):
        pass
    clauses.bind(evaluator)
    evaluator.timer = timer
    for reached in evaluator.run(finish):
        timed_step(timer, loop.step)
        clauses.count()
        if progress is not None:
            progress((reached - begin) / max(finish - begin, 1))
    recording.finish(loop)
    return recording
