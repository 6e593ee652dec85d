"""Every code of the checks with a small frame made by hand; nothing is repaired."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.columns import as_columns, from_columns
from tradeplan.runtime.market.importers.local_times import to_utc
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.verify import CODES, Severity, errors, stamp, verify

MINUTE = 60_000
PROFILES = load_profiles()
FX, BTC = MarketCalendar(PROFILES["eurusd"]), MarketCalendar(PROFILES["btc"])


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000


START = ms(2024, 3, 5, 10)


def clean(rows: int = 6) -> dict[str, np.ndarray]:
    """Minutes from Tuesday 2024-03-05 10:00 UTC; opens differ from the close before, highs from open and close."""
    minutes = np.arange(rows, dtype=np.int64)
    close = 1.10 + minutes * 0.001
    return {
        "time": START + minutes * MINUTE,
        "open": close - 0.0004,
        "high": close + 0.0005,
        "low": close - 0.0005,
        "close": close,
        "spread": np.full(rows, 9),
    }


def codes(
    columns: dict[str, np.ndarray], timeframe: str = "M1", calendar: MarketCalendar = FX
) -> dict[str, tuple[int, ...]]:
    return {finding.code: finding.rows for finding in verify(from_columns(columns), timeframe, calendar)}


def test_a_clean_frame_has_no_findings() -> None:
    assert codes(clean()) == {}
    assert codes(clean(0)) == {}


@pytest.mark.parametrize(
    ("name", "row", "value", "code"),
    [
        ("close", 2, np.nan, "not_finite"),
        ("high", 3, np.inf, "not_finite"),
        ("low", 1, 0.0, "not_positive"),
        ("low", 1, -1.0, "not_positive"),
        ("high", 4, 1.0, "crossed"),
        ("low", 4, 1.2, "crossed"),
        ("open", 4, 1.3, "crossed"),
        ("spread", 0, -1, "negative"),
    ],
)
def test_a_wrong_cell_is_told_by_row(name: str, row: int, value: float, code: str) -> None:
    columns = clean()
    columns[name][row] = value
    assert codes(columns)[code] == (row,)
    assert CODES[code][0] is Severity.ERROR


def test_disorder_and_duplicates() -> None:
    columns = clean()
    columns["time"][[2, 3]] = columns["time"][[3, 2]]
    assert codes(columns)["disorder"] == (3,)
    columns = clean()
    columns["time"][3] = columns["time"][2]
    assert codes(columns)["duplicate"] == (3,)


def test_misaligned_times() -> None:
    columns = clean()
    columns["time"][5] += 7_000
    assert codes(columns)["misaligned"] == (5,)
    daily = clean(3)
    # Midnight of a server two hours ahead of UTC, while the profile's day begins at midnight UTC.
    daily["time"] = np.array([ms(2024, 3, 3, 22), ms(2024, 3, 5), ms(2024, 3, 6)])
    assert codes(daily, "D1")["misaligned"] == (0,)


def test_gaps_inside_sessions_only() -> None:
    columns = clean()
    columns["time"] = np.array(
        [
            # Friday to the close at 22:00 UTC, Sunday from the open at 21:00 UTC: no gap; then three minutes lack.
            ms(2024, 3, 8, 21, 58),
            ms(2024, 3, 8, 21, 59),
            ms(2024, 3, 10, 21),
            ms(2024, 3, 10, 21, 1),
            ms(2024, 3, 10, 21, 5),
            ms(2024, 3, 10, 21, 6),
        ]
    )
    findings = verify(from_columns(columns), "M1", FX)
    assert [(f.code, f.rows, f.severity) for f in findings] == [("gap", (4,), Severity.NOTE)]
    assert (
        findings[0].text()
        == "1 gaps inside sessions, 3 bars missing, most after 2024-03-10 21:01: 3: row 5 (2024-03-10 21:05)"
    )
    assert set(codes(columns, calendar=BTC)) == {"gap"}
    assert codes(columns, calendar=BTC)["gap"] == (2, 4), "for a market that never closes the weekend is a gap"


def test_bars_outside_sessions() -> None:
    columns = clean()
    columns["time"] = ms(2024, 3, 8, 21, 58) + np.arange(6) * MINUTE
    assert codes(columns) == {"outside_session": (2, 3, 4, 5)}


def test_a_source_without_real_opens_highs_or_spreads() -> None:
    columns = clean()
    columns["open"][1:] = columns["close"][:-1]
    columns["low"] -= 0.001
    assert codes(columns) == {"chained_open": ()}
    columns["open"][3] += 0.0001
    assert codes(columns) == {}, "one real open is enough"
    columns = clean()
    columns["high"], columns["low"] = np.maximum(columns["open"], columns["close"]), columns["open"].copy()
    assert codes(columns) == {"no_real_range": ()}
    columns = clean()
    columns["spread"][:] = 0
    assert codes(columns) == {"no_spread": ()}


def test_listing_is_bounded_and_counts_all() -> None:
    columns = clean(50)
    columns["close"][10:40] = np.nan
    (finding,) = [f for f in verify(from_columns(columns), "M1", FX) if f.code == "not_finite"]
    assert finding.count == 30
    assert finding.rows == (10, 11, 12, 13, 14)
    assert finding.text().endswith("15 (2024-03-05 10:14) and 25 more")
    assert errors([finding]) == [finding]


def test_nothing_is_repaired() -> None:
    columns = clean()
    columns["close"][2], columns["time"][4] = np.nan, columns["time"][3]
    rates: Rates = from_columns(columns)
    before = {name: column.copy() for name, column in as_columns(rates).items()}
    verify(rates, "M1", FX)
    assert all(np.array_equal(before[name], column, equal_nan=True) for name, column in as_columns(rates).items())


def test_local_hours_that_clocks_skip_or_repeat() -> None:
    half = 30 * MINUTE
    # Athens 2024-03-31: 02:30 is EET, 03:00 and 03:30 never were, 04:00 is 01:00 UTC.
    local = ms(2024, 3, 31, 2, 30) + np.arange(4) * half
    utc, findings = to_utc(local, "Europe/Athens")
    assert [(f.code, f.rows) for f in findings] == [("dst_gap", (1, 2))]
    assert utc[[0, 3]].tolist() == [ms(2024, 3, 31, 0, 30), ms(2024, 3, 31, 1)]
    # Athens 2024-10-27: 03:00 and 03:30 twice; the step back tells which is which.
    clock = [(2, 30), (3, 0), (3, 30), (3, 0), (3, 30), (4, 0)]
    local = np.array([ms(2024, 10, 27, *at) for at in clock])
    utc, findings = to_utc(local, "Europe/Athens")
    assert findings == []
    assert utc.tolist() == (ms(2024, 10, 26, 23, 30) + np.arange(6) * half).tolist()
    # With one pass only, nothing tells.
    utc, findings = to_utc(local[[0, 1, 2, 5]], "Europe/Athens")
    assert [(f.code, f.rows) for f in findings] == [("dst_overlap", (1, 2))]
    assert utc[1] == ms(2024, 10, 27, 0), "read as the first pass until someone decides"


def test_stamps() -> None:
    assert stamp(ms(2024, 3, 5, 10, 1)) == "2024-03-05 10:01"
    assert stamp(ms(2024, 3, 5, 10, 1, 7)) == "2024-03-05 10:01:07"
