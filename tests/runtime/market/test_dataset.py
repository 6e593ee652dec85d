"""The dataset: stored or aggregated bars, filled spreads, windows, conversions, and folders ingested once."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tradeplan.runtime.market.columns import from_columns
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import DataError, ProfileError
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore

HOUR, MINUTE = 3_600_000, 60_000
PROFILES = load_profiles()


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000


def column(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def flat(times: np.ndarray, price: float | np.ndarray, spread: int = 0) -> Rates:
    prices = np.full(len(times), price, dtype=np.float64)
    return from_columns(
        {"time": times, "spread": np.full(len(times), spread)} | dict.fromkeys(("open", "high", "low", "close"), prices)
    )


TUESDAY = ms(2024, 3, 5)
HOURS = TUESDAY + np.arange(24, dtype=np.int64) * HOUR


def test_names_timeframes_and_what_is_not_there() -> None:
    data = Dataset.from_rates({("xauusd", "H1"): flat(HOURS, 2000.0), ("gold", "M30"): flat(HOURS, 2000.0)}, PROFILES)
    assert data.markets() == ("gold",)
    assert data.timeframes("xauusd") == ("M30", "H1")
    assert data.timeframes("btc") == ()
    assert data.bars("btc", "H1") is None
    assert data.bars("gold", "M1") is None
    assert data.bars("gold", "H1") is data.bars("xauusd", "H1")
    assert data.span("btc") is None
    with pytest.raises(ProfileError, match=r"no profile for market `golf`"):
        Dataset.from_rates({("golf", "H1"): flat(HOURS, 1.0)}, PROFILES)
    with pytest.raises(DataError, match=r"unknown timeframe `M7`: expected one of M1, M2"):
        data.bars("gold", "M7")
    with pytest.raises(DataError, match=r"there is no gold.M5: stored is M30, H1"):
        data.rates("gold", "M5")


def test_a_spread_of_zero_is_the_profiles_for_that_hour() -> None:
    rates = flat(HOURS, 1.1)
    rates.spread[10] = 33
    bars = Dataset.from_rates({("eurusd", "H1"): rates}, PROFILES).bars("eurusd", "H1")
    assert bars is not None
    # Profile: 00-06 9, 06-20 6, 20-21 9, 21-23 25, 23-24 9 points of 0.00001.
    points = [9] * 6 + [6] * 14 + [9] + [25] * 2 + [9]
    points[10] = 33
    assert bars.spread == pytest.approx(np.array(points) * 1e-5)
    assert np.flatnonzero(bars.spread_known).tolist() == [10]
    assert (bars.spread > 0).all()


def test_stored_bars_win_over_aggregated_ones_and_the_finest_that_divides_is_taken() -> None:
    data = Dataset.from_rates(
        {
            ("btc", "M20"): flat(TUESDAY + np.arange(72, dtype=np.int64) * 20 * MINUTE, 3.0),
            ("btc", "M30"): flat(TUESDAY + np.arange(48, dtype=np.int64) * 30 * MINUTE, 2.0),
            ("btc", "H1"): flat(HOURS, 1.0),
        },
        PROFILES,
    )
    stored, four, half_day = data.bars("btc", "H1"), data.bars("btc", "H4"), data.bars("btc", "H12")
    assert stored is not None
    assert four is not None
    assert half_day is not None
    assert stored.close[0] == 1.0
    assert four.close[0] == 3.0
    assert len(half_day) == 2
    assert data.bars("btc", "M15") is None


def test_rows_that_are_not_newer_are_passed_over_and_told() -> None:
    times = HOURS[[0, 1, 1, 3, 2, 4]]
    data = Dataset.from_rates({("btc", "H1"): flat(times, np.arange(6.0) + 1)}, PROFILES)
    bars = data.bars("btc", "H1")
    assert bars is not None
    assert bars.open_time.tolist() == HOURS[[0, 1, 3, 4]].tolist()
    assert bars.close.tolist() == [1.0, 2.0, 4.0, 6.0]
    (notice,) = data.notices()
    assert "2 rows are not newer than those before them and are passed over, the first at 2024-03-05 01:00" in notice


def test_windows_cut_by_open_and_close() -> None:
    data = Dataset.from_rates({("btc", "H1"): flat(HOURS, np.arange(24.0))}, PROFILES)
    window = data.window(TUESDAY + 3 * HOUR, TUESDAY + 11 * HOUR)
    bars, four = window.bars("btc", "H1"), window.bars("btc", "H4")
    assert bars is not None
    assert four is not None
    assert bars.close.tolist() == [3, 4, 5, 6, 7, 8, 9, 10]
    assert np.shares_memory(bars.close, data.bars("btc", "H1").close), "views, not copies"
    assert four.open_time.tolist() == [TUESDAY + 4 * HOUR], "the bar of the whole data, not one begun at the cut"
    assert window.span("btc") == (TUESDAY + 3 * HOUR, TUESDAY + 11 * HOUR)
    assert len(data.window(end=TUESDAY).bars("btc", "H1")) == 0
    assert data.window(end=TUESDAY).span("btc") is None
    inner = window.window(start=TUESDAY + 5 * HOUR)
    assert inner.span("btc") == (TUESDAY + 5 * HOUR, TUESDAY + 11 * HOUR)


def test_finest_looks_at_where_bars_are() -> None:
    data = Dataset.from_rates(
        {
            ("btc", "M1"): flat(ms(2018, 1, 1) + np.arange(600, dtype=np.int64) * MINUTE, 1.0),
            ("btc", "H1"): flat(ms(2017, 6, 1) + np.arange(6_000, dtype=np.int64) * HOUR, 1.0),
        },
        PROFILES,
    )
    assert data.finest("btc") == "M1"
    assert data.finest("btc", ms(2017, 7, 1)) == "H1"
    assert data.finest("btc", ms(2017, 12, 31, 6)) == "M1"
    assert data.finest("btc", ms(2019, 1, 1)) is None
    assert data.window(ms(2017, 7, 1), ms(2017, 8, 1)).finest("btc") == "H1"
    assert data.finest("gold") is None


def test_profits_in_the_accounts_currency_need_no_pair() -> None:
    data = Dataset.from_rates({("eurusd", "H1"): flat(HOURS, 1.1)}, PROFILES)
    assert data.rate_to_account("eurusd", HOURS).tolist() == [1.0] * 24
    assert not data.needs_conversion("eurusd")
    assert data.conversion_market("eurusd") is None
    cents = Dataset.from_rates({("eurusd", "H1"): flat(HOURS, 1.1)}, PROFILES.with_account("USC"))
    assert cents.rate_to_account("eurusd", HOURS[:2]).tolist() == [100.0, 100.0]
    assert not cents.needs_conversion("eurusd")


def test_yen_become_dollars_and_cents_by_the_newest_close() -> None:
    yen = flat(HOURS, np.linspace(149.0, 151.3, 24))  # 149.0, 149.1, ... at the closes 01:00, 02:00, ...
    rates = {("eurjpy", "H1"): flat(HOURS, 160.0), ("usdjpy", "H1"): yen}
    data = Dataset.from_rates(rates, PROFILES)
    times = column(TUESDAY, TUESDAY + HOUR - 1, TUESDAY + HOUR, TUESDAY + 2 * HOUR - 1, TUESDAY + 2 * HOUR)
    assert data.conversion_market("eurjpy") == "usdjpy"
    assert data.needs_conversion("eurjpy")
    assert data.rate_to_account("eurjpy", times) == pytest.approx(
        [np.nan, np.nan, 1 / 149.0, 1 / 149.0, 1 / 149.1], nan_ok=True
    )
    cents = Dataset.from_rates(rates, PROFILES.with_account("USC"))
    assert cents.rate_to_account("eurjpy", times[2:3]) == pytest.approx([100 / 149.0])


def test_a_direct_pair_multiplies_and_a_missing_one_is_not_known() -> None:
    rates = {("eurgbp", "H1"): flat(HOURS, 0.85), ("gbpusd", "H1"): flat(HOURS, 1.27)}
    assert Dataset.from_rates(rates, PROFILES).rate_to_account("eurgbp", HOURS[1:3]).tolist() == [1.27, 1.27]
    alone = Dataset.from_rates({("eurgbp", "H1"): flat(HOURS, 0.85)}, PROFILES)
    assert np.isnan(alone.rate_to_account("eurgbp", HOURS)).all()
    assert alone.needs_conversion("eurgbp")
    assert alone.conversion_market("eurgbp") is None
    euros = Dataset.from_rates(rates | {("eurusd", "H1"): flat(HOURS, 1.25)}, PROFILES.with_account("EUR"))
    assert euros.rate_to_account("gbpusd", HOURS[1:2]) == pytest.approx([0.8])  # dollars, by the inverse of eurusd
    assert euros.rate_to_account("eurgbp", HOURS[1:2]) == pytest.approx([1 / 0.85])  # pounds, by eurgbp itself


def test_rates_go_stale_by_session_time_and_coarser_ones_step_in() -> None:
    friday = ms(2024, 3, 8, 21)  # one hour; closes at 22:00 UTC with the session
    data = Dataset.from_rates(
        {("gbpusd", "H1"): flat(column(friday), 1.27), ("eurgbp", "H1"): flat(HOURS, 0.85)}, PROFILES
    )
    # Two cadences of session time: the weekend does not count, Sunday opens at 21:00 UTC.
    times = column(friday + HOUR, ms(2024, 3, 10, 12), ms(2024, 3, 10, 23), ms(2024, 3, 10, 23) + 1)
    assert data.rate_to_account("eurgbp", times) == pytest.approx([1.27, 1.27, 1.27, np.nan], nan_ok=True)
    both = Dataset.from_rates(
        {
            ("gbpusd", "H1"): flat(column(friday), 1.27),
            ("gbpusd", "D1"): flat(column(ms(2024, 3, 8)), 1.26),  # closes on Saturday 00:00 UTC
            ("eurgbp", "H1"): flat(HOURS, 0.85),
        },
        PROFILES,
    )
    assert both.rate_to_account("eurgbp", times).tolist() == [1.27, 1.27, 1.27, 1.26]


def test_a_window_still_knows_the_rate_before_it() -> None:
    rates = {("eurjpy", "H1"): flat(HOURS, 160.0), ("usdjpy", "H1"): flat(HOURS, 150.0)}
    window = Dataset.from_rates(rates, PROFILES).window(TUESDAY + 6 * HOUR, TUESDAY + 9 * HOUR)
    assert window.rate_to_account("eurjpy", column(TUESDAY + 6 * HOUR)) == pytest.approx([1 / 150.0])


def test_frames_in_any_zone_and_unit() -> None:
    index = pd.date_range("2024-03-05 02:00", periods=3, freq="h", tz="Europe/Athens")
    frame = pd.DataFrame(
        {"Open": [1.0, 2, 3], "High": [2.0, 3, 4], "Low": [0.5, 1, 2], "Close": [1.5, 2.5, 3.5], "Volume": 7}
    )
    for unit in ("s", "ms", "us", "ns"):
        data = Dataset.from_frames({("btc", "H1"): frame.set_index(index.as_unit(unit))}, PROFILES)
        bars = data.bars("btc", "H1")
        assert bars is not None
        assert bars.open_time.tolist() == HOURS[:3].tolist(), "02:00 in Athens is midnight UTC"
        assert bars.close.tolist() == [1.5, 2.5, 3.5]
        assert bars.real_volume.tolist() == [7.0] * 3
    naive = frame.set_index(pd.date_range("2024-03-05", periods=3, freq="h"))
    assert (
        Dataset.from_frames({("btc", "H1"): naive}, PROFILES).bars("btc", "H1").open_time.tolist() == HOURS[:3].tolist()
    )
    with pytest.raises(DataError, match=r"btc.H1: the frame's index is int64: expected a DatetimeIndex"):
        Dataset.from_frames({("btc", "H1"): frame}, PROFILES)
    with pytest.raises(DataError, match=r"btc.H1: the frame has no column `high`"):
        Dataset.from_frames({("btc", "H1"): naive.drop(columns="High")}, PROFILES)
    with pytest.raises(DataError, match=r"btc.H1: column `Open` of the frame does not hold numbers"):
        Dataset.from_frames({("btc", "H1"): naive.assign(Open="x")}, PROFILES)


def parquet(folder: Path, name: str, rates: Rates) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {c: getattr(rates, c) for c in ("open", "high", "low", "close", "spread")}
    pq.write_table(pa.table({"time": rates.time // 1000} | columns), path)


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEPLAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_is_ingested_once_and_its_files_stay_as_they_are(tmp_path: Path, private: Path) -> None:
    folder = tmp_path / "source"
    parquet(folder, "bars/BTCUSD/H1_late.parquet", flat(HOURS[12:], 2.0))
    parquet(folder, "bars/BTCUSD/H1.parquet", flat(HOURS[:12], 1.0))
    parquet(folder, "bars/NEWCOIN/H1.parquet", flat(HOURS, 9.0))
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    bars = Dataset.open(folder, PROFILES).bars("btc", "H1")
    assert bars is not None
    assert bars.close.tolist() == [1.0] * 12 + [2.0] * 12
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    manifests = {path: path.stat().st_mtime_ns for path in private.rglob("manifest.json")}
    again = Dataset.open(folder / "bars", PROFILES)
    assert again.markets() == ("btc",)
    assert Dataset.open(folder, PROFILES).bars("btc", "H1").close.tolist() == bars.close.tolist()
    assert {path: path.stat().st_mtime_ns for path in private.rglob("manifest.json")} == manifests
    parquet(folder, "bars/BTCUSD/H1.parquet", flat(HOURS[:11], 3.0))
    assert Dataset.open(folder, PROFILES).bars("btc", "H1").close.tolist() == [3.0] * 11 + [2.0] * 12


@pytest.mark.parametrize("cached", [True, False])
def test_a_folder_with_errors_is_refused_with_the_rows(
    cached: bool, tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not cached:
        (tmp_path / "file").write_text("in the way", encoding="utf-8")
        monkeypatch.setenv("TRADEPLAN_CACHE", str(tmp_path / "file" / "cache"))
    rates = flat(HOURS, 1.0)
    rates.close[3] = np.nan
    parquet(tmp_path / "source", "BTCUSD/H1.parquet", rates)
    for _ in range(2):  # read from the files, then from what was kept of them
        data = Dataset.open(tmp_path / "source", PROFILES)
        with pytest.raises(DataError) as told:
            data.bars("btc", "H1")
        assert str(told.value) == (
            "btc.H1: these bars cannot be used as they are:\n"
            "  BTCUSD/H1.parquet: 1 prices that are not a number or infinite: row 4 (2024-03-05 03:00); leave these "
            "rows out (a frame: `frame.dropna()`): a bar that is missing is no error\n"
            "  mend the files, or bring them into a store with `plan data import`, where `--accept` keeps what you take"
            " as it is"
        )
        assert np.isnan(data.rates("btc", "H1").close[3]), "`plan data verify` and export can still look at it"


def test_accepted_rows_that_are_no_numbers_are_passed_over(tmp_path: Path) -> None:
    rates = flat(HOURS, 1.0)
    rates.close[3] = np.nan
    rates.high[-1] = np.inf
    BarStore(tmp_path).write("btc", "H1", rates, source="a", accepted=["not_finite"])
    data = Dataset.open(tmp_path, PROFILES)
    bars = data.bars("btc", "H1")
    assert bars is not None
    assert bars.open_time.tolist() == [*HOURS[:3].tolist(), *HOURS[4:-1].tolist()]
    (notice,) = data.notices()
    assert notice == (
        "btc.H1: 2 rows have prices that are no numbers and are passed over, the first at 2024-03-05 03:00: "
        "`plan data verify` lists them"
    )


def test_without_a_cache_folder_the_data_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("TRADEPLAN_CACHE", str(tmp_path / "file" / "cache"))
    parquet(tmp_path / "source", "BTCUSD/H1.parquet", flat(HOURS, 1.0))
    assert len(Dataset.open(tmp_path / "source", PROFILES).bars("btc", "H1")) == 24


def test_the_first_symbol_of_a_profile_that_has_a_timeframe_counts(tmp_path: Path, private: Path) -> None:
    parquet(tmp_path / "source", "DXY/D1.parquet", flat(column(TUESDAY), 103.0))
    parquet(tmp_path / "source", "DXY.syn/H1.parquet", flat(HOURS, 104.0))
    parquet(tmp_path / "source", "DXY/H1.parquet", flat(HOURS, 99.0))
    data = Dataset.open(tmp_path / "source", PROFILES)
    assert data.timeframes("dxy") == ("H1", "D1")
    assert data.bars("dxy", "H1").close[0] == 104.0
    assert data.bars("dxy", "D1").close[0] == 103.0


def test_a_store_opens_as_a_dataset(tmp_path: Path) -> None:
    BarStore(tmp_path / "bars").write("btc", "H1", flat(HOURS, 1.0), source="a")
    data = Dataset.open(tmp_path / "bars", PROFILES)
    assert data.markets() == ("btc",)
    assert isinstance(data.bars("btc", "H1").close.base, np.memmap), "mapped, not copied"


def test_folders_without_bars_say_what_was_expected(tmp_path: Path, private: Path) -> None:
    with pytest.raises(DataError, match=r"is not a folder"):
        Dataset.open(tmp_path / "nothing", PROFILES)
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        DataError, match=r"holds no bars of a known market: expected a bar store made by `plan data import`"
    ):
        Dataset.open(tmp_path / "empty", PROFILES)
    parquet(tmp_path / "other", "NEWCOIN/H1.parquet", flat(HOURS, 1.0))
    with pytest.raises(DataError, match=r"no profile knows NEWCOIN"):
        Dataset.open(tmp_path / "other", PROFILES)


@pytest.mark.real_data
def test_real_bars_lie_in_the_sessions_of_their_profiles(real_data: Path) -> None:
    data = Dataset.open(real_data, PROFILES)
    for market, timeframe, allowed in (
        ("eurusd", "H1", 0),
        ("gbpusd", "M1", 0),
        ("usdjpy", "M1", 0),
        ("gold", "M5", 0),
        ("us500", "M5", 0),
        ("audusd", "H1", 28),  # the source's hour after the close of some Fridays
    ):
        bars, calendar = data.bars(market, timeframe), data.calendar(market)
        assert bars is not None
        outside = calendar.session_clock(bars.close_time) == calendar.session_clock(bars.open_time)
        assert outside.sum() <= allowed, (market, timeframe)
    bars, calendar = data.bars("gbpusd", "M1"), data.calendar("gbpusd")
    assert bars is not None
    due = calendar.scheduled_closes("M1", int(bars.open_time[0]), int(bars.close_time[-1]))
    assert np.isin(bars.close_time, due).all()
    assert len(due) - len(bars) == 5_468, "minutes without a quote, holidays included"


@pytest.mark.real_data
def test_a_second_opening_needs_neither_pyarrow_nor_pandas(real_data: Path) -> None:
    Dataset.open(real_data, PROFILES).bars("usdjpy", "M1")
    code = (
        "import sys; from pathlib import Path; from tradeplan.runtime.market.dataset import Dataset; "
        "from tradeplan.runtime.market.profiles import load_profiles; "
        f"bars = Dataset.open(Path({str(real_data)!r}), load_profiles()).bars('usdjpy', 'M1'); "
        "print(len(bars), [m for m in ('pandas', 'pyarrow', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "366456 []"
