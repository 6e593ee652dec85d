"""What a person should know about the calendar of news before plans that read it run: that it is missing, or ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from tradeplan.dsl.graph import CheckedPlan, Node, Op
from tradeplan.dsl.graph.parts import parts_of
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.verify import stamp

_HOUR = 3_600_000
_CLOSED = "there `news.blackout` is TRUE, for safety"


def news_warnings(plans: Sequence[CheckedPlan], dataset: Dataset, start: int, end: int) -> list[str]:
    """For each plan that reads the calendar, where the calendar does not tell enough in `(start, end]`, in words."""
    warnings: list[str] = []
    for plan in plans:
        asked = dict.fromkeys(data for root, _, _ in parts_of(plan.rules) for data in _news(root, plan.market))
        if asked and (dataset.news is None or dataset.news.calendar is None):
            warnings.append(
                f"plan `{plan.name}` reads news and there is no calendar of news: {_CLOSED}; "
                "bring one in with `plan data import`"
            )
            continue
        for market, arguments in asked:
            times = np.arange(start, end, _HOUR, dtype=np.int64)
            left = dataset.clocked(market, times, times, "news_left", arguments)
            unknown = times[np.isnan(left)] if left is not None else times
            if len(unknown):
                share = 100 * len(unknown) / len(times)
                warnings.append(
                    f"plan `{plan.name}` reads news of {market}, and the calendar does not cover "
                    f"{share:.0f} % of the run ({stamp(int(unknown[0]))} to {stamp(int(unknown[-1]))} at the widest): "
                    f"{_CLOSED}; bring in a calendar that lists the events of all its currencies there"
                )
    return list(dict.fromkeys(warnings))


def _news(root: Node, home: str) -> Iterator[tuple[str, tuple[float | str, ...]]]:
    """The market and the arguments of every reading of the calendar below a node."""
    for node in _below(root):
        if node.op is Op.FEATURE and node.data[1] == "calendar":
            market = home if node.lane is None else node.lane.market
            yield market, tuple(float(str(a)) for a in node.data[2:])


def _below(root: Node) -> Iterable[Node]:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += node.inputs
