"""Every drawing of a function says the truth: its conditions are TRUE on the drawn bars that it names, no others."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.docs.beside import tool

TOOL = tool("drawings")
DRAWINGS = list(TOOL.drawings().values())
MONDAY, BAR = 1_704_067_200_000, 300_000


def true_on(condition: str, bars: list[tuple[float, float, float, float]]) -> list[int]:
    """The numbers, from 0, of the bars of bitcoin M5 on which a condition is TRUE."""
    text = f"PLAN p\nTRADE btc ON M5\nWHEN {condition} THEN BUY RISK 0.5% STOP 2 ATR\n"
    checked = check_source(Source("p", text), catalog(), load_facts(), Graph())
    assert checked.ok, [diagnostic.message for diagnostic in checked.diagnostics]
    node = checked.plans[0].rules[0].condition
    node = node.inputs[0] if node.op == "join" else node
    columns = np.array(bars, dtype=float).T
    times = MONDAY + BAR * np.arange(len(bars), dtype=np.int64)
    ones = np.ones(len(bars))
    rates = Rates(times, *columns, ones, ones.astype(np.int32), ones)
    data = LaneData(Dataset.from_rates({("btc", "M5"): rates}, load_profiles()))
    evaluator = Evaluator(Tables.build([node], catalog()), data, Kernels("interpreted"))
    found = [evaluator.conditions_of(node).copy() for _ in evaluator.run(MONDAY + BAR * len(bars))]
    return [int(i) for i in np.flatnonzero(np.concatenate(found) == 2)]


@pytest.mark.parametrize(
    ("drawing", "condition"),
    [(drawing, condition) for drawing in DRAWINGS for condition in drawing.says],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_it_is_true_where_it_is_drawn(drawing, condition: str) -> None:
    places = [i - TOOL.QUIET + 1 for i in true_on(condition, drawing.history) if i >= TOOL.QUIET]
    assert places == drawing.says[condition]


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.name)
def test_it_belongs_to_a_function_and_can_be_read(drawing) -> None:
    assert drawing.name in catalog()
    root = ElementTree.fromstring(TOOL.svg(drawing))
    assert (root[0].text or "").startswith(f"{drawing.name}: ")
    assert len(root.findall(".//{*}rect")) > len(drawing.bars)  # the paper, and a body for each bar
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for label in root.findall(".//{*}text"):
        assert 0 <= float(label.get("x", -1)) <= width
        assert 0 <= float(label.get("y", -1)) <= height
