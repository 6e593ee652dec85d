"""Every function of the library over real bars: what it says, and whether it ever takes a word back.

    python -m tests.stdlib.real --data FOLDER_OF_BARS [--only NAMES] [--cuts 12] [--interpreted]

Prints a table: how often conditions are TRUE, FALSE and UNKNOWN, where numbers lie, and on which bar a value is first
known. Then the bars are cut at many places, and all is computed again: a value that differs ends the program with 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tradeplan.dsl.graph import Graph, Lane
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

from tests.stdlib.expressions import Column, call_text, columns_of

Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Series:
    """A real series, the view of another market that meets it, and the functions that it is for; none: all others."""

    name: str
    lane: Lane
    other: str = ""
    functions: tuple[str, ...] = ()
    beyond_bars: bool = False  # the folder holds ticks, trades, a book or a calendar for it
    finer: bool = False  # for what looks at bars finer than those of the first series


SERIES = (
    Series("EURUSD M15 2022-23", Lane("eurusd", "M15")),
    Series(
        "EURUSD and DXY H1 2007-24",
        Lane("eurusd", "H1"),
        "dxy.H1",
        ("corr", "corr_conflict", "corr_confirmed", "divergence"),
    ),
    Series("ETHUSD and BTCUSD M1 2018", Lane("eth", "M1"), "btc.M1", ("ratio",)),
    Series("GBPUSD M5 2012", Lane("gbpusd", "M5"), finer=True),
    Series(
        "USDJPY M15 2013 with a calendar of news",
        Lane("usdjpy", "M15"),
        functions=("news.blackout", "news.absorption", "news.pre_level", "price_reclaim", "post_news_reclaim"),
        beyond_bars=True,
    ),
    Series("VIX D1", Lane("vix", "D1"), "", ("iv_collapse",)),
)
"""Each function runs on the series that name it; if none does on the first, or on the one that has finer bars."""


def columns_on(series: Series, only: Iterable[str], graph: Graph, dataset: Dataset) -> list[Column]:
    """The outputs of all functions that run on a series."""
    named = {name for other in SERIES for name in other.functions if name != "iv_collapse"}
    chosen: list[Column] = []
    for function in catalog():
        if (only and function.name not in only) or (series.functions and function.name not in series.functions):
            continue
        call = None if not series.functions and function.name in named else call_text(function, series.other)
        if series.name.startswith("VIX"):
            call = "iv_collapse(source=close)"  # implied volatility itself
        if call is None:
            continue
        columns = columns_of(function, series.lane, catalog(), load_facts(), graph, call)
        if not series.functions:
            first = columns_of(function, SERIES[0].lane, catalog(), load_facts(), Graph(), call)
            if all(_stored(column, dataset) for column in first) == series.finer:
                continue
        chosen += columns
    return [column for column in chosen if column.beyond_bars == series.beyond_bars]


def _stored(column: Column, dataset: Dataset) -> bool:
    """Whether every view of its market has bars in the middle of the first series."""
    home = dataset.bars(SERIES[0].lane.market, SERIES[0].lane.timeframe)
    assert home is not None
    middle = int(home.close_time[len(home) // 2])
    views = [dataset.bars(lane.market, lane.timeframe) for lane in column.lanes if lane.market == home.market]
    return all(bars is not None and len(bars) and bars.open_time[0] <= middle <= bars.close_time[-1] for bars in views)


def evaluated(columns: Sequence[Column], tables: Tables, kernels: Kernels, data: LaneData, end: int) -> Values:
    """Every output at every tick of its lane; conditions as 0, 1, NaN."""
    evaluator = Evaluator(tables, data, kernels)
    parts: dict[str, list[np.ndarray]] = {column.name: [] for column in columns}
    for _ in evaluator.run(end):
        for column in columns:
            if column.node.condition:
                words = evaluator.conditions_of(column.node)
                parts[column.name].append(np.where(words == 1, np.nan, words / 2.0))
            else:
                parts[column.name].append(evaluator.values_of(column.node).copy())
    return {name: np.concatenate(found) if found else np.zeros(0) for name, found in parts.items()}


def changed(
    columns: Sequence[Column], dataset: Dataset, series: Series, cuts: Sequence[int], kernels: Kernels
) -> tuple[Values, list[str]]:
    """The values over all bars, and every output that says something else when the bars after a cut are not there."""
    tables = Tables.build([column.node for column in columns], catalog())
    bars = dataset.bars(series.lane.market, series.lane.timeframe)
    assert bars is not None
    end = int(bars.close_time[-1])
    whole = evaluated(columns, tables, kernels, LaneData(dataset, [series.lane.market]), end)
    differ = []
    for row in cuts:
        until = int(bars.close_time[row])
        part = evaluated(columns, tables, kernels, LaneData(dataset.window(None, until), [series.lane.market]), until)
        for name, values in part.items():
            if not np.array_equal(values, whole[name][: len(values)], equal_nan=True):
                at = int(np.argmin(np.isclose(values, whole[name][: len(values)], rtol=0, atol=0, equal_nan=True)))
                differ.append(f"{series.name}: `{name}` at {at} changes when the bars after {row} are cut off")
            elif len(values) < row // 2:
                differ.append(f"{series.name}: `{name}` has {len(values)} values over {row + 1} bars")
    return whole, differ


def places(count: int, cuts: int, seed: int = 4) -> list[int]:
    """Rows all over the history, the first hundreds among them."""
    rng = np.random.default_rng(seed)
    early = [17, 63, 255] if cuts > 3 else []
    return sorted({*early, *(int(i) for i in rng.integers(200, count, max(cuts - len(early), 1)))})


def row_of(name: str, values: np.ndarray, condition: bool) -> str:
    """A line of the table."""
    known = values[~np.isnan(values)]
    first = int(np.argmax(~np.isnan(values))) if len(known) else len(values)
    later = np.isnan(values[first:]).mean() if first < len(values) else 1.0
    if condition:
        yes = float((known == 1.0).mean()) if len(known) else 0.0
        told = f"{100 * yes * (1 - later):.2f} | {100 * (1 - yes) * (1 - later):.2f} | {100 * later:.2f} | | | "
    else:
        low, middle, high = np.quantile(known, [0.05, 0.5, 0.95]) if len(known) else (np.nan,) * 3
        told = f"| | {100 * later:.2f} | {low:.6g} | {middle:.6g} | {high:.6g}"
    return f"| `{name}` | {first + 1} | {told} |"


HEAD = """
| output | first known at bar | TRUE % | FALSE % | UNKNOWN %, later | 5 % | median | 95 % |
|---|--:|--:|--:|--:|--:|--:|--:|"""


def main() -> int:
    """Prints the tables; the number of outputs that take something back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--cuts", type=int, default=12)
    parser.add_argument("--interpreted", action="store_true")
    given = parser.parse_args()
    dataset = Dataset.open(given.data, load_profiles())
    kernels = Kernels("interpreted" if given.interpreted else "compiled")
    problems: list[str] = []
    for series in SERIES:
        columns = columns_on(series, given.only, Graph(), dataset)
        if not columns:
            continue
        bars = dataset.bars(series.lane.market, series.lane.timeframe)
        assert bars is not None
        cuts = places(len(bars), given.cuts)
        values, differ = changed(columns, dataset, series, cuts, kernels)
        problems += differ
        print(f"\n{series.name}: {len(bars):,} bars, {len(columns)} outputs, cut at {len(cuts)} places{HEAD}")
        for column in columns:
            print(row_of(column.name, values[column.name], column.node.condition))
    skipped = sorted(f.name for f in catalog() if call_text(f, "x") is None)
    print(f"\nLooked at in a position only: {', '.join(skipped)}.")
    print("\n".join(problems) if problems else "\nNo value was taken back.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
