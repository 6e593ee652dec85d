"""What is left of a rule after hoisting, as stack programs and flat literals for the order loop."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradeplan.dsl.graph import Node, Op, TimeSpan
from tradeplan.runtime.kernels.orders.layout import (
    C_EQ,
    C_GE,
    C_GT,
    C_LE,
    C_LT,
    C_NE,
    CAP_GROSS,
    CAP_MARGIN,
    CAP_NET,
    CAP_WORST,
    FALL,
    INSTRUCTION,
    K_CAPTURE,
    K_COLUMN,
    K_CONSTANT,
    K_POSITION,
    LOSS,
    O_ABS,
    O_ADD,
    O_AND,
    O_BECAME,
    O_BRANCH,
    O_CAPTURE,
    O_CHOOSE,
    O_COLUMN,
    O_COMPARE,
    O_CONSTANT,
    O_DIV,
    O_FOR,
    O_GREATEST,
    O_JUMP,
    O_KNOWN,
    O_LEAST,
    O_MAX,
    O_MIN,
    O_MUL,
    O_NEG,
    O_NOT,
    O_OR,
    O_POSITION,
    O_READING,
    O_SKIP_FALSE,
    O_SKIP_TRUE,
    O_STATISTIC,
    O_SUB,
    O_TRUTH,
    O_WITHIN,
    PORTFOLIO,
    REALISED_LOSS,
    STACK,
)

COMPARISONS = {Op.LT: C_LT, Op.LE: C_LE, Op.GT: C_GT, Op.GE: C_GE, Op.EQ: C_EQ, Op.NE: C_NE}
_BINARY = {Op.ADD: O_ADD, Op.SUB: O_SUB, Op.MUL: O_MUL, Op.DIV: O_DIV, Op.MIN: O_MIN, Op.MAX: O_MAX}
_BINARY |= {Op.GREATEST: O_GREATEST, Op.LEAST: O_LEAST}
_UNARY = {Op.NEG: O_NEG, Op.ABS: O_ABS, Op.NOT: O_NOT, Op.KNOWN: O_KNOWN}
_LOGIC = {Op.AND: O_AND, Op.OR: O_OR}
_TEMPORAL = {Op.FOR: O_FOR, Op.WITHIN: O_WITHIN, Op.BECAME: O_BECAME}
_OWN = frozenset({O_CAPTURE, O_STATISTIC, O_READING})
_STATISTICS = ("drawdown", "loss", "loss_rate", "equity", "balance")
_PORTFOLIO = {"worst_loss": CAP_WORST, "exposure": CAP_GROSS, "margin_level": CAP_MARGIN}
_OF_TRADES = {"trades.loss": LOSS, "trades.realised_loss": REALISED_LOSS, "trades.drawdown": FALL}
POSITION_VALUES = ("entry", "stop", "size", "profit", "best", "held", "side", "r", "first")

Operand = tuple[int, Node | int, float]
"""Kind, what it reads (a node of a column or capture, or a number), scale."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of a stack program; `node` is the column, capture, statistic or reading that it needs."""

    op: int
    index: int = 0
    value: float = 0.0
    node: Node | None = None


@dataclass(slots=True)
class Residual:
    """A program and what it needs; `cells` counts its temporal operators: of the position, and of the account alone."""

    code: list[Instruction] = field(default_factory=list)
    temporal: list[tuple[int, bool]] = field(default_factory=list)  # place in `code`, of the position

    @property
    def shared(self) -> bool:
        """Whether it is the same for every plan: it keeps nothing, and reads nothing that is kept for one."""
        return not self.temporal and not any(x.op in _OWN for x in self.code)


def reads_position(node: Node) -> bool:
    """Whether a node depends on the position, not only on the account."""
    if not node.positional:
        return False
    return node.op in (Op.POSITION, Op.AT_ENTRY) or any(reads_position(i) for i in node.inputs)


def is_statistic(node: Node) -> bool:
    """Whether an ACCOUNT node is a statistic of the account, not a reading of the system."""
    return node.data[0] in _STATISTICS or node.data[0] in _PORTFOLIO or is_of_trades(node)


def is_of_trades(node: Node) -> bool:
    """Whether an ACCOUNT node is a statistic of the plans that its guard covers."""
    return node.data[0] in _OF_TRADES


def statistic_kind(node: Node) -> int:
    """The number of a statistic in the layout."""
    name = str(node.data[0])
    if name in _OF_TRADES:
        return _OF_TRADES[name]
    if name in _PORTFOLIO:
        return PORTFOLIO + (CAP_NET if target_of(node).startswith("currency:") else _PORTFOLIO[name])
    return _STATISTICS.index(name)


def target_of(node: Node) -> str:
    """What an exposure is about, "" for everything and for other statistics."""
    target = node.data[1]
    return target if isinstance(target, str) else ""


def span_of(node: Node) -> TimeSpan:
    """The span that an ACCOUNT node looks at."""
    span = node.data[1]
    return span if isinstance(span, TimeSpan) else TimeSpan()


def program(node: Node) -> Residual:
    """The stack program of a node. Raises ValueError for an operation that positions do not have."""
    residual = Residual()
    if _emit(node, residual, 1) > STACK:
        raise ValueError(f"a condition nests deeper than {STACK} values: split it with LET")
    return residual


def _emit(node: Node, out: Residual, depth: int) -> int:
    """Append a node's instructions; returns the deepest stack."""
    code = out.code
    if node.op is Op.CONST:
        code.append(Instruction(O_CONSTANT, value=float(node.data[0])))  # type: ignore[arg-type]  # as the op says
        return depth
    if not node.positional:
        code.append(Instruction(O_TRUTH if node.condition else O_COLUMN, node=node))
        return depth
    if node.op is Op.POSITION:
        code.append(Instruction(O_POSITION, POSITION_VALUES.index(str(node.data[0]))))
        return depth
    if node.op is Op.AT_ENTRY:
        code.append(Instruction(O_CAPTURE, node=node))
        return depth
    if node.op is Op.ACCOUNT:
        code.append(Instruction(O_STATISTIC if is_statistic(node) else O_READING, node=node))
        return depth
    if node.op in _LOGIC:
        return _emit_logic(node, out, depth)
    if node.op is Op.CHOOSE:
        return _emit_choice(node, out, depth)
    deepest = max(_emit(x, out, depth + min(i, 1)) for i, x in enumerate(node.inputs[:2]))
    if node.op in _UNARY:
        code.append(Instruction(_UNARY[node.op]))
    elif node.op in _BINARY:
        code.append(Instruction(_BINARY[node.op]))
    elif node.op in COMPARISONS:
        code.append(Instruction(O_COMPARE, COMPARISONS[node.op]))
    elif node.op in _TEMPORAL:
        bars = float(node.data[0]) if node.data else 0.0  # type: ignore[arg-type]  # as the op says
        out.temporal.append((len(code), reads_position(node)))
        code.append(Instruction(_TEMPORAL[node.op], value=bars))
    else:
        raise ValueError(f"`{node.op}` cannot be read on the position or the account")
    return deepest


def _emit_logic(node: Node, out: Residual, depth: int) -> int:
    """AND and OR: what follows the part that decides is skipped, unless it has to be looked at on every step."""
    code = out.code
    skip = O_SKIP_FALSE if node.op is Op.AND else O_SKIP_TRUE
    deepest = _emit(node.inputs[0], out, depth)
    skips = []
    for x in node.inputs[1:]:
        if not _has_temporal(x):
            skips.append(len(code))
            code.append(Instruction(skip))
        else:
            skips.clear()  # nothing may jump over it
        deepest = max(deepest, _emit(x, out, depth + 1))
        code.append(Instruction(_LOGIC[node.op]))
    for place in skips:
        code[place] = Instruction(skip, INSTRUCTION * (len(code) - place - 1))
    return deepest


def _emit_choice(node: Node, out: Residual, depth: int) -> int:
    """`choose`: only the value that is chosen, unless one has to be looked at on every step."""
    code = out.code
    condition, yes, no = node.inputs
    deepest = _emit(condition, out, depth)
    if _has_temporal(yes) or _has_temporal(no):
        deepest = max(deepest, _emit(yes, out, depth + 1), _emit(no, out, depth + 2))
        code.append(Instruction(O_CHOOSE))
        return deepest
    branch = len(code)
    code.append(Instruction(O_BRANCH))
    deepest = max(deepest, _emit(yes, out, depth))
    jump = len(code)
    code.append(Instruction(O_JUMP))
    deepest = max(deepest, _emit(no, out, depth))
    code[jump] = Instruction(O_JUMP, INSTRUCTION * (len(code) - jump - 1))
    after = INSTRUCTION * (len(code) - branch - 1)
    code[branch] = Instruction(O_BRANCH, INSTRUCTION * (jump - branch), float(after))
    return deepest


def _has_temporal(node: Node) -> bool:
    return node.positional and (node.op in _TEMPORAL or any(_has_temporal(x) for x in node.inputs))


def literals(node: Node) -> list[tuple[Operand, int, Operand]] | None:
    """A condition as comparisons of simple operands joined by AND, None if it is anything else."""
    parts = node.inputs if node.op is Op.AND else (node,)
    found = []
    for part in parts:
        if part.op not in COMPARISONS:
            return None
        left, right = operand(part.inputs[0]), operand(part.inputs[1])
        if left is None or right is None:
            return None
        found.append((left, COMPARISONS[part.op], right))
    return found


def operand(node: Node) -> Operand | None:
    """A value as `scale x` something simple, None if it is not simple."""
    if node.condition:
        return None
    if node.op is Op.CONST:
        return K_CONSTANT, 0, float(node.data[0])  # type: ignore[arg-type]  # as the op says
    if not node.positional:
        return K_COLUMN, node, 1.0
    if node.op is Op.POSITION:
        return K_POSITION, POSITION_VALUES.index(str(node.data[0])), 1.0
    if node.op is Op.AT_ENTRY:
        return K_CAPTURE, node, 1.0
    if node.op is Op.MUL and node.inputs[0].op is Op.CONST and node.inputs[1].op is Op.POSITION:
        return K_POSITION, POSITION_VALUES.index(str(node.inputs[1].data[0])), float(node.inputs[0].data[0])  # type: ignore[arg-type]  # as the op says
    if node.op is Op.MUL and node.inputs[1].op is Op.CONST and node.inputs[0].op is Op.POSITION:
        return K_POSITION, POSITION_VALUES.index(str(node.inputs[0].data[0])), float(node.inputs[1].data[0])  # type: ignore[arg-type]  # as the op says
    return None
