"""Writes rules, their actions and entries into the order loop's book."""

from __future__ import annotations

from collections.abc import Sequence
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
    OrderType,
    RuleAction,
    SizeKind,
)
from tradeplan.runtime.engine.book_writer import BookWriter
from tradeplan.runtime.engine.gate_writer import GateWriter
from tradeplan.runtime.engine.program_writer import ProgramWriter, span_words
from tradeplan.runtime.engine.residual import Residual, literals, operand, reads_position
from tradeplan.runtime.kernels.orders import layout as at

_SIZES = {SizeKind.RISK_PERCENT: at.RISK_PERCENT, SizeKind.RISK_MONEY: at.RISK_MONEY, SizeKind.LOTS: at.LOTS}
_ORDERS = {OrderType.MARKET: at.MARKET, OrderType.LIMIT: at.LIMIT, OrderType.STOP: at.STOP}
_LEVELS = {
    LevelKind.PRICE: at.PRICE,
    LevelKind.DISTANCE: at.DISTANCE,
    LevelKind.PERCENT: at.PERCENT,
    LevelKind.R_MULTIPLE: at.R_MULTIPLE,
}


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
    """Writes the rules of plans and guards, one after the other; keeps where they lie and the texts of alerts."""

    def __init__(self, book: BookWriter) -> None:
        self.book = book
        self.next_rule = 0
        self.programs = ProgramWriter(book)
        self.alerts: dict[int, str] = {}
        self.actions = 0
        self._gates = GateWriter(book, self.programs.column)

    def rules(self, rules: Sequence[CheckedRule], owner: int, market: int, lane: int) -> WrittenRules:
        """Write the rules of a plan or guard: those without an entry first, each group in order of number."""
        management = [r for r in rules if r.entry is None]
        entries = [r for r in rules if r.entry is not None]
        first = self.next_rule
        self.next_rule += at.RULE * len(rules)
        written = WrittenRules((first, first + at.RULE * len(management), self.next_rule), {})
        adds = sum(isinstance(a, AddAction) for r in rules for a in r.actions)
        written.first_add, written.adds = self.book.take(at.WAITING_ADD, adds), 0
        written.captures = self.programs.begin(owner, rules)
        programs = {r.number: self._residual(r) for r in rules}
        moves = {id(a): self._move(a) for r in rules for a in r.actions if isinstance(a, MoveStopAction)}
        written.cells = self.programs.cells([*programs.values(), *moves.values()])
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

    def _residual(self, rule: CheckedRule) -> Residual | None:
        if rule.residual is None:
            return None
        if not rule.residual.positional:
            raise ValueError(f"the residual of rule {rule.number} does not depend on the position")
        return self.programs.compiled(rule.residual)

    def _move(self, action: MoveStopAction) -> Residual | None:
        return None if operand(action.price) is not None else self.programs.compiled(action.price)

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
        hoisted = -1 if rule.hoisted is None else self.programs.column(rule.hoisted)
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
            places = [place for node in voice.nodes for place in self.programs.written(self.programs.compiled(node))]
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
                a, b = self.programs.simple(left), self.programs.simple(right)
                self.book.k[address : address + 5] = [a[0], a[1], how, b[0], b[1]]
                self.book.f[address : address + 2] = [a[2], b[2]]
            return at.LITERALS, (first, first + at.LITERAL * len(flat), 0, 0)
        first, last = self.programs.written(residual)
        return (at.STATEFUL if residual.temporal else at.PROGRAM), (0, 0, first, last)

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
                simple = self.programs.operand(price)
                if simple is not None:
                    k[address + at.A_OPERAND], k[address + at.A_INDEX], f[address + at.A_PERCENT] = simple
                else:
                    residual = moves[id(action)]
                    assert residual is not None
                    k[address + at.A_OPERAND] = at.K_PROGRAM
                    k[address + at.A_PROGRAM0], k[address + at.A_PROGRAM1] = self.programs.written(residual)
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
            at.Y_PRICE: 0 if entry.price is None else self.programs.column(entry.price),
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
        return _LEVELS[level.kind], self.programs.column(level.value)


def _idle(rule: CheckedRule) -> int:
    """Without a position a rule that neither tells nor halts can only cancel an entry."""
    return 1 if any(isinstance(a, CancelAction | FlattenAction) for a in rule.actions) else 2
