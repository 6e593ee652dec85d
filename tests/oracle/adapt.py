"""From the project's dataset and checked plans to the interpreter's world."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import (
    ACCOUNT_MARKET,
    CheckedGuard,
    CheckedPlan,
    CheckedRule,
    EntryAction,
    Lane,
    LimitKind,
    MoveStopAction,
    Node,
    Op,
)
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.engine.limit_writer import CORRELATED_ON
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profile import SymbolProfile, currency_unit

from tests.oracle.account_phase import Account
from tests.oracle.clock import reading
from tests.oracle.simulate import simulate
from tests.oracle.world import OracleAccount, OracleBars, OracleMarket
from tests.oracle.writer import Writer

MINUTE = 60_000
TWO_DAYS = 48 * 60 * MINUTE
NIGHTS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def rule_nodes(rule: CheckedRule) -> Iterable[Node]:
    """The nodes that a rule reads."""
    yield rule.condition
    for action in rule.actions:
        if isinstance(action, EntryAction):
            yield action.stop.value
            if action.target is not None:
                yield action.target.value
            if action.price is not None:
                yield action.price
            yield from (take.at.value for take in action.takes)
        elif isinstance(action, MoveStopAction):
            yield action.price


def bar_lanes(nodes: Iterable[Node]) -> set[Lane]:
    """All bar lanes below nodes."""
    return {node.lane for node in below(nodes) if node.lane is not None and not node.lane.steps}


def below(nodes: Iterable[Node]) -> set[Node]:
    """Nodes and all that they read."""
    seen: set[Node] = set()
    open_nodes = list(nodes)
    while open_nodes:
        node = open_nodes.pop()
        if node in seen:
            continue
        seen.add(node)
        open_nodes += node.inputs
    return seen


def as_lists(bars: Bars | None, timeframe: str) -> OracleBars:
    """Bars as plain lists; none of a market without data."""
    if bars is None:
        return OracleBars(timeframe, [], [], [], [], [], [], [], [], [])
    columns = (bars.open_time, bars.close_time, bars.open, bars.high, bars.low, bars.close)
    return OracleBars(
        timeframe,
        *(c.tolist() for c in columns),
        spread=bars.spread.tolist(),
        tick_volume=bars.tick_volume.tolist(),
        real_volume=bars.real_volume.tolist(),
    )


class Rate:
    """Profit currency to account currency by the newest fresh close of the pair, finest timeframe first."""

    def __init__(self, dataset: Dataset, profile: SymbolProfile) -> None:
        source, of_source = currency_unit(profile.profit_currency)
        target, of_target = currency_unit(profile.account_currency)
        self.scale = of_target / of_source
        self.needed = source != target
        self.pair: tuple[str, bool] | None = None
        for inverse, wanted in ((True, (target, source)), (False, (source, target))):
            for name in dataset.markets():
                other = dataset.profile(name)
                if (other.base_currency, other.profit_currency) == wanted:
                    self.pair = (name, inverse)
        if self.pair is not None:
            name = self.pair[0]
            self.calendar = dataset.calendar(name)
            self.bars = [as_lists(dataset.bars(name, t), t) for t in dataset.timeframes(name)]

    def __call__(self, time: int) -> float | None:
        """The rate at a time."""
        if not self.needed:
            return self.scale
        if self.pair is None:
            return None
        for bars in self.bars:
            at = bars.newest(time)
            if at < 0:
                continue
            age = self.calendar.session_clock_at(time) - self.calendar.session_clock_at(bars.close_time[at])
            if age <= self.calendar.stale_after(bars.timeframe):
                return self.scale / bars.close[at] if self.pair[1] else self.scale * bars.close[at]
        return None


def swap_days(bars: OracleBars, profile: SymbolProfile) -> list[int]:
    """For every bar, the nights charged at its open."""
    boundary, zone = profile.boundary
    days = [int(reading("day", t, zone, boundary)) for t in bars.open_time]
    counts = [0] * len(days)
    for i in range(1, len(days)):
        for ended in range(days[i - 1], days[i]):
            name = NIGHTS[(ended + 3) % 7]
            if profile.swap.triple_day == "none":
                counts[i] += 1
            elif name not in ("saturday", "sunday"):
                counts[i] += 3 if name == profile.swap.triple_day else 1
    return counts


def swap_per_unit(profile: SymbolProfile, side: int, opened: float, rate: float) -> float:
    """What one unit of a side earns (or, negative, costs) in one night, for a bar that opens at a price."""
    value = profile.swap.long if side > 0 else profile.swap.short
    if profile.swap.mode == "points":
        return value * profile.point * profile.contract_size * rate * profile.lot_step
    if profile.swap.mode == "money":
        return value * profile.lot_step
    if profile.swap.mode == "percent":
        return opened * value / 100 / 360 * profile.contract_size * rate * profile.lot_step
    return 0.0


def step_times(dataset: Dataset, lane: Lane, traded: Sequence[str], end: int, start: int = 0) -> list[int]:
    """The ticks of a step lane up to a time, from the first bar of its data on; the account's from `start` on."""
    if lane.market == ACCOUNT_MARKET:
        spans = [s for s in map(dataset.span, traded) if s is not None]
        first = min(s[0] for s in spans)
        calendars = [dataset.calendar(m) for m in traded]
        minutes = range(first - first % MINUTE + MINUTE, end + 1, MINUTE)
        return [t for t in minutes if t >= start and any(c.is_open_at(t) for c in calendars)]
    bars = dataset.bars(lane.market, lane.timeframe)
    if bars is None or not len(bars):
        return []
    first = int(bars.close_time[0]) - 1
    return [int(t) for t in dataset.calendar(lane.market).scheduled_closes(lane.timeframe, first, end)]


def commission(profile: SymbolProfile) -> float:
    """Commission per lot and side in account money: cents of a cent account where its currency is that of the costs."""
    account, of_account = currency_unit(profile.account_currency)
    paid_in, of_costs = currency_unit(profile.costs.currency)
    return profile.costs.commission / of_costs * of_account if account == paid_in else profile.costs.commission


def finest_for(dataset: Dataset, plans: Iterable[CheckedPlan], market: str, start: int = 0, end: int = 1 << 62) -> str:
    """The finest timeframe, the plans' own or finer, whose bars in (start, end] are near each bar of coarser ones."""
    own = min(milliseconds(p.timeframe) for p in plans if p.market == market)
    closes = {}
    for name in dataset.timeframes(market):
        bars = dataset.bars(market, name)
        if bars is not None and milliseconds(name) <= own:
            closes[name] = [t for t in bars.close_time.tolist() if start < t <= end]
    names = [name for name in closes if closes[name]]
    for i, name in enumerate(names):
        if all(is_near(t, closes[name]) for coarser in names[i + 1 :] for t in closes[coarser]):
            return name
    raise ValueError(f"{market} has no bars")


def is_near(time: int, rising: list[int]) -> bool:
    """Whether one of some times lies within two days of a time."""
    at = bisect_left(rising, time - TWO_DAYS)
    return at < len(rising) and rising[at] <= time + TWO_DAYS


def clocked(dataset: Dataset, market: str) -> Callable[[tuple[object, ...], int, int], float]:
    """What the economic calendar says of one interval of a market's clock, by the data of a FEATURE node."""

    def at(data: tuple[object, ...], opened: int, closed: int) -> float:
        column = dataset.clocked(market, np.array([opened]), np.array([closed]), str(data[0]), tuple(data[2:]))
        return float("nan") if column is None else float(column[0])

    return at


def add_features(dataset: Dataset, markets: Mapping[str, OracleMarket], nodes: Iterable[Node]) -> None:
    """Columns of FEATURE nodes beside the bars: they are data here, and proved elsewhere."""
    for node in nodes:
        if node.op is Op.FEATURE and node.lane is not None and node.data[1] != "calendar":
            bars = markets[node.lane.market].bars[node.lane.timeframe]
            name, stream, *arguments = node.data
            column = dataset.feature(node.lane.market, node.lane.timeframe, str(name), str(stream), tuple(arguments))
            bars.features[node.data] = [float("nan")] * len(bars.open) if column is None else column.tolist()


def oracle_market(dataset: Dataset, name: str, timeframes: Iterable[str], max_signal_age: int | None) -> OracleMarket:
    """A market with the bars of some timeframes."""
    profile = dataset.profile(name)
    return OracleMarket(
        name=profile.name,
        tick=profile.tick_size,
        slip=profile.slippage,
        contract=profile.contract_size,
        lot_step=profile.lot_step,
        lot_min=profile.lot_min,
        lot_max=profile.lot_max,
        commission=commission(profile),
        margin_rate=profile.margin_rate,
        calendar=dataset.calendar(profile.name),
        day_boundary=profile.boundary,
        bars={t: as_lists(dataset.bars(profile.name, t), t) for t in timeframes},
        rate=Rate(dataset, profile),
        swap=lambda side, opened, rate: swap_per_unit(profile, side, opened, rate),
        gap=profile.gap_allowance,
        stops_level=profile.stops_level * profile.point,
        base=currency_unit(profile.base_currency)[0],
        quote=currency_unit(profile.profit_currency)[0],
        max_signal_age=profile.max_signal_age_ms if max_signal_age is None else max_signal_age,
        clocked=clocked(dataset, profile.name),
    )


def has_correlation(guard: CheckedGuard) -> bool:
    """Whether a guard limits the risk of what moves together."""
    return any(limit.kind is LimitKind.CORRELATED_RISK for limit in guard.limits)


def interpret(
    plans: Sequence[CheckedPlan],
    guards: Sequence[CheckedGuard],
    dataset: Dataset,
    catalog: Catalog,
    start: int,
    end: int,
    *,
    balance: float = 10_000.0,
    netting: bool = False,
    stop_out: float = 50.0,
    max_signal_age: int | None = None,
    retired: Mapping[str, int] | None = None,
    after: Callable[[Account, int], None] | None = None,
) -> Writer:
    """Simulate over (start, end]: on the finest bars of the traded markets that cover it."""
    roots = [n for block in (*plans, *guards) for rule in block.rules for n in rule_nodes(rule)]
    lanes = bar_lanes(roots)
    traded = {p.market for p in plans}
    markets = {}
    for name in {lane.market for lane in lanes} | traded:
        wanted = {lane.timeframe for lane in lanes if lane.market == name}
        finest = finest_for(dataset, plans, name, start, end) if name in traded else ""
        if finest:
            wanted.add(finest)
        markets[name] = oracle_market(dataset, name, wanted, max_signal_age)
        if finest:
            markets[name].tested_on = finest
            markets[name].bars[finest].swap_days = swap_days(markets[name].bars[finest], dataset.profile(name))
    add_features(dataset, markets, below(roots))
    steps = {
        block.step_lane: step_times(dataset, block.step_lane, sorted(traded), end, start) for block in (*plans, *guards)
    }
    needed = {m for p in plans for m in traded if m != p.market} if any(has_correlation(g) for g in guards) else set()
    for name in {*needed, *(traded if needed else ())}:
        markets[name].bars.setdefault(CORRELATED_ON, as_lists(dataset.bars(name, CORRELATED_ON), CORRELATED_ON))
    call = max([stop_out, *(dataset.profile(m).margin.call for m in traded)])
    account = OracleAccount(round(balance * 100), stop_out, netting, margin_call=call)
    return simulate(plans, guards, markets, account, catalog, steps, start=start, end=end, retired=retired, after=after)
