"""Files of ticks, trades and books: read, checked, stored beside the bars, imported again, told and verified."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.check import command as check
from tradeplan.runtime.cli.data import command
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.streams import read_stream
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.streams import Book, Ticks, Trades
from tradeplan.runtime.market.streams.check import check_stream
from tradeplan.runtime.market.streams.events import Events
from tradeplan.runtime.market.streams.store import StreamStore

START = 1_709_596_800_000  # 2024-03-05 00:00 UTC
MINUTE = 60_000


def written(path: Path, *lines: str) -> Path:
    """A file of lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def trades(folder: Path, first: int, count: int, name: str = "btc_trades.csv", size: float = 0.5) -> Path:
    """A trade every second from a second after START on: buys and sells in turn, one unit up each."""
    rows = [f"{START + 1000 * i},{60_000 + i},{size},{'buy' if i % 2 else 'sell'}" for i in range(first, first + count)]
    return written(folder / name, "timestamp,price,amount,side", *rows)


def run(*arguments: object) -> tuple[int, str]:
    """`plan data ...`: exit code and everything it printed."""
    done = CliRunner().invoke(command, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def codes(stream: Events) -> list[str]:
    """What is found about a stream."""
    return [finding.code for finding in check_stream(stream)]


def test_trades_of_a_plain_csv(tmp_path: Path) -> None:
    read = read_stream(trades(tmp_path, 1, 3))
    assert isinstance(read.stream, Trades)
    assert read.stream.time.tolist() == [START + 1000, START + 2000, START + 3000]
    assert read.stream.side.tolist() == [1, -1, 1]
    assert read.stream.size.tolist() == [0.5, 0.5, 0.5]
    assert read.stream.spans.tolist() == [[START + 999, START + 3000]]
    maker = written(tmp_path / "m.csv", "time;price;qty;is_buyer_maker", f"{START};1.5;2;true", f"{START};1.5;2;false")
    found = read_stream(maker).stream
    assert isinstance(found, Trades)
    assert found.side.tolist() == [-1, 1]  # a buyer who was the maker was hit by a seller


def test_ticks_of_a_csv(tmp_path: Path) -> None:
    read = read_stream(
        written(tmp_path / "t.csv", "time,bid,ask", "2024-03-05 00:00:01.250,1.1,1.2", "2024-03-05 00:00:02,1.1,1.3")
    )
    assert isinstance(read.stream, Ticks)
    assert read.stream.time.tolist() == [START + 1250, START + 2000]
    assert read.stream.flags.tolist() == [6, 6]
    local = read_stream(tmp_path / "t.csv", "Europe/Athens").stream  # two hours ahead in winter
    assert isinstance(local, Ticks)
    assert local.time[0] == START + 1250 - 7_200_000


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["time,open,close", "1,2,3"], "no ticks .time_msc, bid, ask., trades"),
        (["time,price,qty,side", f"{START},1,2,up"], "`up` is no side: expected buy or sell"),
        (["time,price,qty,side"], "holds no events"),
        (["time,price,qty,side", f"{START},abc,2,buy"], "does not hold numbers"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, lines: list[str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_stream(written(tmp_path / "x.csv", *lines))


BOOK = "seq,time,kind,first_id,last_id,prev_id,side,price,qty"


def book(folder: Path, *rows: str) -> tuple[Book, int]:
    """A book of rows `seq,ms after START,kind,first,last,previous,side,price,qty`."""
    made = [row.split(",", 2) for row in rows]
    read = read_stream(written(folder / "b.csv", BOOK, *(f"{s},{START + int(t)},{rest}" for s, t, rest in made)))
    assert isinstance(read.stream, Book)
    return read.stream, read.left_out


def test_a_snapshot_asked_for_beside_the_stream(tmp_path: Path) -> None:
    found, left_out = book(
        tmp_path,
        "0,10,1,1,4,-1,1,100,1",  # before the snapshot, and in it
        "1,20,1,5,9,4,1,100,2",  # before the snapshot in the file, but newer than it: applied after it
        "2,15,0,7,7,-1,1,100,9",
        "2,15,0,7,7,-1,-1,101,3",
        "3,30,1,10,12,9,-1,101,4",
        "4,40,1,14,15,13,1,99,5",  # 13 is missing: from here on the book is not known
        "5,50,0,20,20,-1,1,98,6",  # until the next snapshot
        "6,60,1,19,20,18,1,98,0",  # which has this one
        "7,70,1,21,22,20,1,98,7",
    )
    assert left_out == 3
    assert (found.time - START).tolist() == [20, 20, 20, 30, 50, 70]
    assert found.size.tolist() == [9, 3, 2, 4, 6, 7]
    assert (found.spans - START).tolist() == [[19, 30], [49, 70]]


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    spans = np.array([[0, 100]])
    times = np.array([1, 3, 2], dtype=np.int64)
    prices = np.array([1.0, np.nan, -1.0])
    one, sides = np.ones(3), np.array([1, 0, -1], dtype=np.int8)
    assert codes(Trades(times, prices, np.array([1.0, 1.0, -2.0]), sides, spans)) == [
        "disorder",
        "not_finite",
        "not_positive",
        "negative",
        "no_aggressor",
    ]
    flags = np.full(3, 6, dtype=np.int32)
    crossed = Ticks(
        np.sort(times), np.array([1.0, 2.0, 1.0]), np.array([1.0, 1.5, 2.0]), 0 * one, 0 * one, flags, spans
    )
    assert codes(crossed) == ["crossed_quotes"]
    found, _ = book(tmp_path, "0,1,0,-1,1,-1,1,100,1", "0,1,0,-1,1,-1,-1,101,1", "1,2,1,2,2,1,1,101,1")
    assert codes(found) == ["crossed_book"]


def test_importing_again_changes_nothing_and_days_are_files(tmp_path: Path) -> None:
    store = tmp_path / "store"
    night = trades(tmp_path, 86_400 - 100, 200)
    assert run("import", night, "--store", store) == (
        0,
        "btc_trades.csv -> btc trades: 200 new events, 0 already there\n",
    )
    files = {p.name: p.stat().st_mtime_ns for p in (store / "btc" / "trades").iterdir()}
    assert sorted(name[:10] for name in files if name.endswith("parquet")) == ["2024-03-05", "2024-03-06"]
    assert run("import", night, "--store", store)[1].endswith("0 new events, 200 already there\n")
    assert {p.name: p.stat().st_mtime_ns for p in (store / "btc" / "trades").iterdir()} == files
    # the 50 events that both files hold are the same; 30 s later a third one goes on, near enough to be one recording
    more = trades(tmp_path, 86_400 + 50, 150, "btc_more.csv")
    assert run("import", more, "--store", store)[1].endswith("100 new events, 50 already there\n")
    third = trades(tmp_path, 86_400 + 230, 10, "btc_third.csv")
    assert run("import", third, "--store", store)[1].endswith("10 new events, 0 already there\n")
    manifest = StreamStore(store).manifest("btc", "trades")
    assert manifest is not None
    assert manifest.rows == 310
    assert [tuple(t - START for t in span) for span in manifest.spans] == [(86_299_999, 86_639_000)]
    assert StreamStore(store).is_intact("btc", "trades")


def test_what_differs_is_refused_unless_replaced(tmp_path: Path) -> None:
    store = tmp_path / "store"
    run("import", trades(tmp_path, 0, 20), "--store", store)
    other = trades(tmp_path, 10, 20, "btc_other.csv", size=0.75)
    code, text = run("import", other, "--store", store)
    assert (code, "10 events differ from what is stored of the same time" in text) == (1, True)
    code, text = run("import", other, "--store", store, "--replace")
    assert (code, "20 new events, 0 already there, 10 replaced" in text) == (0, True)
    stored = StreamStore(store).read("btc", "trades")
    assert isinstance(stored, Trades)
    assert stored.size.tolist() == [0.5] * 10 + [0.75] * 20


def test_errors_are_refused_and_may_be_accepted(tmp_path: Path) -> None:
    bad = written(tmp_path / "eurusd.csv", "time,bid,ask", f"{START},1.2,1.1", f"{START + 5},1.1,1.2")
    code, text = run("import", bad, "--store", tmp_path / "s")
    assert code == 1
    assert "error crossed_quotes: 1 ticks whose bid is above the ask: row 1" in text
    assert "--accept crossed_quotes" in text
    assert run("import", bad, "--store", tmp_path / "s", "--accept", "crossed_quotes")[0] == 0
    code, text = run("import", trades(tmp_path, 0, 5, "nobody_x.csv"), "--store", tmp_path / "s")
    assert (code, "say `--market eurusd`" in text) == (2, True)


def test_bars_are_made_of_trades_and_features_of_both(tmp_path: Path) -> None:
    store = tmp_path / "store"
    code, text = run("import", trades(tmp_path, 0, 301), "--store", store, "--timeframe", "M1")
    assert (code, "btc.M1 made of them: 5 new bars" in text) == (0, True)
    data = Dataset.open(store, load_profiles())
    bars = data.bars("btc", "M1")
    assert bars is not None
    assert bars.open.tolist() == [60_000 + 60 * i for i in range(5)]
    assert bars.close.tolist() == [60_059 + 60 * i for i in range(5)]
    volume = data.feature("btc", "M1", "traded_volume", "trades")
    assert volume is not None
    assert volume.tolist() == [30.0] * 5  # 60 trades of 0.5 in (open, close]
    code, text = run("ls", "--data", store)
    assert "btc trades: 301 events in 1 recording from 2024-03-04 23:59:59.999 to 2024-03-05 00:05" in text
    assert run("verify", "--data", store)[1].endswith(
        "2 series checked: 0 errors, 2 notes\n"
    )  # of bars: no spread, five rows


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    store = tmp_path / "store"
    run("import", trades(tmp_path, 0, 301), "--store", store, "--timeframe", "M1")
    (day,) = (store / "btc" / "trades").glob("*.parquet")
    day.write_bytes(b"nothing")
    code, text = run("verify", "--data", store)
    assert (code, "import again" in text) == (2, True)


def test_check_with_data_says_which_clauses_will_be_unknown(tmp_path: Path) -> None:
    store, plan = tmp_path / "store", tmp_path / "a.plan"
    run("import", trades(tmp_path, 0, 301), "--store", store, "--timeframe", "M1")
    written(plan, "PLAN a", "TRADE btc ON M1", "WHEN delta > 0 AND imbalance > 1.5 THEN BUY RISK 0.5% STOP 500 points")
    done = CliRunner().invoke(check, [str(plan), "--data", str(store)])
    assert done.exit_code == 0
    assert "`imbalance` is made from book of `btc`, which this data has not: UNKNOWN" in done.output
    assert "`delta` is made from" not in done.output
