"""Every function of the library over real bars: what it says, and whether it ever takes a word back.

    python -m tests.stdlib.real --data FOLDER_OF_BARS [--only NAMES] [--cuts 12] [--interpreted]

Prints a table: how often conditions are TRUE, FALSE and UNKNOWN, where numbers lie, and on which bar a value is first
known. Then the bars are cut at many places, and all is computed again: a value that differs ends the program with 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tradeplan.dsl.graph import Graph, Lane, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.importers.streams import read_stream
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.streams import MemoryStreams, Ticks, Trades
from tradeplan.runtime.market.streams.bars import rates_of
from tradeplan.runtime.market.streams.events import until
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
    recording: tuple[tuple[str, str], ...] = ()  # streams with their files; for what reads no other stream


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
    Series(
        "EURUSD M1 of May 2014 with ticks",
        Lane("eurusd", "M1"),
        beyond_bars=True,
        recording=(("ticks", "ticks/EURUSD_2014-05-01_2014-05-15.parquet"),),
    ),
    Series(
        "BTCUSDT M1 of 2024-08-08 with trades and book",
        Lane("btc", "M1"),
        beyond_bars=True,
        recording=(("trades", "trades/BTCUSDT_spot_20240808.parquet"), ("book", "book/BTCUSDT_spot_20240808.parquet")),
    ),
    Series("VIX D1", Lane("vix", "D1"), "", ("iv_collapse",)),
)
"""Each function runs on the series that name it; if none does on the first, or on the one that has finer bars.

What reads streams runs on the recordings that have them all, by tick rule where no trades are recorded.
"""


def dataset_of(series: Series, bars: Path, whole: Dataset, until_time: int | None = None) -> Dataset:
    """The data of a series up to a time: `whole`, or a recording with its M1 bars."""
    if not series.recording:
        return whole.window(None, until_time)
    market, profiles = series.lane.market, load_profiles()
    streams = {name: read_stream(bars.parent / path).stream for name, path in series.recording}
    quotes = streams.get("trades") or streams["ticks"]
    assert isinstance(quotes, Ticks | Trades)
    rates = rates_of(quotes, series.lane.timeframe, profiles[market].point)
    if until_time is not None:
        streams = {name: until(stream, until_time) for name, stream in streams.items()}
    memory = MemoryStreams({(market, name): stream for name, stream in streams.items()}, profiles)
    return Dataset.from_rates({(market, series.lane.timeframe): rates}, profiles, memory).window(None, until_time)


def _of_recording(series: Series, only: Iterable[str], graph: Graph) -> list[Column]:
    """The outputs that read streams, all of which the recording has."""
    names, chosen = {name for name, _ in series.recording}, list[Column]()
    for function in catalog():
        call = None if only and function.name not in only else call_text(function, series.other)
        if call is None or function.category == "news":
            continue
        if "trades" not in names and any(p.name == "by" and str(p.kind) == "flow word" for p in function.parameters):
            call = call[:-1] + ", by=tick_rule)" if call.endswith(")") else f"{call}(by=tick_rule)"
        for column in columns_of(function, series.lane, catalog(), load_facts(), graph, call):
            read = {str(node.data[1]) for node in column.parts if node.op is Op.FEATURE}
            if read and read <= names:
                chosen.append(column)
    return chosen


def columns_on(series: Series, only: Iterable[str], graph: Graph, dataset: Dataset) -> list[Column]:
    """The outputs of all functions that run on a series."""
    if series.recording:
        return _of_recording(series, only, graph)
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
    columns: Sequence[Column],
    dataset: Dataset,
    series: Series,
    cuts: Sequence[int],
    kernels: Kernels,
    cut_at: Callable[[int], Dataset] | None = None,
) -> tuple[Values, list[str]]:
    """The values over all bars, and every output that says something else when the bars after a cut are not there."""
    tables = Tables.build([column.node for column in columns], catalog())
    bars = dataset.bars(series.lane.market, series.lane.timeframe)
    assert bars is not None
    end = int(bars.close_time[-1])
    whole = evaluated(columns, tables, kernels, LaneData(dataset, [series.lane.market]), end)
    differ = []
    for row in cuts:
        last = int(bars.close_time[row])
        shorter = dataset.window(None, last) if cut_at is None else cut_at(last)
        part = evaluated(columns, tables, kernels, LaneData(shorter, [series.lane.market]), last)
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
    if count < 300:
        return list(range(1, count - 1))
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
    whole = Dataset.open(given.data, load_profiles())
    kernels = Kernels("interpreted" if given.interpreted else "compiled")
    problems: list[str] = []
    for series in SERIES:
        columns = columns_on(series, given.only, Graph(), whole)
        if not columns:
            continue
        dataset = dataset_of(series, given.data, whole)
        bars = dataset.bars(series.lane.market, series.lane.timeframe)
        assert bars is not None
        cuts = places(len(bars), given.cuts)
        again = partial(dataset_of, series, given.data, whole)
        values, differ = changed(columns, dataset, series, cuts, kernels, again)
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
