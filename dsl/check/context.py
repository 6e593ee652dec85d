"""What every pass of one block shares: the report, the graph, the names in scope, and the rules of clocks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set

from tradeplan.dsl.catalog import Catalog, Function, MarketFacts, Markets
from tradeplan.dsl.check.value import Mode, Value, View
from tradeplan.dsl.diagnostic import DiagnosticKind, Fix, Report
from tradeplan.dsl.graph import Graph, Lane, Node, Op
from tradeplan.dsl.kinds import Kind
from tradeplan.dsl.nodes import Expression, Let, Param
from tradeplan.dsl.record import mutable_record
from tradeplan.dsl.source import Span
from tradeplan.dsl.timeframe import TIMEFRAMES


@mutable_record
class Definition:
    """A LET or PARAM of the block; `ready` once its line was passed, `value` None if that line is broken."""

    item: Let | Param
    ready: bool = False
    used: bool = False
    value: Value | None = None


@mutable_record
class Use:
    """A name that was resolved, kept for explanations."""

    span: Span
    name: str
    view: View | None
    function: Function | None
    arguments: Mapping[str, Sequence[Expression]]  # as written, by parameter; one that is absent has its default
    value: Value
    expansion: str = ""  # the expression that the function stands for


class Context:
    """The state of checking one block.

    `lost` is None unless a syntax error lies in the block; it then names the LETs and PARAMs that the error kept out of
    the tree: what uses them is no mistake of its own. `holes` are the places of the block at which nothing was read.

    `recipes` holds ambient values: expressions of constants and calendar functions alone, which have no clock until
    they meet one. They are nodes without a lane in a graph of their own and are made again on the lane that needs them.
    """

    def __init__(
        self,
        report: Report,
        catalog: Catalog,
        markets: Markets,
        graph: Graph,
        home: View | None,
        step_lane: Lane,
        bound: int = 0,
    ) -> None:
        self.report = report
        self.catalog = catalog
        self.markets = markets
        self.graph = graph
        self.recipes = Graph()
        self.home = home
        self.step_lane = step_lane
        self.fallback = step_lane
        self.bound = bound
        self.spelled = True  # whether rules and clauses carry their text
        self.side = 0  # 1 in a plan that buys, -1 in one that sells, 0 in a block that does neither
        self.origin: Value | None = None  # where the position begins, while a rule that enters is checked
        self.mode = Mode.LET
        self.lost: Set[str] | None = None
        self.holes: tuple[Span, ...] = ()
        self.definitions: dict[str, Definition] = {}
        self.locals: dict[str, Value | None] | None = None
        self.uses: list[Use] = []
        self.named_reads: dict[tuple[Hashable, ...], Node] = {}
        self.missing: dict[Lane, Span] = {}  # views without data, and where each is written first
        self._placed: dict[tuple[Node, Lane], Node] = {}

    def value(self, expression: Expression, view: View | None) -> Value | None:
        """The value of an expression read on a view; None if it is broken, and that was reported."""
        raise NotImplementedError

    def is_lost(self, name: str) -> bool:
        """Whether a LET or PARAM of this name was written, but could not be read; a hole has no name."""
        return not name or (self.lost is not None and name in self.lost and name not in self.definitions)

    def named_read(self, name: str, arguments: tuple[float, ...], view: View) -> Node:
        """The first output of a function of the catalog read on a view with constant arguments."""
        raise NotImplementedError

    def error(
        self,
        kind: DiagnosticKind,
        span: Span,
        message: str,
        *,
        found: str = "",
        expected: tuple[str, ...] = (),
        help: str = "",
        fixes: tuple[Fix, ...] = (),
        related: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Report a mistake; returns None, the value that swallows what follows from it.

        What has a hole in it was not read as it was written, and that was reported: nothing is said of it.
        """
        if any((span.start < hole.end and hole.start < span.end) or span == hole for hole in self.holes):
            return
        self.report.add(kind, span, message, found=found, expected=expected, help=help, fixes=fixes, related=related)

    def text(self, span: Span) -> str:
        """What was written, on one line, for messages."""
        words = " ".join(self.report.source.slice(span).split())
        return words if len(words) <= 60 else words[:57] + "..."

    def view(self, facts: MarketFacts, timeframe: str, span: Span) -> View:
        """A written view; one without data is noted, and complained about when it is known whether it is needed."""
        lane = Lane(facts.name, timeframe)
        if facts.timeframes is not None and timeframe not in facts.timeframes:
            self.missing.setdefault(lane, span)
        return View(facts, timeframe, True, lane)

    def clock(self, values: tuple[Value, ...]) -> Lane | None:
        """The lane on which these values meet: their own, the finest of one market, else the plan's steps.

        Inside the parentheses of a written view several markets meet on that view. None: all are constant or ambient.
        """
        found: Lane | None = None
        for value in values:
            lane = value.node.lane
            if lane is None or lane == found:
                continue
            if found is None:
                found = lane
            elif lane.steps or found.steps:
                found = self.step_lane
            elif lane.market != found.market:
                found = self.fallback
            elif TIMEFRAMES[lane.timeframe] < TIMEFRAMES[found.timeframe]:
                found = lane
        return found

    def on(self, node: Node, lane: Lane) -> Node:
        """The node on a lane: constants as they are, recipes made there, other lanes joined."""
        if node.lane is None:
            return node if node.op is Op.CONST else self._instantiate(node, lane)
        if node.lane == lane:
            return node
        return self.graph.node(Op.JOIN, (node,), lane=lane)

    def _instantiate(self, node: Node, lane: Lane) -> Node:
        # without recursion: a chain of LETs may be longer than Python's stack
        placed = self._placed
        stack = [node]
        while stack:
            top = stack[-1]
            if (top, lane) in placed:
                stack.pop()
            elif top.op is Op.CONST:
                placed[top, lane] = self.graph.node(Op.CONST, data=top.data, condition=top.condition)
            elif missing := [i for i in top.inputs if (i, lane) not in placed]:
                stack.extend(missing)
            else:
                inputs = tuple(placed[i, lane] for i in top.inputs)
                placed[top, lane] = self.graph.node(top.op, inputs, top.data, lane, top.condition)
        return placed[node, lane]

    def recipe(self, node: Node) -> Node:
        """A constant or recipe as an input of a recipe."""
        return self.recipes.node(Op.CONST, data=node.data, condition=node.condition) if node.op is Op.CONST else node

    def pointwise(self, op: Op, kind: Kind, *values: Value) -> Value:
        """An operation that looks at the present only, on the clock of its values."""
        lane = self.clock(values)
        if lane is not None:
            return Value(kind, self.graph.node(op, tuple(self.on(v.node, lane) for v in values)))
        if any(v.ambient for v in values):
            return Value(kind, self.recipes.node(op, tuple(self.recipe(v.node) for v in values)), ambient=True)
        return Value(kind, self.graph.node(op, tuple(v.node for v in values)))

    def constant(self, kind: Kind, number: float, literal: bool = False) -> Value:
        """A known number."""
        return Value(kind, self.graph.constant(number), literal)

    def placed(self, value: Value, lane: Lane) -> Value:
        """The whole value, zone included, on a lane."""
        if value.zone is not None:
            low, high, exists = value.zone
            zone = (self.on(low, lane), self.on(high, lane), self.on(exists, lane))
            return Value(value.kind, zone[2], zone=zone)
        return Value(value.kind, self.on(value.node, lane), value.literal)
