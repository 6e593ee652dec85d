"""Candles and levels of a report, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.report import candles as module
from tradeplan.runtime.report.candles import MarketCandles, pack, unpack, windows
from tradeplan.runtime.report.heat import level, season_grid, short
from tradeplan.runtime.report.levels import position_levels

from tests.runtime.report.world import FIRST, MINUTE, frame, run


def _candles(closes: list[float], market: str = "btc", tick: float = 0.01) -> MarketCandles:
    dataset = Dataset.from_frames({(market, "M1"): frame(closes, minutes=1, reach=1.0)}, load_profiles())
    bars = dataset.bars(market, "M1")
    assert bars is not None
    return MarketCandles(bars, dataset.calendar(market), tick, FIRST, FIRST + len(closes) * MINUTE)


def test_packed_bars_by_hand() -> None:
    dataset = Dataset.from_frames(
        {("btc", "M1"): frame([100.0, 100.0, 102.0, 101.0], minutes=1, reach=1.0)}, load_profiles()
    )
    bars = dataset.bars("btc", "M1")
    assert bars is not None
    packed = pack(bars, np.array([True, True, False, True]), 0.5)
    # in half units: 100 is 200. The last bar opens at 102, one minute late, 4 ticks above the close before it
    assert packed == {
        "minutes": 1,
        "start": FIRST,
        "price": 200,
        "bars": [0, 0, 2, -2, 0, 0, 0, 2, -2, 0, 1, 4, 2, -4, -2],
    }
    assert unpack(packed, 0.5) == [
        (FIRST, 100.0, 101.0, 99.0, 100.0),
        (FIRST + MINUTE, 100.0, 101.0, 99.0, 100.0),
        (FIRST + 3 * MINUTE, 102.0, 103.0, 100.0, 101.0),
    ]


def test_overview_is_the_finest_that_stays_small() -> None:
    assert _candles([100.0] * 19_999).overview == "M1"
    assert _candles([100.0] * 20_000).overview == "M5"
    assert _candles([100.0] * 100_000).overview == "M15"  # 20,000 bars of M5 are too many, 6,667 of M15 are not


def test_a_window_is_as_fine_as_its_length_allows() -> None:
    made = _candles([100.0] * 3_000)
    assert made.window(FIRST + 1_000 * MINUTE, FIRST + 1_099 * MINUTE, 300) == module.Window(
        # 100 bars of the trade, (300 - 100) / 2 on each side
        "M1",
        FIRST + 900 * MINUTE,
        FIRST + 1_199 * MINUTE,
    )
    # 201 M1 bars are more than two thirds of 300; of M5 it is 41, with 129 on each side
    assert made.window(FIRST + 1_000 * MINUTE, FIRST + 1_200 * MINUTE, 300) == module.Window(
        "M5", FIRST + (1_000 - 129 * 5) * MINUTE, FIRST + (1_200 + 129 * 5) * MINUTE
    )


def test_windows_keep_their_bars_beside_the_overview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OVERVIEW_BARS", 1_000)
    made = _candles([100.0] * 3_000)
    made.window(FIRST + 1_000 * MINUTE, FIRST + 1_099 * MINUTE, 300)
    shown = made.as_dict()
    assert shown["overview"] == "M5"
    assert {name: len(series["bars"]) // 5 for name, series in shown["series"].items()} == {"M1": 300, "M5": 600}


def test_beyond_two_thousand_trades_there_are_no_windows_and_the_page_stays_bounded() -> None:
    result, _ = run()
    made = _candles([100.0] * 30_000)
    trades = [
        replace(result.trades[0], market="btc", opened=FIRST + 14 * k * MINUTE, closed=FIRST + (14 * k + 5) * MINUTE)
        for k in range(2_003)
    ]
    found = windows({"btc": made}, trades, FIRST + 30_000 * MINUTE)
    assert [w is None for w in found] == [False] * 2_000 + [True] * 3
    # 240,000 bars for 2,000 trades: 120 each, and never more than that
    assert {(w.last - w.first) // MINUTE + 1 for w in found[10:1_990] if w is not None} == {120}


def test_levels_by_hand() -> None:
    result, _ = run()
    (levels,) = position_levels(result.recording, 1)
    at = {name: FIRST + minutes * MINUTE for name, minutes in (("in", 65), ("moved", 75), ("take", 80), ("out", 90))}
    assert [(f[0], pytest.approx(f[1]), f[2], f[5]) for f in levels["fills"]] == [
        (at["in"], 1.10121, "entry", 0.0),
        (at["in"], 1.10121, "entry", 0.0),
        (at["take"], 1.1040, "take", 61.38),
        (at["out"], 1.1012, "stop", -0.21),
    ]
    # the close of 11:15 is 1.1036: 0.00239 above the entry, more than the 0.00221 at risk
    assert [(t, pytest.approx(p)) for t, p in levels["stops"]] == [(at["in"], 1.0990), (at["moved"], 1.10121)]
    assert [(kind, pytest.approx(p)) for kind, p, _ in levels["targets"]] == [("take", 1.1040), ("target", 1.1070)]


def test_season_grid_counts_exits_by_weekday_and_hour() -> None:
    friday = FIRST + 4 * 24 * 60 * MINUTE + 59 * MINUTE  # 2024-03-08 10:59
    trades = [
        {"closed": FIRST, "net": 10.1},
        {"closed": FIRST + 59 * MINUTE, "net": 0.2},
        {"closed": friday, "net": -3.0},
        {"closed": 0, "net": 99.0},  # still open
    ]
    grid = season_grid(trades)
    assert grid[0][10] == [2, 10.3]
    assert grid[4][10] == [1, -3.0]
    assert sum(cell[0] for row in grid for cell in row) == 3


def test_heat_levels_and_short_amounts() -> None:
    assert [level(v, 100.0) for v in (0.0, None, 10.0, 30.0, 60.0, 100.0, -100.0)] == [
        "h0", "h0", "hp1", "hp2", "hp3", "hp4", "hm4",
    ]  # fmt: skip
    assert [short(v) for v in (12.4, -0.3, -9_999.0, 12_345.0, -2_500_000.0)] == [
        "+12",
        "0",
        "\N{MINUS SIGN}9999",
        "+12.3k",
        "\N{MINUS SIGN}2.5m",
    ]
