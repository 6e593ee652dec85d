"""`plan data`: what it says and how it exits."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tradeplan.runtime.cli.data import command
from tradeplan.runtime.market.importers.importing import Target, import_file
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.store import BarStore

MT5 = (
    "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
    "2024.03.05\t10:00:00\t1.0930\t1.0940\t1.0920\t1.0938\t812\t0\t3\n"
    "2024.03.05\t10:15:00\t1.0935\t1.0945\t1.0925\t1.0936\t455\t0\t4\n"
    "2024.03.05\t10:30:00\t1.0937\t1.0947\t1.0927\t1.0939\t400\t0\t5\n"
    "2024.03.05\t10:45:00\t1.0938\t1.0948\t1.0928\t1.0940\t401\t0\t6\n"
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEPLAN_CACHE", str(tmp_path / "cache"))
    Path("EURUSD_M15.csv").write_text(MT5, encoding="utf-8")


def plan_data(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def test_import_twice() -> None:
    first, again = plan_data("import", "EURUSD_M15.csv"), plan_data("import", "EURUSD_M15.csv")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout == "EURUSD_M15.csv -> eurusd.M15: 4 new rows, 0 already there\n"
    assert again.stdout == "EURUSD_M15.csv -> eurusd.M15: 0 new rows, 4 already there\n"


def test_an_error_refuses_the_file_until_it_is_accepted() -> None:
    Path("EURUSD_M15.csv").write_text(MT5.replace("1.0947", "1.0000"), encoding="utf-8")
    done = plan_data("import", "EURUSD_M15.csv")
    assert done.exit_code == 1
    assert "not imported, 4 rows read" in done.stderr
    assert "error crossed: 1 bars whose high is below the low" in done.stderr
    assert "row 3 (2024-03-05 10:30)" in done.stderr
    assert "with `--accept crossed`" in done.stderr
    assert not Path("data").exists()
    assert plan_data("import", "EURUSD_M15.csv", "--accept", "crossed").exit_code == 0
    checked = plan_data("verify")
    assert checked.exit_code == 1
    assert "1 series checked: 1 errors, 0 notes" in checked.stdout


def test_conflicts_need_replace() -> None:
    plan_data("import", "EURUSD_M15.csv")
    Path("EURUSD_M15.csv").write_text(MT5.replace("1.0939", "1.0941"), encoding="utf-8")
    done = plan_data("import", "EURUSD_M15.csv")
    assert done.exit_code == 1
    assert "row 3 (2024-03-05 10:30): close 1.0941 (stored 1.0939)" in done.stderr
    assert "`--replace`" in done.stderr
    assert "0 new rows, 3 already there, 1 replaced" in plan_data("import", "EURUSD_M15.csv", "--replace").stdout


def test_bad_usage_exits_with_2_and_says_what_to_do() -> None:
    cases = {
        ("import", "nothing.csv"): "there is no file `nothing.csv`",
        ("import", "EURUSD_M15.csv", "--zone", "Athens"): "unknown time zone `Athens`",
        ("import", "EURUSD_M15.csv", "--market", "euro"): "no profile for market `euro`: did you mean `eurusd`?",
        ("import", "EURUSD_M15.csv", "--accept", "gaps"): "`--accept gaps` is not an error that can be accepted",
        ("ls",): "`data` is not a folder: expected a bar store",
        ("verify",): "`data` is not a folder",
        ("export", "eurusd.M15"): "`data` is not a folder",
    }
    for arguments, message in cases.items():
        done = plan_data(*arguments)
        assert done.exit_code == 2, arguments
        assert message in done.stderr, done.stderr


def test_one_unreadable_file_does_not_keep_the_others_out() -> None:
    Path("GBPUSD_M15.csv").write_text("hello\n", encoding="utf-8")
    done = plan_data("import", "GBPUSD_M15.csv", "EURUSD_M15.csv")
    assert done.exit_code == 2
    assert "GBPUSD_M15.csv: the first line is neither a header nor a bar" in done.stderr
    assert "eurusd.M15: 4 new rows" in done.stdout


def test_ls_shows_what_is_stored() -> None:
    plan_data("import", "EURUSD_M15.csv", "--zone", "Europe/Athens")
    shown = plan_data("ls").stdout
    for part in ("eurusd", "M15", "2024-03-05 08:00", "2024-03-05 08:45", "100 %"):
        assert part in shown


def test_verify_of_chosen_series() -> None:
    plan_data("import", "EURUSD_M15.csv")
    assert plan_data("verify", "eurusd.M15").stdout == "1 series checked: 0 errors, 0 notes\n"
    assert plan_data("verify", "eurusd").exit_code == 0
    wrong = plan_data("verify", "eurusd.M5")
    assert (wrong.exit_code, wrong.stderr) == (2, "`eurusd.M5` is not stored: eurusd has M15\n")


def test_verify_sees_damaged_columns() -> None:
    plan_data("import", "EURUSD_M15.csv")
    column = next(Path("data").rglob("close.npy"))
    column.write_bytes(column.read_bytes()[:-1] + b"\x40")
    done = plan_data("verify")
    assert done.exit_code == 1
    assert "eurusd.M15: the columns are not those that were stored: import again" in done.stderr


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_exported_imports_as_the_same_rows(form: str) -> None:
    plan_data("import", "EURUSD_M15.csv", "--zone", "Europe/Athens")
    assert plan_data("export", "eurusd.M15", "--format", form, "--out", f"copy.{form}").exit_code == 0
    again = plan_data("import", f"copy.{form}", "--market", "eurusd", "--timeframe", "M15")
    assert "0 new rows, 4 already there" in again.stdout


def test_export_aggregates_what_is_not_stored() -> None:
    plan_data("import", "EURUSD_M15.csv")
    assert plan_data("export", "eurusd.H1", "--out", "h1.csv").stdout == "h1.csv: 1 bars\n"
    line = Path("h1.csv").read_text(encoding="utf-8").splitlines()[1]
    assert line == "2024-03-05T10:00:00Z,1.093,1.0948,1.092,1.094,2068,6,0"  # 812 + 455 + 400 + 401 ticks, last spread
    finer = plan_data("export", "eurusd.M5")
    assert finer.exit_code == 2
    assert "cannot be made from what is stored (M15)" in finer.stderr


def test_a_folder_of_parquet_files_can_be_imported_and_listed() -> None:
    plan_data("import", "EURUSD_M15.csv")
    Path("source/EURUSD").mkdir(parents=True)
    plan_data("export", "eurusd.M15", "--format", "parquet", "--out", "source/EURUSD/M15.parquet")
    assert "4 new rows" in plan_data("import", "source", "--store", "other").stdout
    assert "eurusd" in plan_data("ls", "--data", "source").stdout


HEADER = "time,open,high,low,close\n"


def lines(minutes: int, form: str = "2024-03-05 {:02}:{:02}", row: str = ",1.1,1.2,1.0,1.1\n") -> str:
    """Eight rows so many minutes apart, from 02:00 on."""
    return "".join(form.format(2 + at // 60, at % 60) + row for at in range(0, 8 * minutes, minutes))


BROKEN = {
    "a header only": (HEADER, "holds no bars: expected rows below the header"),
    "nothing": ("", "is empty: expected a header such as `time,open,high,low,close` and bars"),
    "an empty first line": ("\n" + HEADER + lines(15), "begins with an empty line"),
    "another language": (
        "Datum,Erster,Hoch,Tief,Schluss\n" + lines(15),
        "neither a header nor a bar that is known (`datum,erster,hoch,tief,schluss`): expected column names",
    ),
    "decimal commas between commas": (
        HEADER + lines(15, row=",1,1,1,2,1,0,1,1\n"),
        "where 5 were expected (`2024-03-05 02:00,1,1,1,2,1,0,1,1`): if its numbers have decimal commas, separate the",
    ),
    "day first": (
        HEADER + lines(15, "05.03.2024 {:02}:{:02}"),
        "or epoch seconds or milliseconds; which of the first two is the month cannot be told",
    ),
    "H1 said to be M15": (
        HEADER + lines(60),
        "error timeframe: rows are not of the timeframe that was said (most rows are as far apart as bars of H1)",
    ),
    "M5 said to be M15": (HEADER + lines(5), "(most rows are as far apart as bars of M5)"),
    "the future": (
        HEADER + lines(15, "2124-03-07 {:02}:{:02}"),
        "error future: 8 bars that open in the future: is `--zone` the zone of these times?: row 1 (2124-03-07 02:00)",
    ),
    "a spread in price units": (
        HEADER.strip() + ",spread\n" + lines(15, row=",1.1,1.2,1.0,1.1,0.0002\n"),
        "spread is 0.0002 in row 1 (8 such rows): expected whole points",
    ),
    "a spread that is no number": (
        HEADER.strip() + ",spread\n" + lines(15, row=",1.1,1.2,1.0,1.1,nan\n"),
        "spread is nan in row 1 (8 such rows): expected whole points, and 0 where it is not known",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_say_what_to_do(name: str) -> None:
    text, words = BROKEN[name]
    Path("EURUSD_M15.csv").write_text(text, encoding="utf-8")
    done = plan_data("import", "EURUSD_M15.csv")
    assert done.exit_code in (1, 2)
    assert words in done.stderr.replace("\n", " ").replace("  ", " ")
    assert not Path("data").exists()


def test_files_that_are_read_as_they_are() -> None:
    texts = (
        HEADER + lines(15),
        lines(15),  # no header: time and four prices
        (HEADER + lines(15)).replace(",", ";").replace(".", ","),
    )
    for number, text in enumerate(texts):
        Path("EURUSD_M15.csv").write_text(text, encoding="utf-8")
        done = plan_data("import", "EURUSD_M15.csv", "--store", f"store{number}")
        assert "8 new rows" in done.stdout, done.stderr


def test_other_things_than_files_of_bars() -> None:
    Path("latin.csv").write_bytes("time,open,high,low,close,Währung\n".encode("latin-1"))
    Path("folder").mkdir()
    Path("folder/EURUSD_M15.csv").write_text(HEADER, encoding="utf-8")
    Path("zzz_M15.csv").write_text(HEADER, encoding="utf-8")
    Path("a.xlsx").write_bytes(b"PK\x03\x04")
    latin = plan_data("import", "latin.csv", "--market", "eurusd", "--timeframe", "M15")
    assert "latin.csv: is not UTF-8 text (byte 27 is no letter of it): expected CSV saved as UTF-8" in latin.stderr
    folder = plan_data("import", "folder").stderr
    assert "`folder` holds no files such as EURUSD/M15.parquet; CSV files are named one by one" in folder
    assert "(no profile has a market `zzz`): say `--market eurusd`" in plan_data("import", "zzz_M15.csv").stderr
    sheet = plan_data("import", "a.xlsx", "--market", "eurusd", "--timeframe", "M15")
    assert "expected .csv, .tsv, .txt or .parquet; save the sheet as CSV" in sheet.stderr
    store = plan_data("import", "EURUSD_M15.csv", "--store", "a.xlsx")
    assert (store.exit_code, "the store `a.xlsx` cannot be written" in store.stderr) == (2, True)
    zone = plan_data("import", "EURUSD_M15.csv", "--zone", "Athens").stderr
    assert "unknown time zone `Athens`" in zone
    assert "did you mean `Europe/Athens`?" in zone
    plan_data("import", "EURUSD_M15.csv")
    assert "`eurusd` names no timeframe: say which, such as `eurusd.M15`" in plan_data("export", "eurusd").stderr


def test_a_broker_s_clock_read_as_utc_lies_in_the_future(tmp_path: Path) -> None:
    from_athens = Target(Path("EURUSD_M15.csv"), "eurusd", "M15")
    # the newest bar opened at 10:45 on the broker's clock, which is two hours ahead: 08:45 UTC, and it is 09:00 now
    now = 1_709_629_200_000
    wrong = import_file(from_athens, BarStore(tmp_path / "s"), load_profiles(), now=now)
    assert [f.code for f in wrong.refused] == ["future"]
    assert wrong.refused[0].count == 4
    right = import_file(from_athens, BarStore(tmp_path / "s"), load_profiles(), zone_name="Europe/Athens", now=now)
    assert right.is_stored
