"""Proofs about levels: that a stop surely loses, a target surely wins, a limit surely waits - or the contrary."""

from __future__ import annotations

from tradeplan.dsl.graph import Lane, Node, Op

Sign = tuple[int, int]
"""The least and the greatest sign that a value can have; (1, 1) is above zero, (0, 1) is not below."""

UNKNOWN: Sign = (-1, 1)
_PRICES = frozenset({"open", "high", "low", "close"})
_POSITIVE_CALLS = frozenset({"atr", "true_range"})


def difference(a: Node, b: Node, lane: Lane) -> Sign:
    """The sign of a - b; high and low of `lane` (the plan's own bars) are known to enclose its close."""
    terms: dict[Node | str, float] = {}
    _spread(a, 1.0, lane, terms)
    _spread(b, -1.0, lane, terms)
    return _sum(terms)


def sign(node: Node, lane: Lane) -> Sign:
    """The sign of a value."""
    terms: dict[Node | str, float] = {}
    _spread(node, 1.0, lane, terms)
    return _sum(terms)


def _sum(terms: dict[Node | str, float]) -> Sign:
    low, high = 0, 0
    for term, factor in terms.items():
        if abs(factor) < 1e-12:
            continue
        least, greatest = _sign_of_term(term)
        if factor < 0:
            least, greatest = -greatest, -least
        low = -1 if -1 in (low, least) else max(low, least)
        high = 1 if 1 in (high, greatest) else min(high, greatest)
    return low, high


def _spread(node: Node, factor: float, lane: Lane, terms: dict[Node | str, float], depth: int = 8) -> None:
    """Add `factor * node` to a sum of terms; what lies deeper than people write is one term of its own."""
    if depth == 0:
        _add(terms, node, factor)
        return
    while node.op is Op.JOIN:
        node = node.inputs[0]
    if node.op is Op.CONST:
        _add(terms, "one", factor * float(str(node.data[0])))
    elif node.op is Op.ADD or node.op is Op.SUB:
        _spread(node.inputs[0], factor, lane, terms, depth - 1)
        _spread(node.inputs[1], factor if node.op is Op.ADD else -factor, lane, terms, depth - 1)
    elif node.op is Op.NEG:
        _spread(node.inputs[0], -factor, lane, terms, depth - 1)
    elif node.op is Op.MUL and node.inputs[1].op is Op.CONST:
        _spread(node.inputs[0], factor * float(str(node.inputs[1].data[0])), lane, terms, depth - 1)
    elif node.op is Op.MUL and node.inputs[0].op is Op.CONST:
        _spread(node.inputs[1], factor * float(str(node.inputs[0].data[0])), lane, terms, depth - 1)
    elif node.op is Op.FIELD and node.lane == lane and node.data[0] in ("high", "low"):
        _add(terms, "close", factor)
        _add(terms, "above close" if node.data[0] == "high" else "below close", factor)
    elif node.op is Op.FIELD and node.lane == lane and node.data[0] == "close":
        _add(terms, "close", factor)
    else:
        _add(terms, node, factor)


def _add(terms: dict[Node | str, float], term: Node | str, factor: float) -> None:
    terms[term] = terms.get(term, 0.0) + factor


def _sign_of_term(term: Node | str) -> Sign:
    if isinstance(term, str):
        # `above close` is high - close, `below close` is low - close
        return {"one": (1, 1), "close": (1, 1), "above close": (0, 1), "below close": (-1, 0)}[term]
    if term.op is Op.FIELD and (term.data[0] in _PRICES or term.data[0] == "spread"):
        return 1, 1
    if term.op is Op.OUTPUT and term.inputs[0].data[0] in _POSITIVE_CALLS:
        return 1, 1
    return UNKNOWN
