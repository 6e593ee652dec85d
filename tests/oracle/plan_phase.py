"""Plan phase: one step of one plan, from cancelling to entries."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tradeplan.dsl.graph import (
    AddAction,
    AlertAction,
    CancelAction,
    CheckedGuard,
    CheckedRule,
    CloseAction,
    FlattenAction,
    HaltAction,
    MoveStopAction,
    Node,
)

from tests.oracle.account_phase import Account, margin, mark, newest_bar
from tests.oracle.book import AddOrder, PlanState, Position, Snapshot, Voiced
from tests.oracle.clock import boundary_after
from tests.oracle.entry import nearer, try_to_enter
from tests.oracle.money import clean, to_tick
from tests.oracle.portfolio import Portfolio, numbers_of
from tests.oracle.values import State, Values, reads_position
from tests.oracle.world import OracleMarket
from tests.oracle.writer import Writer

FOREVER = 1 << 62


class PlanReader(State):
    """Positional values of one plan at its steps, from the snapshots."""

    def __init__(self, state: PlanState, account: Account) -> None:
        self.state = state
        self._account = account

    def position(self, tick: int, name: str) -> float | None:
        """A position value at a step."""
        shot = self.state.snapshots.get(tick)
        return None if shot is None or shot.values is None else shot.values[name]

    def entry_tick(self, tick: int) -> int | None:
        """The step that sent the entry of the position open at a step."""
        shot = self.state.snapshots.get(tick)
        return None if shot is None else shot.entry_tick

    def account(self, tick: int, data: tuple[object, ...]) -> float | None:
        """An account reading at a step."""
        shot = self.state.snapshots.get(tick)
        return None if shot is None else self._account.statistic(shot.time, data)


@dataclass
class Step:
    """Everything that one plan step works with."""

    state: PlanState
    tick: int
    time: int
    market: OracleMarket
    finest: str
    values: Values
    account: Account
    writer: Writer
    part: float | None  # of its size at which guards let it enter, in percent; None: not at all
    tries: bool  # a breaker that covers it is half-open
    retired: bool = False
    guards: tuple[CheckedGuard, ...] = ()

    def __post_init__(self) -> None:
        self.reader = PlanReader(self.state, self.account)
        self.name = self.state.plan.name
        self.bar = newest_bar(self.market, self.finest, self.time, self.writer.start)

    def true(self, rule: CheckedRule) -> bool:
        """Whether the rule's condition is TRUE at this step."""
        return self.values.value(rule.condition, self.tick, self.reader) is True

    def becomes_true(self, rule: CheckedRule) -> bool:
        """TRUE at this step and FALSE at the step before."""
        if not self.true(rule) or self.tick == 0 or self.tick - 1 not in self.state.snapshots:
            return False
        if reads_position(rule.condition):
            before = self.reader.entry_tick(self.tick - 1)
            if before is None or before != self.reader.entry_tick(self.tick):
                return False
        return self.values.value(rule.condition, self.tick - 1, self.reader) is False

    def unknown(self, node: Node | None) -> bool:
        """Whether a condition on the market is UNKNOWN at this step."""
        return node is not None and not node.positional and self.values.value(node, self.tick, self.reader) is None

    def spoken(self, rule: CheckedRule) -> Voiced | None:
        """The first exit function of a rule that has a rank at this step."""
        for voice in rule.voices:
            rank, *others = (self.values.value(node, self.tick, self.reader) for node in voice.nodes)
            if rank:
                strength, kind, timeframe = (math.nan if x is None else float(x) for x in others)
                return voice.function, float(rank), strength, kind, timeframe
        return None

    @property
    def halted(self) -> bool:
        """Whether any halt runs."""
        return self.part is None or any(self.time < until for until in self.state.halts.values())


def snapshot(state: PlanState, tick: int, time: int, market: OracleMarket, bar: tuple[float, float] | None) -> None:
    """Keep what positional nodes read at this step."""
    position = state.position
    if position is None or bar is None:
        state.snapshots[tick] = Snapshot(time, None, None)
        return
    now = mark(position.side, bar, market)
    state.snapshots[tick] = Snapshot(
        time,
        {
            "entry": position.entry,
            "stop": position.requested_stop,
            "size": position.units * market.lot_step,
            "profit": position.side * (now - position.entry),
            "best": position.best,
            "held": float(time - position.opened),
            "side": float(position.side),
            "r": position.risk,
            "first": position.size * market.lot_step,
        },
        position.tick,
    )


def run_step(step: Step) -> None:
    """The page's plan step."""
    state = step.state
    snapshot(state, step.tick, step.time, step.market, step.bar)
    rules = [r for r in state.plan.rules if r.entry is None]
    true = [r for r in rules if step.true(r)]
    start_halts(step, true)
    cancel(step, true)
    closing = False
    if state.position is not None:
        position = state.position
        already = position.closing
        closes = [] if already else close_rules(true, position)
        full = any(percent is None for _, _, percent in closes)
        closing = already or any(leg.requested for leg in position.legs)
        if full:
            closing = True
            rule = next(r for r, _, percent in closes if percent is None)
            request_full(step.writer, state, step.time, rule.number, step.spoken(rule))
        elif closes:
            closing = request_parts(step, position, closes) or closing
        if not already:
            move_stop(step, true, position, only_record=position.closing)
        if not position.closing and not closes and not closing:
            add(step, true, position)
    alerts(step, state.plan.rules)
    entries(step, closing)


def start_halts(step: Step, true: list[CheckedRule]) -> None:
    """HALT by rule: from this step, unless one of this rule runs."""
    for rule in true:
        for action in rule.actions:
            if isinstance(action, HaltAction) and not step.time < step.state.halts.get(rule.number, 0):
                until = halt_end(action, step.time, step.account.account.boundary)
                step.state.halts[rule.number] = until
                step.writer.decide(step.time, step.name, rule.number, "halt", "sent")


def halt_end(action: HaltAction, time: int, boundary: int) -> int:
    """When a halt that starts now ends."""
    if action.duration is None:
        return FOREVER
    if action.duration.calendar:
        return boundary_after(time, action.duration.calendar, boundary)
    return time + action.duration.milliseconds


def cancel(step: Step, true: list[CheckedRule]) -> None:
    """Step 1: what ends a pending entry."""
    state = step.state
    if state.pending is None:
        return
    expires = state.plan.expires
    by = next((r for r in true if any(isinstance(a, CancelAction | FlattenAction) for a in r.actions)), None)
    if by is not None:
        reason = "cancelled"
    elif expires is not None and step.time >= expires:
        reason = "expired"
    elif step.halted:
        reason = "halted"
    else:
        return
    state.pending = None
    step.writer.decide(step.time, step.name, by.number if by else -1, "cancel", reason)


def close_rules(true: list[CheckedRule], position: Position) -> list[tuple[CheckedRule, int, float | None]]:
    """The closes of this step: rule, action number, percent (None: everything)."""
    result: list[tuple[CheckedRule, int, float | None]] = []
    for rule in true:
        for number, action in enumerate(rule.actions):
            if isinstance(action, FlattenAction) or (isinstance(action, CloseAction) and action.percent >= 100):
                result.append((rule, number, None))
            elif isinstance(action, CloseAction) and (rule.number, number) not in position.used:
                result.append((rule, number, action.percent))
    return result


def request_full(writer: Writer, state: PlanState, time: int, rule: int, spoken: Voiced | None = None) -> None:
    """A full close: everything that is open, ADDs that have not filled are dropped."""
    position = state.position
    assert position is not None
    position.closing = True
    position.adds.clear()
    position.closing_from = writer.active_from(time)
    writer.decide(time, state.plan.name, rule, "close", "sent", position.units, spoken=spoken)


def request_parts(step: Step, position: Position, closes: list[tuple[CheckedRule, int, float | None]]) -> bool:
    """Part closes: added up, from the last leg down; a full close if nothing would remain. Whether any is asked."""
    wanted = 0
    for rule, number, percent in closes:
        assert percent is not None
        position.used.add((rule.number, number))
        wanted += math.ceil(position.size * percent / 100 - 1e-9)
    free = sum(leg.units - leg.requested for leg in position.legs)
    if free == 0:
        return False
    first = closes[0][0]
    spoken = step.spoken(first)
    if wanted >= free:
        request_full(step.writer, step.state, step.time, first.number, spoken)
        return True
    step.writer.decide(step.time, step.name, first.number, "close", "sent", wanted, spoken=spoken)
    for leg in reversed(position.legs):
        part = min(wanted, leg.units - leg.requested)
        if part > 0:
            leg.requested += part
            leg.requested_from, leg.requested_reason = step.writer.active_from(step.time), "close"
            wanted -= part
    return True


def move_stop(step: Step, true: list[CheckedRule], position: Position, only_record: bool) -> None:
    """Step 5: the tightest of the candidates that the mark has not passed."""
    assert step.bar is not None
    now, side = mark(position.side, step.bar, step.market), position.side
    best: tuple[float, int] | None = None
    for rule in true:
        for number, action in enumerate(rule.actions):
            if not isinstance(action, MoveStopAction):
                continue
            value = step.values.value(action.price, step.tick, step.reader)
            if value is None:
                continue
            price = to_tick(float(value), step.market.tick)
            if side * price <= side * position.requested_stop:
                continue
            reached = side * price >= side * now
            passed = reached or nearer(step.market, abs(now - price))
            if passed and (rule.number, number) not in position.passed:
                outcome = "stop_passed" if reached else "stop_too_near"
                spoken = step.spoken(rule)
                step.writer.decide(step.time, step.name, rule.number, "stop", outcome, 0, price, spoken=spoken)
            position.passed = position.passed - {(rule.number, number)} | ({(rule.number, number)} if passed else set())
            if not passed and (best is None or side * price > side * best[0]):
                best = (price, rule.number)
    if not only_record and best is not None:
        position.moves.append((step.writer.active_from(step.time), best[0]))
        step.writer.decide(step.time, step.name, best[1], "stop", "sent", 0, best[0])


def add(step: Step, true: list[CheckedRule], position: Position) -> None:
    """Step 6."""
    assert step.bar is not None
    market = step.market
    for rule in true:
        for number, action in enumerate(rule.actions):
            if not isinstance(action, AddAction) or (rule.number, number) in position.used:
                continue
            if step.halted or step.retired or step.tries:
                continue
            position.used.add((rule.number, number))
            units = math.floor(position.size * action.percent / 100 + 1e-9)
            units = min(units, math.floor(market.lot_max / market.lot_step + 1e-9))
            rate = step.writer.rate_now(market, step.time)
            side = position.side
            estimate = clean(mark(-side, step.bar, market) + side * market.slip, market.tick)
            if units < math.ceil(market.lot_min / market.lot_step - 1e-9):
                outcome = "too_small"
            elif rate is None:
                outcome = "no_rate"
            else:
                this = margin(market, units, estimate, rate)
                used = step.account.used_margin() + step.account.unfilled_margin() + this
                outcome = "sent" if used <= step.account.equity(step.time) / 100 else "margin"
            limit = None
            if outcome == "sent":
                assert rate is not None
                numbers = numbers_of(market, side, units, estimate, position.stop, rate)
                together = Portfolio(step.account, step.time)
                limit = together.broken(step.guards, step.state, numbers, this, step.values, step.tick)
                outcome = "sent" if limit is None else "limit"
            if outcome == "sent":
                position.adds.append(
                    AddOrder(rule.number, number, step.time, step.writer.active_from(step.time), units, this, numbers)
                )
            sent, spoken = units if outcome == "sent" else 0, step.spoken(rule)
            step.writer.decide(step.time, step.name, rule.number, "add", outcome, sent, limit=limit, spoken=spoken)


def alerts(step: Step, rules: tuple[CheckedRule, ...]) -> None:
    """ALERT, on becoming TRUE."""
    for rule in rules:
        for action in rule.actions:
            if isinstance(action, AlertAction) and step.becomes_true(rule):
                step.writer.decide(step.time, step.name, rule.number, "alert", "sent", spoken=step.spoken(rule))


def entries(step: Step, closing: bool) -> None:
    """Step 7: the topmost entry rule that becomes TRUE."""
    state = step.state
    rule = next((r for r in state.plan.rules if r.entry is not None and step.becomes_true(r)), None)
    if rule is None:
        return
    assert rule.entry is not None
    broken: list[tuple[str, str, float | None]] = []
    if closing:
        outcome = "closing"
    elif state.position is not None or state.pending is not None:
        outcome = "in_position"
    elif step.retired:
        outcome = "retired"
    else:
        outcome = try_to_enter(
            state,
            rule.number,
            rule.entry,
            tick=step.tick,
            time=step.time,
            market=step.market,
            bar=step.bar,
            values=step.values,
            account=step.account,
            writer=step.writer,
            halted=step.halted,
            guards=step.guards,
            broken=broken,
            part=step.part,
        )
    units = state.pending.units if outcome == "sent" and state.pending is not None else 0
    unknown: tuple[str, ...] = ()
    if outcome == "sent":
        unknown = tuple(c.text for c in rule.clauses if c.optional and step.unknown(c.inner))
    limit = broken[0] if broken else None
    step.writer.decide(step.time, step.name, rule.number, "entry", outcome, units, unknown=unknown, limit=limit)
