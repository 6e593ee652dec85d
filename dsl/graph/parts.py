"""The values that rules read, part by part, and the bar lanes behind them: which of them a plan cannot do without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradeplan.dsl.graph.checked import CheckedRule, EntryAction, MoveStopAction
from tradeplan.dsl.graph.node import ACCOUNT_MARKET, Lane, Node, Op


def parts_of(rules: Iterable[CheckedRule]) -> Iterator[tuple[Node, str, bool]]:
    """The values that rules read, each with the text of the part and whether that part is needed: OPTIONAL is not."""
    for rule in rules:
        for clause in rule.clauses:
            inner = clause.inner if clause.optional and clause.inner is not None else clause.node
            yield inner, clause.text, not clause.optional
        for action in rule.actions:
            if isinstance(action, EntryAction):
                levels = [
                    action.stop,
                    *([] if action.target is None else [action.target]),
                    *(t.at for t in action.takes),
                ]
                for node in (*(level.value for level in levels), *([] if action.price is None else [action.price])):
                    yield node, rule.text, True
            elif isinstance(action, MoveStopAction):
                yield action.price, rule.text, True


def lanes_below(root: Node, needed: bool) -> Iterator[tuple[Lane, bool]]:
    """The bar lanes below a node, and whether each is needed there; what is asked for by `known` is not."""
    seen: set[tuple[Node, bool]] = set()
    waiting = [(root, needed)]
    while waiting:
        node, need = waiting.pop()
        if (node, need) in seen:
            continue
        seen.add((node, need))
        if node.lane is not None and not node.lane.steps and node.lane.market != ACCOUNT_MARKET:
            yield node.lane, need
        waiting += [(x, need and node.op is not Op.KNOWN) for x in node.inputs]
