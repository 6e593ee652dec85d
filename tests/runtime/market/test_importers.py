"""Files as brokers and sites write them: separators, headers, kinds of time, zones; and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tradeplan.runtime.market.errors import DataError, ProfileError
from tradeplan.runtime.market.importers.importing import Target, import_file, read_file, targets
from tradeplan.runtime.market.importers.layout import read_layout
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.store import BarStore

PROFILES = load_profiles()
MT5 = (
    "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
    "2024.03.08\t23:45:00\t1.0930\t1.0940\t1.0920\t1.0938\t812\t0\t3\n"
    "2024.03.11\t00:00:00\t1.0935\t1.0945\t1.0925\t1.0936\t455\t0\t21\n"
)


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000


def file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_metatrader_export_in_server_time(tmp_path: Path) -> None:
    # The server runs at New York + 7 h, here written as Athens: still EET (UTC+2) on both days.
    rates, findings = read_file(file(tmp_path, "EURUSD_M15.csv", MT5), "Europe/Athens")
    assert findings == []
    assert rates.time.tolist() == [ms(2024, 3, 8, 21, 45), ms(2024, 3, 10, 22)]
    assert rates.open.tolist() == [1.0930, 1.0935]
    assert rates.close.tolist() == [1.0938, 1.0936]
    assert rates.tick_volume.tolist() == [812.0, 455.0]
    assert rates.real_volume.tolist() == [0.0, 0.0]
    assert rates.spread.tolist() == [3, 21]


def test_a_server_that_follows_european_summer_time(tmp_path: Path) -> None:
    text = MT5.replace("2024.03.08\t23:45:00", "2024.03.29\t23:45:00").replace("2024.03.11", "2024.04.01")
    rates, _ = read_file(file(tmp_path, "a.csv", text), "Europe/Athens")
    # Friday +2 h, Monday +3 h: summer time began on Sunday 2024-03-31.
    assert rates.time.tolist() == [ms(2024, 3, 29, 21, 45), ms(2024, 3, 31, 21)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_exports(tmp_path: Path, encoding: str) -> None:
    rates, _ = read_file(file(tmp_path, "a.csv", MT5, encoding))
    assert rates.close.tolist() == [1.0938, 1.0936]


def test_a_daily_export_has_no_time_column(tmp_path: Path) -> None:
    text = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n2024.03.08\t1\t2\t1\t2\t5\t0\t3\n"
    rates, _ = read_file(file(tmp_path, "a.csv", text))
    assert rates.time.tolist() == [ms(2024, 3, 8)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1709898300", ms(2024, 3, 8, 11, 45)),
        ("1709898300000", ms(2024, 3, 8, 11, 45)),
        ("1709898300000000", ms(2024, 3, 8, 11, 45)),
        ("2024-03-08T11:45:00Z", ms(2024, 3, 8, 11, 45)),
        ("2024-03-08T11:45:00+02:00", ms(2024, 3, 8, 9, 45)),
        ("2024-03-08 11:45", ms(2024, 3, 8, 11, 45)),
        ("2024.03.08 11:45:30", ms(2024, 3, 8, 11, 45, 30)),
        ("2024-03-08 11:45:00.250", ms(2024, 3, 8, 11, 45) + 250),
        ("2024/03/08 11:45", ms(2024, 3, 8, 11, 45)),
        ("20240308 114500", ms(2024, 3, 8, 11, 45)),
        ("20240308114500", ms(2024, 3, 8, 11, 45)),
        ("202403081145", ms(2024, 3, 8, 11, 45)),
        ("2024-03-08", ms(2024, 3, 8)),
    ],
)
def test_kinds_of_time(tmp_path: Path, written: str, expected: int) -> None:
    rates, _ = read_file(file(tmp_path, "a.csv", f"time,open,high,low,close\n{written},1,2,1,2\n"))
    assert rates.time.tolist() == [expected]


def test_an_offset_in_the_times_wins_over_the_zone(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", "time,open,high,low,close\n2024-03-08T11:45:00Z,1,2,1,2\n")
    assert read_file(path, "America/New_York")[0].time.tolist() == [ms(2024, 3, 8, 11, 45)]


def test_separators_names_and_decimal_commas(tmp_path: Path) -> None:
    text = 'Datetime;Open;High;Low;Close;Volume;Comment\n2024-03-08 11:45;1,5;2,5;0,5;2;12,25;"a;b"\n'
    rates, _ = read_file(file(tmp_path, "a.csv", text))
    assert (rates.open[0], rates.high[0], rates.low[0], rates.close[0]) == (1.5, 2.5, 0.5, 2.0)
    assert rates.real_volume[0] == 12.25
    assert rates.tick_volume[0] == 0.0


def test_files_without_a_header(tmp_path: Path) -> None:
    rates, _ = read_file(file(tmp_path, "a.csv", "2024.03.08,11:45,1,2,1,2,77\n"))
    assert (rates.time[0], rates.close[0], rates.tick_volume[0]) == (ms(2024, 3, 8, 11, 45), 2.0, 77.0)
    rates, _ = read_file(file(tmp_path, "b.csv", "20240308 114500;1;2;1;2;0\n"))
    assert (rates.time[0], rates.close[0]) == (ms(2024, 3, 8, 11, 45), 2.0)


def test_an_empty_price_is_a_finding_and_not_a_guess(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", "time,open,high,low,close,volume\n2024-03-08 11:45,1,2,1,,\n")
    assert np.isnan(read_file(path)[0].close[0])
    assert read_file(path)[0].real_volume[0] == 0.0
    store = BarStore(tmp_path / "bars")
    done = import_file(Target(path, "btc", "M15"), store, PROFILES)
    assert [finding.code for finding in done.refused] == ["not_finite"]
    assert not done.is_stored
    assert store.list() == []
    done = import_file(Target(path, "btc", "M15"), store, PROFILES, accept=["not_finite"])
    assert done.is_stored
    assert np.isnan(store.read("btc", "M15").close[0]), "kept as it is"
    assert store.manifest("btc", "M15").accepted == ("not_finite",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "time,open,high,low,close\n2024-03-08,1,2,1,2\n2024-03-09,1,x,1,2\n",
            "a.csv: row 2: high is `x`: expected a number",
        ),
        (
            "time,open,high,low,close\n08.03.2024,1,2,1,2\n",
            "row 1: time `08.03.2024` cannot be read: expected year first",
        ),
        ("time,open,high,low,close\n2024-02-30,1,2,1,2\n", "row 1: time `2024-02-30` cannot be read"),
        ("time,open,high,low,close\n2024-03-08 25:00,1,2,1,2\n", "time `2024-03-08 25:00` cannot be read"),
        ("time,open,high,low,close\n1709898300,1,2,1,2\nsoon,1,2,1,2\n", "row 2: time `soon` cannot be read"),
        ("time,open,high,low,close\n2024-03-08Z,1,2,1,2\n2024-03-09,1,2,1,2\n", "some times carry an offset"),
        ("time,open,high,low\n2024-03-08,1,2,1\n", "no column `close` in the header (time, open, high, low)"),
        ("when,open,high,low,close\n2024-03-08,1,2,1,2\n", "no column `time` in the header"),
        ("hello\nworld\n", "the first line is neither a header nor a bar"),
        ("", "is empty"),
        (
            "time,open,high,low,close\n2024-03-08,1,2,1,2\n2024-03-09,1,2\n",
            "a line has 3 columns where 5 were expected",
        ),
    ],
)
def test_what_cannot_be_read_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        read_file(file(tmp_path, "a.csv", text))
    assert message in str(error.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unknown kind of file `.xlsx`"):
        read_file(file(tmp_path, "a.xlsx", "x"))
    with pytest.raises(DataError, match=r"cannot be read as Parquet"):
        read_file(file(tmp_path, "a.parquet", "not parquet at all"))
    (tmp_path / "b.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(DataError, match=r"is not text"):
        read_file(tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"cannot be read"):
        read_file(tmp_path / "missing.csv")


@pytest.mark.parametrize("unit", ["epoch s", "epoch ms", "s", "ms", "us", "ns"])
def test_parquet_times_of_every_kind(tmp_path: Path, unit: str) -> None:
    at = ms(2024, 3, 8, 11, 45)
    times = {"epoch s": pa.array([at // 1000]), "epoch ms": pa.array([at])}
    column = times.get(unit)
    if column is None:
        column = pa.array([datetime(2024, 3, 8, 11, 45)], pa.timestamp(unit))
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"time": column, "open": [1.0], "high": [2.0], "low": [1.0], "close": [2.0]}), path)
    rates, _ = read_file(path)
    assert rates.time.tolist() == [at]
    assert rates.spread.tolist() == [0]
    assert read_file(path, "Europe/Athens")[0].time.tolist() == [at - 2 * 3_600_000]


def test_parquet_without_a_column_says_which(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"time": [1], "open": [1.0]}), path)
    with pytest.raises(DataError, match=r"column `high` is missing: expected the MetaTrader 5 layout"):
        read_file(path)


def test_a_layout_with_several_files_of_one_timeframe(tmp_path: Path) -> None:
    for name in ("BTCUSD/M1_2014.parquet", "BTCUSD/M1.parquet", "BTCUSD/H1.parquet", "BTCUSD/notes.parquet"):
        path = tmp_path / "bars" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    layout = read_layout(tmp_path)
    assert {s: {tf: [p.name for p in files] for tf, files in of.items()} for s, of in layout.items()} == {
        "BTCUSD": {"M1": ["M1.parquet", "M1_2014.parquet"], "H1": ["H1.parquet"]}
    }
    assert read_layout(tmp_path / "bars") == layout
    assert [(t.market, t.timeframe) for t in targets(tmp_path, None, "H1", PROFILES)] == [("btc", "H1")]


def test_the_name_of_a_file_tells_what_it_holds(tmp_path: Path) -> None:
    named = file(tmp_path, "EURUSD_M15_202210092100_202310020345.csv", MT5)
    other = file(tmp_path, "export.csv", MT5)
    assert targets(named, None, None, PROFILES) == [Target(named, "eurusd", "M15")]
    assert targets(other, "xauusd", "H1", PROFILES) == [Target(other, "gold", "H1")]
    with pytest.raises(DataError, match=r"the name does not tell what it holds \(no profile has a market `export`\)"):
        targets(other, None, "H1", PROFILES)
    with pytest.raises(DataError, match=r"say `--timeframe M15`"):
        targets(other, "gold", None, PROFILES)
    with pytest.raises(DataError, match=r"unknown timeframe `M7`"):
        targets(other, "gold", "M7", PROFILES)
    with pytest.raises(ProfileError, match=r"no profile for market `golf`: did you mean `gold`"):
        targets(other, "golf", "M1", PROFILES)
    with pytest.raises(DataError, match=r"there is no file"):
        targets(tmp_path / "nothing.csv", "gold", "M1", PROFILES)


def test_conflicts_name_rows_and_both_values(tmp_path: Path) -> None:
    store = BarStore(tmp_path / "bars")
    path = file(tmp_path, "EURUSD_M15.csv", MT5)
    target = Target(path, "eurusd", "M15")
    assert import_file(target, store, PROFILES, zone_name="Europe/Athens").merge.added == 2
    file(tmp_path, "EURUSD_M15.csv", MT5.replace("1.0936", "1.0937"))
    done = import_file(target, store, PROFILES, zone_name="Europe/Athens")
    assert done.conflicts == ("row 2 (2024-03-10 22:00): close 1.0937 (stored 1.0936)",)
    assert not done.is_stored
    assert import_file(target, store, PROFILES, zone_name="Europe/Athens", replace=True).is_stored
    assert store.read("eurusd", "M15").close.tolist() == [1.0938, 1.0937]
