"""Every function of order flow over the real recordings: how often it is TRUE, FALSE, UNKNOWN; and prefixes of them.

    python -m tests.runtime.market.features.rates --data FOLDER   # with the folders bars, ticks, trades, book

Prints a table in Markdown; a value that differs when the events after a cut are not there ends the program with 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from tradeplan.dsl.graph import Graph, Node
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.columns import from_columns
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.importers.streams import read_stream
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.streams import MemoryStreams, Ticks, Trades
from tradeplan.runtime.market.streams.bars import rates_of
from tradeplan.runtime.market.streams.events import Events, until
from tradeplan.stdlib.registry import catalog

CONDITIONS = (
    "imbalance(5) >= 1.5",
    "imbalance(5) <= 0.667",
    "ofi > 0",
    "spoofing(size=10000)",
    "spoofing(size=100000)",
    "spoofing(size=1000000)",
    "rebuild_speed(bid) > 0.5",
    "decay_speed(ask) > 0.3",
    "liquidity_rebuild(bid)",
    "delta > 0",
    "cvd(5m, bars=3) > 0",
    "cvd(3m, bars=3).slope > 0",
    "cvd_flip(bull, 3)",
    "cvd_flip(bear, 3)",
    "absorption(period=3)",
    "momentum_flip(bull, 1m)",
    "momentum_flip(bear, 1m)",
    "delta(by=tick_rule) > 0",
    "cvd(5m, by=tick_rule) > 0",
    "cvd(5m, by=tick_rule).slope > 0",
    "cvd_flip(bull, by=tick_rule)",
    "cvd_flip(bear, by=tick_rule)",
    "absorption(by=tick_rule)",
    "momentum_flip(bull, by=tick_rule)",
    "momentum_flip(bear, by=tick_rule)",
    "tick_rate > 1",
    "tick_rate.declining",
    "tick_rate(by=tick_volume).declining",
)
"""On the ten minutes of Bitcoin the spans are short, so that something can be known."""
PROFILES = load_profiles()
Recorded = dict[str, Events]


def recordings(folder: Path) -> Iterator[tuple[str, str, Dataset, Recorded]]:
    """Title, market, bars of M1 without streams, and the streams."""
    for feed in ("spot", "usdm"):
        name = f"BTCUSDT_{feed}_20240808.parquet"
        found = {
            kind: read_stream(folder / kind / name)
            for kind in ("trades", "book", "ticks")
            if (folder / kind / name).is_file()
        }
        streams: Recorded = {kind: read.stream for kind, read in found.items()}
        trades = streams["trades"]
        assert isinstance(trades, Trades)
        yield f"BTCUSDT {feed} 2024-08-08", "btc", of_rates("btc", rates_of(trades, "M1", 0.01)), streams
    for symbol, market, days in (("EURUSD", "eurusd", "01_2014-05-15"), ("XAUUSD", "gold", "01_2014-05-09")):
        ticks = read_stream(folder / "ticks" / f"{symbol}_2014-05-{days}.parquet").stream
        assert isinstance(ticks, Ticks)
        frame = pd.read_parquet(folder / "bars" / symbol / "M1.parquet")
        columns = {name: frame[name].to_numpy() for name in frame.columns} | {"time": frame.time.to_numpy() * 1000}
        rates = from_columns({name: values[columns["time"] <= ticks.time[-1]] for name, values in columns.items()})
        yield f"{symbol} ticks 2014-05", market, of_rates(market, rates), {"ticks": ticks}


def of_rates(market: str, rates: object) -> Dataset:
    """Bars of M1."""
    return Dataset.from_rates({(market, "M1"): rates}, PROFILES)  # type: ignore[dict-item]  # Rates, whatever pandas says


def with_streams(bars: Dataset, market: str, streams: Recorded) -> Dataset:
    """The bars with streams."""
    made = MemoryStreams({(market, kind): stream for kind, stream in streams.items()}, PROFILES)
    return Dataset.from_rates({(market, "M1"): bars.rates(market, "M1")}, PROFILES, made)


def conditions(market: str) -> dict[str, Node]:
    """The node of every condition, on the market's bars of M1."""
    graph, found = Graph(), {}
    for text in CONDITIONS:
        plan = f"PLAN p\nTRADE {market} ON M1\nWHEN {text} THEN BUY RISK 0.5% STOP 2 ATR\n"
        checked = check_source(Source("p", plan), catalog(), load_facts(), graph)
        node = checked.plans[0].rules[0].condition
        found[text] = node.inputs[0] if node.op == "join" else node
    return found


def evaluated(nodes: dict[str, Node], data: Dataset, market: str) -> dict[str, np.ndarray]:
    """Every condition on every bar: 0 FALSE, 1 UNKNOWN, 2 TRUE."""
    evaluator = Evaluator(Tables.build(list(nodes.values()), catalog()), LaneData(data), Kernels("interpreted"))
    parts: dict[str, list[np.ndarray]] = {text: [] for text in nodes}
    bars = data.bars(market, "M1")
    assert bars is not None
    for _ in evaluator.run(int(bars.close_time[-1])):
        for text, node in nodes.items():
            parts[text].append(evaluator.conditions_of(node).copy())
    return {text: np.concatenate(found) for text, found in parts.items()}


def changed(
    market: str, bars: Dataset, streams: Recorded, whole: dict[str, np.ndarray], cuts: Sequence[float]
) -> list[str]:
    """What differs on bars that closed at a cut when the events after it are not there."""
    closes = bars.bars(market, "M1")
    assert closes is not None
    found = []
    nodes = conditions(market)
    for share in cuts:
        cut = int(closes.close_time[0] + share * (closes.close_time[-1] - closes.close_time[0]))
        part = with_streams(bars, market, {kind: until(stream, cut) for kind, stream in streams.items()})
        closed = int((closes.close_time <= cut).sum())
        for text, column in evaluated(nodes, part, market).items():
            if (column[:closed] != whole[text][:closed]).any():
                found.append(f"{text} at {cut}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The table; 1 if a past value changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cuts", type=int, default=5)
    given = parser.parse_args(arguments)
    cuts = [(i + 0.5) / given.cuts for i in range(given.cuts)]
    columns: dict[str, dict[str, str]] = {text: {} for text in CONDITIONS}
    titles, differ = [], []
    for title, market, bars, streams in recordings(given.data):
        values = evaluated(conditions(market), with_streams(bars, market, streams), market)
        for text, column in values.items():
            counts = [int((column == byte).sum()) for byte in (2, 0, 1)]
            columns[text][title] = " / ".join(str(c) for c in counts)
        titles.append(title)
        differ += [f"{title}: {what}" for what in changed(market, bars, streams, values, cuts)]
    print(f"| condition on M1 | {' | '.join(titles)} |")
    print(f"|---|{'--:|' * len(titles)}")
    for text, cells in columns.items():
        print(f"| `{text}` | {' | '.join(cells[title] for title in titles)} |")
    print(f"\n{given.cuts} cuts of each: {differ or 'nothing is taken back'}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
