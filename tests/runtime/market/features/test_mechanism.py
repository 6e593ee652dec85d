"""From events to a plan's decision: columns per bar, UNKNOWN without data, windows, lanes, and both engines alike."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from tradeplan.dsl.catalog import STREAMS_OF_WORDS, Feature
from tradeplan.dsl.explain import explain_text
from tradeplan.dsl.graph import Graph, Lane, Op
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import BarLane, LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.columns import from_columns
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.features.registry import all_features
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.streams import MemoryStreams, Streams, Ticks, Trades
from tradeplan.runtime.market.streams.events import until
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import compare, fast, interpreted

MINUTE = 60_000
START = int(datetime(2024, 3, 5, tzinfo=UTC).timestamp()) * 1000
PROFILES = load_profiles()


def trades(*rows: tuple[int, float, int], start: int = 0, end: int = 10**9) -> Trades:
    """Trades at so many ms after START: size and side; recorded from `start` to `end` after it."""
    times = np.array([START + t for t, _, _ in rows], dtype=np.int64)
    sizes = np.array([size for _, size, _ in rows])
    sides = np.array([side for _, _, side in rows], dtype=np.int8)
    return Trades(times, np.full(len(rows), 100.0), sizes, sides, np.array([[START + start, START + end]]))


def world(streams: Streams | None, minutes: int = 6) -> Dataset:
    """Bars of M1 of `btc` that go up by one each."""
    times = START + MINUTE * np.arange(minutes, dtype=np.int64)
    close = 60_000.0 + np.arange(minutes)
    prices = {"open": close - 0.5, "high": close + 1.0, "low": close - 1.0, "close": close}
    return Dataset.from_rates({("btc", "M1"): from_columns({"time": times, **prices})}, PROFILES, streams)


def with_trades(*rows: tuple[int, float, int], **span: int) -> Dataset:
    """The bars with trades."""
    return world(MemoryStreams({("btcusd", "trades"): trades(*rows, **span)}, PROFILES))


def checked(text: str, streams: tuple[str, ...] | None = None) -> Checked:
    """A plan on `btc` M1 with this line, checked."""
    facts = load_facts(streams=None if streams is None else {"btc": streams})
    source = Source("flow.plan", f"PLAN flow\nTRADE btc ON M1\n{text}\n")
    return check_source(source, catalog(), facts, Graph())


def test_events_belong_to_the_bar_whose_interval_ends_at_or_after_them() -> None:
    # bar 0 is (0, 60 s]: an event at its open belongs to nothing here, one at its close to it
    data = with_trades((0, 7.0, 1), (1, 1.0, 1), (MINUTE, 2.0, -1), (MINUTE + 1, 4.0, 1), (3 * MINUTE, 8.0, -1))
    column = data.feature("btc", "M1", "signed_volume", "trades", (0.0,))
    assert column is not None
    assert column.tolist() == [-1.0, 4.0, -8.0, 0.0, 0.0, 0.0]


def test_bars_that_the_recording_does_not_cover_are_unknown() -> None:
    data = with_trades((MINUTE + 30_000, 1.0, 1), start=30_000, end=4 * MINUTE + 59_999)
    column = data.feature("btc", "M1", "signed_volume", "trades", (0.0,))
    assert column is not None
    # bar 0 opened before the recording began, bar 4 (closes at 5 min) after it ended
    assert np.isnan(column).tolist() == [True, False, False, False, True, True]
    assert column[1:4].tolist() == [1.0, 0.0, 0.0]


def test_without_a_stream_there_is_no_column() -> None:
    assert world(None).feature("btc", "M1", "signed_volume", "trades", (0.0,)) is None
    assert world(None).streams("btc") == ()
    assert with_trades((1, 1.0, 1)).feature("eurusd", "M1", "signed_volume", "trades", (0.0,)) is None


def test_ticks_with_the_aggressors_side_are_trades_too() -> None:
    times = START + np.array([1, 2, 3, MINUTE + 5], dtype=np.int64)
    prices = np.array([100.0, 101.0, 101.0, 99.0])
    flags = np.array([2, 8 + 16 + 32, 8 + 16 + 64, 8 + 16 + 32], dtype=np.int32)
    # until 2 ms after START nobody knew that these ticks tell trades, so the bar that opened before is not covered
    ticks = Ticks(
        times, prices, prices, prices, np.array([0.0, 3.0, 1.0, 5.0]), flags, np.array([[START, START + 10**9]])
    )
    data = world(MemoryStreams({("btc", "ticks"): ticks}, PROFILES))
    assert set(data.streams("btc")) == {"ticks", "trades"}
    column = data.feature("btc", "M1", "signed_volume", "trades", (0.0,))
    assert column is not None
    assert np.isnan(column[0])
    assert column[1] == 5.0
    quotes = Ticks(times, prices, prices, np.zeros(4), np.zeros(4), np.full(4, 6, dtype=np.int32), ticks.spans)
    data = world(MemoryStreams({("btc", "ticks"): quotes}, PROFILES))
    assert data.streams("btc") == ("ticks",)
    assert data.feature("btc", "M1", "signed_volume", "trades", (0.0,)) is None
    # 100, 101 up, 101 again: as before, then 99 down in the next bar; each counts 1
    ruled = data.feature("btc", "M1", "signed_volume", "ticks", (1.0,))
    assert ruled is not None
    assert ruled[:2].tolist() == [2.0, -1.0]


def test_a_column_is_made_once_and_windows_are_cut_from_it() -> None:
    data = with_trades(*((i * MINUTE + 5, float(i + 1), 1) for i in range(6)))
    ask = ("btc", "M1", "signed_volume", "trades", (0.0,))
    whole = data.feature(*ask)
    assert whole is not None
    assert data.feature(*ask) is whole
    part = data.window(START + 2 * MINUTE, START + 5 * MINUTE).feature(*ask)
    assert part is not None
    assert part.tolist() == [3.0, 4.0, 5.0]
    assert data.with_account("EUR").feature(*ask) is not None


@pytest.mark.parametrize("cut", range(0, 6 * MINUTE + 1, 7_000))
def test_what_comes_later_changes_nothing(cut: int) -> None:
    rng = np.random.default_rng(4)
    times = np.sort(rng.integers(1, 6 * MINUTE, 90))
    rows = [(int(t), float(rng.integers(1, 9)), int(rng.choice([1, -1]))) for t in times]
    stream = trades(*rows)
    whole = world(MemoryStreams({("btc", "trades"): stream}, PROFILES))
    part = world(MemoryStreams({("btc", "trades"): until(stream, START + cut)}, PROFILES))
    a, b = (d.feature("btc", "M1", "signed_volume", "trades", (0.0,)) for d in (whole, part))
    assert a is not None
    assert b is not None
    closed = cut // MINUTE
    assert b[:closed].tolist() == a[:closed].tolist()
    assert np.isnan(b[closed:]).all()


PLAN = "WHEN delta(2 bars) > 0 THEN BUY RISK 0.5% STOP 500 points\nWHEN delta < 0 THEN CLOSE"
ROWS = ((5, 1.0, 1), (MINUTE + 5, 2.0, 1), (2 * MINUTE + 5, 5.0, -1), (3 * MINUTE + 5, 9.0, 1), (5 * MINUTE, 1.0, -1))


def test_the_evaluator_reads_the_column_in_chunks_of_any_size() -> None:
    data = with_trades(*ROWS, end=5 * MINUTE)
    plan = checked(PLAN).plans[0]
    node = plan.rules[0].condition
    want = [1, 2, 0, 2, 2, 1]  # sums of two: -, 3, -3, 4, 8, then not recorded
    for capacity in (1, 2, 64):
        evaluator = Evaluator(Tables.build([node], catalog(), capacity), LaneData(data), Kernels("interpreted"))
        got: list[int] = []
        for _ in evaluator.run(START + 6 * MINUTE):
            got += evaluator.conditions_of(node).tolist()
        assert got == want


def test_both_engines_decide_alike() -> None:
    data = with_trades(*ROWS, end=5 * MINUTE)
    plans = tuple(checked(PLAN).plans)
    account = AccountConfig()
    slow, _ = interpreted(plans, (), data, account, START + 6 * MINUTE)
    assert [row[2] for row in sorted(slow.decisions)] != []
    assert compare(slow, fast(plans, (), data, account, Kernels("interpreted"), 2, START + 6 * MINUTE)) == []


def test_a_feature_is_appended_with_its_bar() -> None:
    data = with_trades(*ROWS, end=5 * MINUTE)
    node = next(n for n in checked(PLAN).plans[0].rules[0].condition.inputs if n.op is not Op.CONST)
    while node.op is not Op.FEATURE:
        node = node.inputs[0]
    lanes = LaneData(data)
    feed = lanes.lane(Lane("btc", "M1"))
    assert isinstance(feed, BarLane)
    lanes.add_feature(Lane("btc", "M1"), feed, node.data)
    fields = dict.fromkeys(("open", "high", "low", "close", "tick_volume", "real_volume", "spread"), 1.0)
    feed.append(START + 6 * MINUTE, START + 7 * MINUTE, {**fields, node.data: 42.0})
    feed.append(START + 7 * MINUTE, START + 8 * MINUTE, fields)
    column = feed.columns[node.data][: feed.count]
    assert column[:5].tolist() == [1.0, 2.0, -5.0, 9.0, -1.0]
    assert np.isnan(column[[5, 7]]).all()
    assert column[6] == 42.0


def complaints(condition: str, *streams: str) -> list[str]:
    """What is said about streams of a plan with this condition."""
    found = checked(f"WHEN {condition} THEN BUY RISK 0.5% STOP 2 ATR", streams).diagnostics
    return [d.message for d in found if d.code == "no-stream"]


def test_the_checker_says_what_will_be_unknown() -> None:
    (found,) = complaints("delta > 0", "ticks")
    assert "`delta` is made from trades of `btc`, which this data has not: UNKNOWN" in found
    assert complaints("delta > 0", "trades") == []
    assert complaints("delta(by=tick_rule) > 0", "ticks") == []
    assert checked("WHEN delta > 0 THEN BUY RISK 0.5% STOP 2 ATR").diagnostics == ()


def test_explain_tells_the_stream() -> None:
    found = checked(PLAN)
    (one,), (written,) = found.elaborated, found.file.blocks
    text = explain_text(one, written)
    assert "btc trades: events with time <= t" in text
    assert "signed_volume of trades" in text


def test_features_and_functions_name_the_same_streams() -> None:
    for function in catalog():
        for read in function.reads:
            if isinstance(read, Feature):
                words = {p.name: p.kind.of for p in function.constants if p.kind is not None}
                given = STREAMS_OF_WORDS.get(words.get(read.stream.strip("{}"), ""), {"": read.stream})
                streams = set(given.values()) - {"tick_volume"}
                assert streams <= set(all_features()[read.name].streams), f"{function.name}: {read.name}"
