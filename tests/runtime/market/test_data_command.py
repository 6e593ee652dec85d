"""`plan data`: what it says and how it exits."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tradeplan.runtime.cli.data import command

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
