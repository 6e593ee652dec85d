"""Writes the limits of guards into the order loop's book, and the weights by which markets count in an exposure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tradeplan.dsl.graph import CheckedGuard, CheckedLimit, CheckedPlan, Graph, Lane, LimitKind, Node, Op
from tradeplan.runtime.engine.book_writer import BookWriter
from tradeplan.runtime.engine.market_table import TradedMarket
from tradeplan.runtime.engine.program_writer import ProgramWriter
from tradeplan.runtime.kernels.orders import layout as at

CORRELATED_ON = "H1"
_GRAPH = Graph()
"""One for the process, so that a set of plans that is loaded again finds its correlations evaluated already."""
_KINDS = {
    LimitKind.WORST_LOSS: at.CAP_WORST,
    LimitKind.MARGIN_LEVEL: at.CAP_MARGIN,
    LimitKind.CORRELATED_RISK: at.CAP_CORRELATED,
}


@dataclass(frozen=True, slots=True)
class WrittenLimit:
    """A limit in the book: whose it is, and what it says."""

    guard: str
    limit: CheckedLimit


def exposure_kind(target: str) -> int:
    """How an exposure is summed: that to a currency nets, all others add up."""
    return at.CAP_NET if target.startswith("currency:") else at.CAP_GROSS


def correlation_node(market: str, other: str, window: int, steps: Lane) -> Node:
    """`H1.corr(other.H1.close, window bars)` of a market, as a plan reads it at its steps."""
    own = Lane(market, CORRELATED_ON)
    close = _GRAPH.node(Op.FIELD, data=("close",), lane=own)
    theirs = _GRAPH.node(Op.FIELD, data=("close",), lane=Lane(other, CORRELATED_ON))
    joined = _GRAPH.node(Op.JOIN, (theirs,), lane=own)
    call = _GRAPH.node(Op.CALL, (joined, close), ("corr", float(window), 1), own)
    return _GRAPH.node(Op.JOIN, (_GRAPH.node(Op.OUTPUT, (call,), (0,)),), lane=steps)


class LimitWriter:
    """Keeps the tables of weights, one for each target."""

    def __init__(self, book: BookWriter, programs: ProgramWriter, traded: Mapping[str, TradedMarket]) -> None:
        self.book, self.programs, self.traded = book, programs, traded
        self._weights: dict[str, int] = {}

    def weights(self, target: str) -> int:
        """Where the weights of the traded markets lie for an exposure."""
        if target not in self._weights:
            first = self._weights[target] = self.book.take(1, len(self.traded))
            for i, market in enumerate(self.traded.values()):
                self.book.f[first + i] = _weight(market, target)
        return self._weights[target]

    def limits(
        self, guards: Sequence[CheckedGuard], plans: Sequence[CheckedPlan], first_guard: int
    ) -> dict[int, WrittenLimit]:
        """Write all limits, in the order in which they are tested; by address."""
        found = [WrittenLimit(guard.name, limit) for guard in guards for limit in guard.limits]
        owners = [first_guard + at.PLAN * i for i, guard in enumerate(guards) for _ in guard.limits]
        first = self.book.take(at.CAP, len(found))
        written = {first + at.CAP * i: limit for i, limit in enumerate(found)}
        for (address, each), owner in zip(written.items(), owners, strict=True):
            limit = each.limit
            self.book.k[address + at.G_GUARD] = owner
            kind = _KINDS.get(limit.kind)
            self.book.k[address + at.G_KIND] = exposure_kind(limit.target) if kind is None else kind
            self.book.f[address + at.G_BOUND] = limit.bound
            self.book.f[address + at.G_THRESHOLD] = limit.threshold
            if limit.kind is LimitKind.EXPOSURE:
                self.book.k[address + at.G_WEIGHTS] = self.weights(limit.target)
            elif limit.kind is LimitKind.CORRELATED_RISK:
                self.book.k[address + at.G_COLUMNS] = self._columns(limit.window, plans)
        return written

    def _columns(self, window: int, plans: Sequence[CheckedPlan]) -> int:
        """The columns of correlations: a row for each plan, a place for each market; its own is never read."""
        first = self.book.take(1, len(plans) * len(self.traded))
        for i, plan in enumerate(plans):
            for j, other in enumerate(self.traded):
                if other != plan.market:
                    node = correlation_node(plan.market, other, window, plan.step_lane)
                    self.book.k[first + i * len(self.traded) + j] = self.programs.column(node)
        return first


def _weight(market: TradedMarket, target: str) -> float:
    what, _, name = target.partition(":")
    if what == "market":
        return float(market.name == name)
    if what == "currency":
        return float(market.base == name) - float(market.quote == name)
    return 1.0
