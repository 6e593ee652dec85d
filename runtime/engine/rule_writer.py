"""Writes rules, their actions, entries and programs into the order loop's book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tradeplan.dsl.graph import (
    AddAction,
    AlertAction,
    CancelAction,
    CheckedRule,
    CloseAction,
    EntryAction,
    FlattenAction,
    HaltAction,
    Level,
    LevelKind,
    MoveStopAction,
    Node,
    Op,
    OrderType,
    RuleAction,
    SizeKind,
    TimeSpan,
)
from tradeplan.runtime.engine.book_writer import BookWriter
from tradeplan.runtime.engine.gate_writer import GateWriter
from tradeplan.runtime.engine.residual import (
    Residual,
    is_of_trades,
    literals,
    operand,
    program,
    reads_position,
    span_of,
    statistic_kind,
    target_of,
)
from tradeplan.runtime.kernels.orders import layout as at

_CALENDARS = {"": at.NO_CALENDAR, "day": at.DAY, "week": at.WEEK, "ever": at.EVER}
_SIZES = {SizeKind.RISK_PERCENT: at.RISK_PERCENT, SizeKind.RISK_MONEY: at.RISK_MONEY, SizeKind.LOTS: at.LOTS}
_ORDERS = {OrderType.MARKET: at.MARKET, OrderType.LIMIT: at.LIMIT, OrderType.STOP: at.STOP}
_LEVELS = {
    LevelKind.PRICE: at.PRICE,
    LevelKind.DISTANCE: at.DISTANCE,
    LevelKind.PERCENT: at.PERCENT,
    LevelKind.R_MULTIPLE: at.R_MULTIPLE,
}


def span_words(span: TimeSpan | None) -> tuple[int, int]:
    """Milliseconds and calendar of a span; none is 0 and none."""
    return (0, at.NO_CALENDAR) if span is None else (span.milliseconds, _CALENDARS[span.calendar])


@dataclass(slots=True)
class WrittenRules:
    """The rules of one plan or guard: where they lie, and what the plan must have for them."""

    span: tuple[int, int, int]
    by_number: dict[int, int]
    most_takes: int = 0
    adds: int = 0
    first_add: int = 0
    steps: bool = False
    always: bool = False
    captures: tuple[int, int] = (0, 0)
    cells: tuple[int, int] = (0, 0)
    cells_of: dict[int, tuple[int, ...]] = field(default_factory=dict)  # of the temporal operators of each rule


class RuleWriter:
    """Keeps what all plans share while it writes: column slots, statistics, readings, alert texts."""

    def __init__(self, book: BookWriter) -> None:
        self.book = book
        self.next_rule = 0
        self.values: dict[Node, int] = {}
        self.truths: dict[Node, int] = {}
        self.statistics: dict[tuple[int, int, int, str, int], list[int]] = {}
        self.rolling_losses: list[tuple[int, float]] = []
        self.readings: dict[str, int] = {}
        self.alerts: dict[int, str] = {}
        self.actions = 0
        self._captures: dict[Node, int] = {}
        self._owner = 0
        self._gates = GateWriter(book, self.column)
        # equal plans have equal parts, which are one node: one program serves all of them
        self._compiled: dict[Node, Residual] = {}
        self._places: dict[int, tuple[int, int]] = {}

    def rules(self, rules: Sequence[CheckedRule], owner: int, market: int, lane: int) -> WrittenRules:
        """Write the rules of a plan or guard: those without an entry first, each group in order of number."""
        self._owner = owner
        management = [r for r in rules if r.entry is None]
        entries = [r for r in rules if r.entry is not None]
        first = self.next_rule
        self.next_rule += at.RULE * len(rules)
        written = WrittenRules((first, first + at.RULE * len(management), self.next_rule), {})
        adds = sum(isinstance(a, AddAction) for r in rules for a in r.actions)
        written.first_add, written.adds = self.book.take(at.WAITING_ADD, adds), 0
        self._capture_slots(rules, written)
        programs = {r.number: self._residual(r) for r in rules}
        moves = {id(a): self._move(a) for r in rules for a in r.actions if isinstance(a, MoveStopAction)}
        self._cells([*programs.values(), *moves.values()], written)
        for r in rules:
            parts = [programs[r.number], *(moves[id(a)] for a in r.actions if isinstance(a, MoveStopAction))]
            written.cells_of[r.number] = tuple(
                x.code[at_].index for x in parts if x is not None for at_, _ in x.temporal
            )
        for i, rule in enumerate((*management, *entries)):
            address = first + at.RULE * i
            written.by_number[rule.number] = address
            self._rule(rule, address, owner, market, lane, programs[rule.number], written, moves)
        written.steps = bool(management)
        return written

    # --- pieces that rules read ---

    def column(self, node: Node) -> int:
        """The slot that holds where a value column or condition column starts in the chunk."""
        slots = self.truths if node.condition else self.values
        if node not in slots:
            slots[node] = self.book.take(1)
        return slots[node]

    def _capture_slots(self, rules: Sequence[CheckedRule], written: WrittenRules) -> None:
        found = captured_nodes(rules)
        columns = [(self.column(node.inputs[0]), int(node.inputs[0].condition)) for node in found]
        first = self.book.take(at.CAPTURE, len(found))
        self._captures = {}
        for i, (node, words) in enumerate(zip(found, columns, strict=True)):
            address = first + at.CAPTURE * i
            self.book.k[address : address + 2] = words
            self._captures[node] = address
        written.captures = (first, first + at.CAPTURE * len(found))

    def _residual(self, rule: CheckedRule) -> Residual | None:
        if rule.residual is None:
            return None
        if not rule.residual.positional:
            raise ValueError(f"the residual of rule {rule.number} does not depend on the position")
        return self._compile(rule.residual)

    def _move(self, action: MoveStopAction) -> Residual | None:
        return None if operand(action.price) is not None else self._compile(action.price)

    def _compile(self, node: Node) -> Residual:
        """The program of a node; one that remembers is made anew each time, since its memory is of one plan."""
        found = self._compiled.get(node)
        if found is None or found.temporal:
            found = self._compiled[node] = program(node)
        return found

    def _cells(self, residuals: Sequence[Residual | None], written: WrittenRules) -> None:
        """Give every temporal operator its two floats; those of the position lie together: a new one resets them."""
        found = [(r, place, own) for r in residuals if r is not None for place, own in r.temporal]
        own = [f for f in found if f[2]]
        first = self.book.take(at.CELL, len(found))
        written.cells = (first, first + at.CELL * len(own))
        for i, (residual, place, _) in enumerate((*own, *(f for f in found if not f[2]))):
            address = first + at.CELL * i
            self.book.f[address] = at.INF
            old = residual.code[place]
            residual.code[place] = type(old)(old.op, address, old.value)

    def _program(self, residual: Residual) -> tuple[int, int]:
        """Where a program lies; one that is the same for every plan is written once."""
        if not residual.shared:
            return self._written(residual)
        if id(residual) not in self._places:
            self._places[id(residual)] = self._written(residual)
        return self._places[id(residual)]

    def _written(self, residual: Residual) -> tuple[int, int]:
        code = residual.code
        first = self.book.take(at.INSTRUCTION, len(code))
        for i, x in enumerate(code):
            address = first + at.INSTRUCTION * i
            index = x.index
            if x.op == at.O_CAPTURE and x.node is not None:
                index = self._captures[x.node]
            elif x.op == at.O_STATISTIC and x.node is not None:
                scope = self._owner if is_of_trades(x.node) else 0
                key = (statistic_kind(x.node), *span_words(span_of(x.node)), target_of(x.node), scope)
                self.statistics.setdefault(key, []).append(address)
            elif x.op == at.O_READING and x.node is not None:
                name = str(x.node.data[0])
                if name == "trades.losing_streak":
                    index = self._owner + at.F_STREAK
                else:
                    if name not in self.readings:
                        self.readings[name] = self.book.take(1)
                    index = self.readings[name]
            elif x.node is not None:
                index = self.column(x.node)
            self.book.k[address : address + 2] = [x.op, index]
            self.book.f[address + at.O_VALUE] = x.value
        return first, first + at.INSTRUCTION * len(code)

    def _operand(self, node: Node) -> tuple[int, int, float] | None:
        found = operand(node)
        return None if found is None else self._simple(found)

    # --- rules and actions ---

    def _rule(
        self,
        rule: CheckedRule,
        address: int,
        owner: int,
        market: int,
        lane: int,
        residual: Residual | None,
        written: WrittenRules,
        moves: dict[int, Residual | None],
    ) -> None:
        k, f = self.book.k, self.book.f
        alert = any(isinstance(a, AlertAction) for a in rule.actions)
        # FLATTEN does nothing for a plan that is flat; a guard's is about other plans
        halt = any(isinstance(a, HaltAction | FlattenAction if market < 0 else HaltAction) for a in rule.actions)
        edge = alert or rule.entry is not None
        positional = rule.residual is not None and reads_position(rule.residual)
        hoisted = -1 if rule.hoisted is None else self.column(rule.hoisted)
        how, spans = self._how(rule, residual, edge)
        wake = at.WAKE_NEVER
        if residual is not None:
            # what could fire while flat has to be looked at on every step
            only_edge = edge and not halt and positional
            written.always |= (edge or halt) and not only_edge
        elif halt:
            wake = at.WAKE_TRUE
        elif edge:
            wake = at.WAKE_EDGE
        if hoisted < 0 and residual is None:
            raise ValueError(f"rule {rule.number} has no condition")
        actions = [a for a in rule.actions if not isinstance(a, EntryAction)]
        first_action = self.book.take(at.ACTION, len(actions))
        halts = [i for i, a in enumerate(actions) if isinstance(a, HaltAction)]
        for i, action in enumerate(actions):
            self._action(action, first_action + at.ACTION * i, written, moves)
        entry = -1 if rule.entry is None else self._entry(rule.entry, written)
        words = {
            at.R_OWNER: owner,
            at.R_NUMBER: rule.number,
            at.R_HOISTED: hoisted,
            at.R_RESIDUAL: how,
            at.R_LITERAL0: spans[0],
            at.R_LITERAL1: spans[1],
            at.R_PROGRAM0: spans[2],
            at.R_PROGRAM1: spans[3],
            at.R_ACTION0: first_action,
            at.R_ACTION1: first_action + at.ACTION * len(actions),
            at.R_EDGE: int(edge),
            at.R_POSITIONAL: int(positional),
            at.R_ENTRY: entry,
            at.R_WAKE: wake,
            at.R_LANE: lane,
            at.R_HALT: first_action + at.ACTION * halts[0] if halts else 0,
            at.R_IDLE: 0 if edge or halt or how == at.STATEFUL else _idle(rule),
        }
        words |= dict(zip((at.R_VOICE0, at.R_VOICE1), self._voices(rule), strict=True))
        if rule.gates is not None and not halt and (residual is None or not edge):
            words |= {at.R_GATED: 1} | dict(zip((at.R_GATE0, at.R_GATE1), self._gates.gates(rule.gates), strict=True))
        for offset, value in words.items():
            k[address + offset] = value
        f[address + at.T_LAST] = f[address + at.T_PREVIOUS] = at.NO_TRUTH

    def _voices(self, rule: CheckedRule) -> tuple[int, int]:
        first = self.book.take(at.VOICE, len(rule.voices))
        for i, voice in enumerate(rule.voices):
            places = [place for node in voice.nodes for place in self._program(self._compile(node))]
            self.book.k[first + at.VOICE * i : first + at.VOICE * (i + 1)] = places
        return first, first + at.VOICE * len(rule.voices)

    def _how(self, rule: CheckedRule, residual: Residual | None, edge: bool) -> tuple[int, tuple[int, int, int, int]]:
        if residual is None or rule.residual is None:
            return at.NO_RESIDUAL, (0, 0, 0, 0)
        flat = None if edge else literals(rule.residual)
        if flat is not None:
            first = self.book.take(at.LITERAL, len(flat))
            for i, (left, how, right) in enumerate(flat):
                address = first + at.LITERAL * i
                a, b = self._simple(left), self._simple(right)
                self.book.k[address : address + 5] = [a[0], a[1], how, b[0], b[1]]
                self.book.f[address : address + 2] = [a[2], b[2]]
            return at.LITERALS, (first, first + at.LITERAL * len(flat), 0, 0)
        first, last = self._program(residual)
        return (at.STATEFUL if residual.temporal else at.PROGRAM), (0, 0, first, last)

    def _simple(self, found: tuple[int, Node | int, float]) -> tuple[int, int, float]:
        kind, what, scale = found
        if isinstance(what, Node):
            return kind, self._captures[what] if kind == at.K_CAPTURE else self.column(what), scale
        return kind, what, scale

    def _action(
        self, action: RuleAction, address: int, written: WrittenRules, moves: dict[int, Residual | None]
    ) -> None:
        k, f = self.book.k, self.book.f
        self.actions += 1
        match action:
            case CloseAction(percent=percent):
                k[address + at.A_CODE] = at.DO_CLOSE if percent >= 100.0 else at.DO_CLOSE_PART
                f[address + at.A_PERCENT] = percent
            case AddAction(percent=percent):
                k[address + at.A_CODE] = at.DO_ADD
                k[address + at.A_ADD] = written.first_add + at.WAITING_ADD * written.adds
                f[address + at.A_PERCENT] = percent
                written.adds += 1
            case MoveStopAction(price=price):
                k[address + at.A_CODE] = at.DO_MOVE_STOP
                simple = self._operand(price)
                if simple is not None:
                    k[address + at.A_OPERAND], k[address + at.A_INDEX], f[address + at.A_PERCENT] = simple
                else:
                    residual = moves[id(action)]
                    assert residual is not None
                    k[address + at.A_OPERAND] = at.K_PROGRAM
                    k[address + at.A_PROGRAM0], k[address + at.A_PROGRAM1] = self._program(residual)
            case CancelAction():
                k[address + at.A_CODE] = at.DO_CANCEL
            case HaltAction(duration=duration, probe=probe):
                k[address + at.A_CODE] = at.DO_HALT
                f[address + at.A_PERCENT] = probe
                k[address + at.A_SPAN], k[address + at.A_CALENDAR] = span_words(duration)
            case FlattenAction():
                k[address + at.A_CODE] = at.DO_FLATTEN
            case AlertAction(text=text):
                k[address + at.A_CODE] = at.DO_ALERT
                self.alerts[address] = text
            case _:
                raise ValueError(f"`{type(action).__name__}` cannot stand among the actions of a rule without an entry")

    def _entry(self, entry: EntryAction, written: WrittenRules) -> int:
        stop_kind, stop = self._level(entry.stop)
        target_kind, target = (at.NO_LEVEL, 0) if entry.target is None else self._level(entry.target)
        takes = [self._level(take.at) for take in entry.takes]
        first = self.book.take(at.TAKE, len(takes))
        for i, (level, take) in enumerate(zip(takes, entry.takes, strict=True)):
            address = first + at.TAKE * i
            self.book.k[address : address + 2] = level
            self.book.f[address + at.J_PERCENT] = take.percent
        written.most_takes = max(written.most_takes, len(takes))
        valid, calendar = span_words(entry.valid)
        words = {
            at.Y_SIDE: entry.side,
            at.Y_SIZE_KIND: _SIZES[entry.size_kind],
            at.Y_ORDER: _ORDERS[entry.order],
            at.Y_PRICE: 0 if entry.price is None else self.column(entry.price),
            at.Y_VALID: valid,
            at.Y_VALID_CALENDAR: calendar,
            at.Y_STOP_KIND: stop_kind,
            at.Y_STOP: stop,
            at.Y_TARGET_KIND: target_kind,
            at.Y_TARGET: target,
            at.Y_TAKE0: first,
            at.Y_TAKE1: first + at.TAKE * len(takes),
        }
        address = self.book.take(at.ENTRY)
        for offset, value in words.items():
            self.book.k[address + offset] = value
        self.book.f[address + at.Y_SIZE] = entry.size
        return address

    def _level(self, level: Level) -> tuple[int, int]:
        return _LEVELS[level.kind], self.column(level.value)


def captured_nodes(rules: Iterable[CheckedRule]) -> dict[Node, None]:
    """What rules read with at_entry, in the order in which it is kept."""
    found: dict[Node, None] = {}
    for rule in rules:
        _find(rule.residual, Op.AT_ENTRY, found)
        for action in rule.actions:
            if isinstance(action, MoveStopAction):
                _find(action.price, Op.AT_ENTRY, found)
    return found


def _idle(rule: CheckedRule) -> int:
    """Without a position a rule that neither tells nor halts can only cancel an entry."""
    return 1 if any(isinstance(a, CancelAction | FlattenAction) for a in rule.actions) else 2


def _find(node: Node | None, op: Op, found: dict[Node, None]) -> None:
    if node is None or not node.positional:
        return
    if node.op is op:
        found[node] = None
        return
    for x in node.inputs:
        _find(x, op, found)
