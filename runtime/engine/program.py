"""Compiles checked plans and guards into the order loop's book: records, columns wanted, first state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import ACCOUNT_MARKET, CheckedGuard, CheckedPlan, Lane, Node
from tradeplan.runtime.engine.account import AccountConfig, refuse_shared_markets
from tradeplan.runtime.engine.book_writer import BookWriter
from tradeplan.runtime.engine.limit_writer import LimitWriter, WrittenLimit
from tradeplan.runtime.engine.market_table import TradedMarket, tick_fraction
from tradeplan.runtime.engine.optional_parts import optional_clauses
from tradeplan.runtime.engine.program_writer import span_words
from tradeplan.runtime.engine.reasons import clause_node
from tradeplan.runtime.engine.rule_writer import RuleWriter
from tradeplan.runtime.kernels.orders import layout as at

GUARD_LANE = Lane(ACCOUNT_MARKET, "M1", steps=True)
READINGS = {"latency": 0.0, "load": 0.0, "quality": 100.0, "stale": 0.0}
"""Readings of system and feed as a backtest has them: nothing is late, nothing is missing."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A plan or guard in the book, and the addresses of its rules by number."""

    block: CheckedPlan | CheckedGuard
    address: int
    rules: dict[int, int]
    cells: dict[int, tuple[int, ...]] = field(default_factory=dict)  # what temporal operators of a rule remember


@dataclass(slots=True)
class Program:
    """The compiled plans of a run. `k`, `f`, `ring` and `lists` are the first state; `columns` what must be fed."""

    plans: tuple[Owner, ...]
    guards: tuple[Owner, ...]
    markets: dict[str, int]
    lanes: dict[Lane, int]
    values: list[tuple[int, Node]]
    truths: list[tuple[int, Node]]
    readings: dict[str, int]
    alerts: dict[int, str]
    k: NDArray[np.int64]
    f: NDArray[np.float64]
    ring: NDArray[np.float64]
    lists: NDArray[np.int64]
    most_due: int
    roots: list[Node] = field(default_factory=list)
    limits: dict[int, WrittenLimit] = field(default_factory=dict)

    @property
    def stepped_lanes(self) -> list[Lane]:
        """The lanes that somebody steps on; the guards' lane stands in the book even when there is none."""
        return [lane for lane in self.lanes if lane != GUARD_LANE or self.guards]

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Guards and plans, in the order of their numbers."""
        return (*self.guards, *self.plans)


def build_program(
    plans: Iterable[CheckedPlan],
    guards: Iterable[CheckedGuard],
    markets: Iterable[TradedMarket],
    account: AccountConfig,
    legs: Mapping[str, int] | None = None,
) -> Program:
    """Compile plans and guards for an account. Markets must hold every traded one; names must be different.

    `legs`: how many legs the open position of a plan has already, of whatever version.

    Raises AccountError for two plans in one market on a netting account.
    """
    plans = list(plans)
    refuse_shared_markets(account, ((p.name, p.market) for p in plans))
    return _Builder(
        sorted(plans, key=lambda p: p.name), sorted(guards, key=lambda g: g.name), markets, account, legs or {}
    ).build()


class _Builder:
    def __init__(
        self,
        plans: Sequence[CheckedPlan],
        guards: Sequence[CheckedGuard],
        markets: Iterable[TradedMarket],
        account: AccountConfig,
        legs: Mapping[str, int],
    ) -> None:
        self.plans = plans
        self.legs = legs
        self.guards = guards
        self.account = account
        self.traded = {m.name: m for m in sorted(markets, key=lambda m: m.name)}
        self.book = BookWriter()
        self.writer = RuleWriter(self.book)
        self.limits = LimitWriter(self.book, self.writer.programs, self.traded)
        self.lists = 0
        self.ring = 0
        self.rolling_losses: list[tuple[int, float]] = []

    def build(self) -> Program:
        """Write everything; the order of records is the order in which the loop walks them."""
        book = self.book
        header = book.take(at.HEADER)
        assert header == 0
        markets = {name: self._market(m) for name, m in self.traded.items()}
        lanes = {lane: self._list(book.take(at.LANE)) for lane in self._lanes()}
        first_owner = book.take(at.PLAN, len(self.guards) + len(self.plans))
        first_plan = first_owner + at.PLAN * len(self.guards)
        rules = sum(len(g.rules) for g in self.guards) + sum(len(p.rules) for p in self.plans)
        first_rule = book.take(at.RULE, rules)
        self.writer.next_rule = first_rule
        owners_g = tuple(
            self._guard(guard, first_owner + at.PLAN * i, lanes[GUARD_LANE]) for i, guard in enumerate(self.guards)
        )
        owners_p = tuple(
            self._plan(plan, first_plan + at.PLAN * i, markets[plan.market], lanes[plan.step_lane])
            for i, plan in enumerate(self.plans)
        )
        first_statistic = self._statistics()
        limits = self.limits.limits(self.guards, self.plans, first_owner)
        if limits:
            book.k[at.H_CAPS], book.k[at.H_CAPS_END] = min(limits), max(limits) + at.CAP
        self._header(markets, lanes, first_owner, first_plan, first_rule, rules, first_statistic)
        k, f = book.arrays()
        w = self.writer.programs
        program = Program(
            owners_p,
            owners_g,
            markets,
            lanes,
            [(address, node) for node, address in w.values.items()],
            [(address, node) for node, address in w.truths.items()],
            w.readings,
            self.writer.alerts,
            k,
            f,
            np.zeros(max(self.ring, 1), dtype=np.float64),
            np.zeros(max(self.lists, 1), dtype=np.int64),
            2 * len(self.plans) + rules + 1,
            limits=limits,
        )
        clauses = (c for plan in self.plans for rule in plan.rules for c in optional_clauses(rule))
        program.roots = [*dict.fromkeys((*w.values, *w.truths, *map(clause_node, clauses)))]
        for address, balance in self.rolling_losses:
            ring = program.ring
            place = int(k[address + at.S_RING])
            ring[place] = -at.INF
            ring[place + 1] = balance
        self._first_lists(program)
        return program

    def _list(self, address: int) -> int:
        self.book.k[address + at.U_LIST] = self.lists
        self.lists += len(self.plans) + len(self.guards) + 2
        return address

    def _lanes(self) -> list[Lane]:
        lanes = sorted({plan.step_lane for plan in self.plans if plan.step_lane != GUARD_LANE})
        return [*lanes, GUARD_LANE]

    def _market(self, m: TradedMarket) -> int:
        nan = float("nan")
        rate = m.margin_rate if self.account.leverage is None else 1.0 / self.account.leverage
        age = m.max_signal_age if self.account.max_signal_age is None else float(self.account.max_signal_age)
        numbers = (m.tick, m.slip, m.contract, m.lot_step, m.units_min, m.units_max, m.commission, rate, age)
        floats = (*numbers, nan, nan, nan, nan, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, nan, *tick_fraction(m.tick), m.gap)
        near = m.stops_level - m.tick / 1e6 if m.stops_level > 0.0 else -at.INF
        return self._list(self.book.record((), (*floats, near), at.MARKET_RECORD))

    def _guard(self, guard: CheckedGuard, address: int, lane: int) -> Owner:
        k, f = self.book.k, self.book.f
        rules = self.writer.rules(guard.rules, address, -1, lane)
        k[address + at.P_MARKET] = -1
        k[address + at.P_LANE] = lane
        k[address + at.P_RULE0], k[address + at.P_ENTRY0], k[address + at.P_RULE1] = rules.span
        k[address + at.P_ALWAYS] = int(rules.always)
        f[address + at.F_HALT] = 0.0
        covered = self.book.take(1, len(self.plans))
        k[address + at.P_COVERS] = covered
        for i, plan in enumerate(self.plans):
            k[covered + i] = int(guard.covers(plan.name, plan.market))
        return Owner(guard, address, rules.by_number)

    def _plan(self, plan: CheckedPlan, address: int, market: int, lane: int) -> Owner:
        k, f, book = self.book.k, self.book.f, self.book
        rules = self.writer.rules(plan.rules, address, market, lane)
        legs = max(1 + rules.most_takes, self.legs.get(plan.name, 0)) + rules.adds
        first_leg = book.take(at.LEG, legs)
        fills = self.ring
        self.ring += plan.max_count
        words = {
            at.P_MARKET: market,
            at.P_LANE: lane,
            at.P_SIDE: plan.side,
            at.P_RULE0: rules.span[0],
            at.P_ENTRY0: rules.span[1],
            at.P_RULE1: rules.span[2],
            at.P_LEG0: first_leg,
            at.P_LEG1: first_leg + at.LEG * legs,
            at.P_ADD0: rules.first_add,
            at.P_ADD1: rules.first_add + at.WAITING_ADD * rules.adds,
            at.P_MAX: plan.max_count,
            at.P_RING: fills,
            at.P_ONCE: int(plan.once),
            at.P_EXPIRES: int(at.INF) if plan.expires is None else plan.expires,
            at.P_STEPS: int(rules.steps),
            at.P_ALWAYS: int(rules.always),
            at.P_CAPTURE0: rules.captures[0],
            at.P_CAPTURE1: rules.captures[1],
            at.P_CELL0: rules.cells[0],
            at.P_CELL1: rules.cells[1],
        }
        words[at.P_COOLDOWN], words[at.P_COOLDOWN_CALENDAR] = span_words(plan.cooldown)
        words[at.P_MAX_SPAN], words[at.P_MAX_CALENDAR] = span_words(plan.max_span)
        for offset, value in words.items():
            k[address + offset] = value
        f[address + at.F_STOP_AT] = f[address + at.F_CLOSE_AT] = at.INF
        f[address + at.F_LAST_EXIT] = -at.INF
        return Owner(plan, address, rules.by_number, rules.cells_of)

    def _statistics(self) -> int:
        """Write the account statistics that programs read, and put their addresses into the programs."""
        book, w = self.book, self.writer.programs
        first = book.take(at.STATISTIC, len(w.statistics))
        for i, (key, places) in enumerate(w.statistics.items()):
            address = first + at.STATISTIC * i
            kind, span, calendar, target, scope = key
            if kind >= at.PORTFOLIO:
                span = self.limits.weights(target)
            capacity = span // 60_000 + 8 if calendar == at.NO_CALENDAR else 0
            if kind in (at.EQUITY, at.BALANCE) or kind >= at.PORTFOLIO:
                capacity = 0
            book.k[address : address + 6] = [kind, span, calendar, self.ring, max(capacity, 1), scope]
            self.ring += 2 * capacity
            balance = 0 if scope else round(self.account.balance * 100.0)
            book.f[address + at.Z_LAST] = book.f[address + at.Z_START] = float(balance)
            book.f[address + at.Z_BOUNDARY] = -1.0
            if capacity and kind in (at.LOSS, at.LOSS_RATE, at.REALISED_LOSS):
                book.f[address + at.Z_COUNT] = 1.0
                self.rolling_losses.append((address, float(balance)))
            for place in places:
                book.k[place + at.O_INDEX] = address
        return first

    def _header(
        self,
        markets: dict[str, int],
        lanes: dict[Lane, int],
        first_owner: int,
        first_plan: int,
        first_rule: int,
        rules: int,
        first_statistic: int,
    ) -> None:
        k, f = self.book.k, self.book.f
        first_market = min(markets.values(), default=at.HEADER)
        statistics = len(self.writer.programs.statistics)
        first_lane = min(lanes.values())
        legs = sum((k[o + at.P_LEG1] - k[o + at.P_LEG0]) // at.LEG for o in self._plan_addresses(first_plan))
        people = len(self.plans) + len(self.guards)
        words = {
            at.H_GUARDS: first_owner,
            at.H_PLANS: first_plan,
            at.H_PLANS_END: first_plan + at.PLAN * len(self.plans),
            at.H_MARKETS: first_market,
            at.H_MARKETS_END: first_market + at.MARKET_RECORD * len(markets),
            at.H_LANES: first_lane,
            at.H_LANES_END: first_lane + at.LANE * len(lanes),
            at.H_GUARD_LANE: lanes[GUARD_LANE],
            at.H_STATISTICS: first_statistic,
            at.H_STATISTICS_END: first_statistic + at.STATISTIC * statistics,
            at.H_RULES: first_rule,
            at.H_RULES_END: first_rule + at.RULE * rules,
            at.H_LEGS: legs,
            # room for whatever one instant can record: fills in and out, swaps and decisions of every plan
            at.H_RESERVE: at.EVENT * (5 * legs + 8 * people + 4 * rules + 3 * self.writer.actions + 16),
        }
        for offset, value in words.items():
            k[offset] = value
        levels = [m.stop_out for m in self.traded.values()]
        f[at.V_NETTING] = float(self.account.netting)
        f[at.V_STOP_OUT] = self.account.stop_out if self.account.stop_out is not None else max(levels, default=0.0)
        calls = max((m.margin_call for m in self.traded.values()), default=0.0)
        f[at.V_CALL] = max(calls, f[at.V_STOP_OUT])
        f[at.V_RECORD_MOVES] = float(self.account.record_moves)
        f[at.V_SAMPLE] = float(self.account.sample)
        balance = float(round(self.account.balance * 100.0))
        f[at.W_BALANCE] = f[at.W_EQUITY] = f[at.W_PEAK] = balance
        f[at.W_DIRTY] = 1.0
        f[at.W_SAMPLED] = -at.INF

    def _plan_addresses(self, first_plan: int) -> range:
        return range(first_plan, first_plan + at.PLAN * len(self.plans), at.PLAN)

    def _first_lists(self, program: Program) -> None:
        """Plans and guards that are stepped always."""
        k, lists = program.k, program.lists
        for owner in program.owners:
            if k[owner.address + at.P_ALWAYS]:
                place = int(k[k[owner.address + at.P_LANE] + at.U_LIST])
                lists[place] += 1
                lists[place + int(lists[place])] = owner.address
