"""A backtest in one call: what data it refuses to run on, and what it tells about the data."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from tradeplan.runtime import backtest
from tradeplan.runtime.cli.backtest import command
from tradeplan.runtime.engine.backtest import BacktestError
from tradeplan.runtime.engine.views_read import views_read
from tradeplan.runtime.market.profiles import Profiles, load_profiles

from tests.runtime.live.world import checked


def bars(freq: str, start: str, end: str, price: float = 10_000.0) -> pd.DataFrame:
    """Bars that rise by 1 each, from a day to before another."""
    index = pd.date_range(start, end, freq=freq, tz="UTC", inclusive="left")
    close = price + pd.RangeIndex(1, len(index) + 1).to_numpy()
    return pd.DataFrame({"open": close - 1, "high": close, "low": close - 1, "close": close}, index=index)


BTC = {("btc", "M5"): bars("5min", "2024-01-08", "2024-01-10")}
BTC_FEBRUARY = {("btc", "M5"): bars("5min", "2024-02-05", "2024-02-08")}
ETH = {("eth", "H1"): bars("h", "2024-01-08", "2024-01-10")}
OLD_ETH = {("eth", "M5"): bars("5min", "2023-01-08", "2023-01-10"), **ETH}


def plan(condition: str, more: str = "") -> str:
    """A plan on btc M5 whose entry has one more part."""
    return f"PLAN p TRADE btc ON M5\nWHEN close > 10100 AND {condition} THEN BUY 0.01 lots STOP 5%\n{more}"


def test_a_view_without_data_is_an_error_that_names_the_views_that_have() -> None:
    with pytest.raises(BacktestError) as told:
        backtest(plan("eth.close > 1"), BTC | ETH)
    assert str(told.value) == (
        "plan `p` reads eth.M5 in `eth.close > 1`, and of eth.M5 there is no data: there are bars of eth.H1"
        " (2024-01-08 to 2024-01-10); read a view that has bars, or import `eth.M5` with `plan data import`"
    )
    with pytest.raises(BacktestError, match="there are no bars of eth at all, only of btc;"):
        backtest(plan("eth.close > 1"), BTC)
    with pytest.raises(
        BacktestError, match=r"of eth.M5 there are no bars in 2024-01-08 to 2024-01-10: there are bars of eth.M5 \(2023"
    ):
        backtest(plan("eth.close > 1"), BTC | OLD_ETH)


@pytest.mark.parametrize(
    "text",
    [
        plan("(close < 1 OR eth.close > 1)"),
        plan("eth.close > 1 AND OPTIONAL eth.close > 2"),
        plan("OPTIONAL eth.close > 2", "WHEN eth.close < 1 THEN CLOSE"),
        plan("known(eth.close)", "WHEN held > 1h THEN MOVE STOP TO close - (eth.close / eth.open) * atr(3)"),
        "PLAN p TRADE btc ON M5 WHEN close > 1 THEN BUY 0.01 lots STOP (eth.close / eth.open) * atr(3)",
    ],
)
def test_one_part_that_needs_the_view_is_enough(text: str) -> None:
    with pytest.raises(BacktestError, match=r"plan `p` reads eth.M5 in "):
        backtest(text, BTC)


@pytest.mark.parametrize("part", ["OPTIONAL eth.close > 1", "NOT known(eth.close)", "NOT known(eth.ema(5))"])
def test_a_view_that_may_be_missing_is_a_warning_in_the_result(part: str) -> None:
    result = backtest(plan(part), BTC | ETH)
    assert result.trades
    (warning,) = result.warnings
    assert warning.startswith(
        f"plan `p` reads eth.M5 in `{part}`, and of eth.M5 there is no data: there are bars of eth"
    )
    assert warning.endswith("the part stands under OPTIONAL or known(), so the run went on without it")
    assert result.as_dict()["warnings"] == [warning]
    assert json.loads(json.dumps(result.as_dict()))["tested_on"] == {"btc": "M5"}


def test_what_is_read_is_found_once_and_needed_wins() -> None:
    (p,), _, _ = checked(plan("OPTIONAL eth.M15.close > 1 AND eth.M15.open > 1 AND known(dxy.H1.close)"))
    assert {(r.lane.market, r.lane.timeframe, r.needed) for r in views_read([p])} == {
        ("btc", "M5", True),
        ("eth", "M15", True),
        ("dxy", "H1", False),
    }


def test_fills_are_tested_on_bars_of_the_run() -> None:
    frames = {
        ("btc", "M1"): bars("min", "2024-01-08", "2024-01-10"),
        ("btc", "M5"): bars("5min", "2024-02-05", "2024-02-08"),
    }
    later = backtest(plan("close > 1"), frames, start="2024-02-05", end="2024-02-08")
    assert later.trades
    assert later.tested_on == {"btc": "M5"}
    (warning,) = later.warnings
    assert warning == (
        "fills of btc are tested on M5, as finer bars do not cover the run: there are bars of btc.M1 (2024-01-08 to"
        " 2024-01-10)"
    )
    all_of_it = backtest(plan("close > 1"), frames)
    assert (all_of_it.tested_on, all_of_it.start) == ({"btc": "M5"}, later.start)
    both = backtest(plan("close > 1"), {("btc", "M1"): bars("min", "2024-02-05", "2024-02-08"), **BTC_FEBRUARY})
    assert (both.tested_on, both.warnings) == ({"btc": "M1"}, ())


def test_a_span_in_which_nothing_can_be_traded_is_an_error() -> None:
    with pytest.raises(BacktestError) as told:
        backtest(plan("close > 1"), BTC, start="2024-03-01", end="2024-03-05")
    assert str(told.value) == (
        "no bars of `btc` at M5 or finer in 2024-03-01 to 2024-03-05, so nothing can be traded: there are bars of"
        " btc.M5 (2024-01-08 to 2024-01-10); ask for another span, or import bars with `plan data import`"
    )
    with pytest.raises(
        BacktestError, match=r"no bars of `btc` at M5 or finer, so nothing can be traded: there are bars"
    ):
        backtest(plan("close > 1"), {("btc", "H1"): bars("h", "2024-01-08", "2024-01-10")})
    with pytest.raises(BacktestError, match="the start 2024-01-09 is not before the end 2024-01-08: exchange them"):
        backtest(plan("close > 1"), BTC, start="2024-01-09", end="2024-01-08")


def folder_of(frames: dict[tuple[str, str], pd.DataFrame], folder: Path) -> Path:
    """A folder laid out as SYMBOL/TIMEFRAME.parquet."""
    for (market, timeframe), frame in frames.items():
        path = folder / {"btc": "BTCUSD", "eth": "ETHUSD"}[market] / f"{timeframe}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.assign(time=frame.index.astype("datetime64[ns, UTC]").view("int64") // 10**9).to_parquet(path)
    return folder


def test_the_command_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEPLAN_CACHE", str(tmp_path / "cache"))
    data = folder_of(BTC | ETH, tmp_path / "data")
    file = tmp_path / "p.plan"

    def run(text: str, *options: str) -> tuple[int, str]:
        file.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(command, [str(file), "--data", str(data), *options], env={"COLUMNS": "300"})
        return done.exit_code, done.output

    code, told = run(plan("eth.close > 1"))
    assert code == 2
    assert "plan `p` reads eth.M5 in `eth.close > 1`, and of eth.M5 there is no data" in told
    code, told = run(plan("OPTIONAL eth.close > 1"))
    assert code == 0
    assert "warning: plan `p` reads eth.M5 in `OPTIONAL eth.close > 1`" in told
    assert "fills tested on          btc M5" in told
    code, told = run(plan("close > 1"), "--from", "2024-03-01")
    assert code == 2
    assert "no bars of `btc` at M5 or finer in 2024-03-01 to the end, so nothing can be traded" in told


def test_plans_are_checked_by_the_profiles_that_are_given() -> None:
    shipped = load_profiles()["btc"]
    own = shipped.model_copy(update={"names": ("coin",), "symbols": ("COIN",), "pip": 50.0})
    text = "PLAN p\nTRADE coin ON M5\nWHEN close > 10100 THEN BUY 0.1 lots STOP 5% TARGET 4 pips\nONCE\n"
    result = backtest(text, {("coin", "M1"): bars("1min", "2024-01-08", "2024-01-10")}, profiles=Profiles([own]))
    (trade,) = result.trades_frame().itertuples()
    assert trade.exit - trade.entry == pytest.approx(4 * 50.0)  # whatever a pip of the shipped market is
