"""For every function a call of it, as a plan writes it, and the graph nodes of its outputs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tradeplan.dsl.catalog import Catalog, Function, Output
from tradeplan.dsl.catalog.market import Markets
from tradeplan.dsl.graph import Graph, Lane, Node, Op
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source

CALLS = {
    "exit_ranking": "exit_ranking(momentum_loss(bull), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
    "corr": "corr({other}.close, 48 bars)",
    "corr_confirmed": "corr_confirmed({other}.close)",
    "corr_conflict": "corr_conflict({other}.close, -0.9, 48 bars)",
    "divergence": "divergence({other}.close, window=48 bars)",
    "ratio": "ratio({other}.close)",
    "choose": "choose(close > ema(50), rsi(14), 50)",
    "momentum_decay": "momentum_decay(tick_rate_proxy.declining)",
    "min": "min(close, open)",
    "max": "max(close, open)",
    "strongest": "strongest(rsi(14), rsi(50))",
}
"""Calls of functions whose arguments another market gives, or whose example shows something else than a value.

`{other}` is the other market's view. What is not here and has a default for everything is called by its name alone,
the rest as in its example.
"""

INDICES = ("dxy", "us10y", "vix")
"""Markets that cannot be traded, only read."""


@dataclass(frozen=True)
class Column:
    """One output of a function: its node on the view asked for."""

    function: Function
    output: Output
    node: Node

    @property
    def name(self) -> str:
        """As a plan writes it."""
        same = len(self.function.outputs) == 1 or self.output.name == self.function.name
        return self.function.name if same else f"{self.function.name}.{self.output.name}"

    @property
    def parts(self) -> set[Node]:
        """The node and all that it is made from."""
        waiting, seen = [self.node], set[Node]()
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += node.inputs
        return seen

    @property
    def lanes(self) -> set[Lane]:
        """The views whose bars it is made from."""
        return {node.lane for node in self.parts if node.lane is not None and not node.lane.steps}

    @property
    def beyond_bars(self) -> bool:
        """Whether it is made from ticks, trades, a book or a calendar."""
        return any(node.op is Op.FEATURE for node in self.parts)


def call_text(function: Function, other: str = "") -> str | None:
    """The call without a view; None where a position or no bar is looked at, or there is no other market."""
    if function.management or function.fixed or function.primitive in ("tighter", "wider"):
        return None
    if function.name in CALLS:
        text = CALLS[function.name]
        return text.format(other=other) if other or "{other}" not in text else None
    if all(parameter.default is not None for parameter in function.parameters):
        return function.name
    return _from_example(function)


def _from_example(function: Function) -> str:
    """The balanced call of the function in its example line."""
    found = re.search(rf"\b{function.name}\(", function.example)
    if found is None:
        raise ValueError(f"the example of `{function.name}` does not call it: add a call to CALLS")
    depth, end = 0, found.end() - 1
    for end in range(found.end() - 1, len(function.example)):
        depth += {"(": 1, ")": -1}.get(function.example[end], 0)
        if depth == 0:
            break
    return function.example[found.start() : end + 1]


def columns_of(
    function: Function, lane: Lane, catalog: Catalog, markets: Markets, graph: Graph, call: str
) -> list[Column]:
    """The outputs of a call that is read on a lane's view; raises ValueError where the checker refuses it."""
    traded = "eurusd ON M5" if lane.market in INDICES else f"{lane.market} ON {lane.timeframe}"
    view = "" if "." in function.name else f"{lane.market}.{lane.timeframe}."  # `news.blackout` has none
    text = f"PLAN p TRADE {traded}\nWHEN known({view}{call}) THEN BUY RISK 0.5% STOP 2 ATR\n"
    checked = check_source(Source(function.name, text), catalog, markets, graph)
    if not checked.ok:
        raise ValueError(f"`{call}`: {checked.diagnostics[0].message}")
    value = next(use.value for use in checked.elaborated[0].uses if use.name == function.name)
    if value.ambient and not view:
        # it has no clock of its own: on the plan's steps, where `known` asks for it
        (placed,) = checked.plans[0].rules[0].clauses[0].node.inputs
        return [Column(function, function.outputs[0], placed)]
    results = value.results
    if results is None:
        return [Column(function, function.outputs[0], value.node)]
    if results.call is None:
        pairs = zip(function.outputs, results.values, strict=True)
        return [Column(function, output, one.node) for output, one in pairs]
    return [
        Column(function, output, graph.node(Op.OUTPUT, (results.call,), (i,), condition=is_condition(output)))
        for i, output in enumerate(function.outputs)
    ]


def is_condition(output: Output) -> bool:
    """Whether an output has three values; the existence of a zone is one, too."""
    return output.name == "exists" or str(output.kind) == "condition"
