"""Seasonality, periods, correlation and rules of a real run against pandas."""

from __future__ import annotations

import empyrical
import numpy as np
import pandas as pd
import pytest
from tradeplan.runtime.analysis.analysis import Analysis, analyse
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.result import BacktestResult


def _closed(result: BacktestResult) -> pd.DataFrame:
    frame: pd.DataFrame = result.trades_frame()
    return frame[frame["closed"].notna()]


def _session(hour: int) -> str:
    for name, over in (("asia", 8), ("london", 13), ("overlap", 16), ("new_york", 21)):
        if hour < over:
            return name
    return "none"


def test_seasonality_is_a_groupby_of_the_exit(result: BacktestResult) -> None:
    frame, found = _closed(result), analyse(result).seasonality
    exits = frame["closed"].dt
    keys = {
        "hour": exits.hour,
        "weekday": exits.day_name().str.lower(),
        "month": exits.month_name().str.lower(),
        "session": exits.hour.map(_session),
    }
    for name, key in keys.items():
        groups = frame["net"].groupby(key)
        for row in found[name]:
            if row["key"] not in groups.groups:
                assert (row["trades"], row["net"], row["mean"], row["win_rate"]) == (0, 0.0, None, None)
                continue
            net = groups.get_group(row["key"])
            assert row["trades"] == len(net)
            assert row["net"] == pytest.approx(net.sum(), abs=0.006)
            assert row["mean"] == pytest.approx(net.mean(), abs=1e-9)
            assert row["win_rate"] == (net > 0).mean()
        assert sum(row["trades"] for row in found[name]) == len(frame)


@pytest.mark.parametrize(("name", "rule"), [("monthly", "monthly"), ("quarterly", "quarterly"), ("yearly", "yearly")])
def test_returns_of_periods_are_the_oracles(analysed: Analysis, name: str, rule: str) -> None:
    days = analysed.periods["daily"]
    series = pd.Series([d["return"] for d in days], index=pd.to_datetime([d["start"] for d in days], unit="ms"))
    expected = empyrical.aggregate_returns(series, rule).tolist()
    assert [p["return"] for p in analysed.periods[name]] == pytest.approx(expected, abs=1e-9)


def test_periods_add_up(real: BacktestResult, analysed: Analysis) -> None:
    closed = _closed(real)
    for rows in analysed.periods.values():
        assert sum(row["trades"] for row in rows) == len(closed)
        assert sum(row["net"] for row in rows) == pytest.approx(closed["net"].sum(), abs=1e-6)
        assert sum(row["change"] for row in rows) == pytest.approx(real.equity - 10_000.0, abs=1e-6)
        assert rows[-1]["equity"] == real.equity
        assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)


def test_weeks_begin_on_sunday(analysed: Analysis) -> None:
    starts = pd.to_datetime([row["start"] for row in analysed.periods["weekly"]], unit="ms")
    assert set(starts[1:].day_name()) <= {"Sunday", "Monday"}  # Monday where Sunday had no bar of its own
    assert len(starts) in (104, 105, 106)


def test_correlation_is_that_of_pandas(real: BacktestResult, analysed: Analysis) -> None:
    days = Days(Ledger(real.recording))
    before = days.equity[:-1]
    frame = pd.DataFrame(
        {p.name: np.diff(days.paths[i].at(days.edges)) / before for i, p in enumerate(days.ledger.plans)}
    )
    bars = {p.name: real.recording.traded[p.market].bars.bars.close_time for p in days.ledger.plans}
    for name in frame:
        frame.loc[np.histogram(bars[str(name)] - 1, bins=days.edges)[0] == 0, name] = np.nan
    found = analysed.correlation["plans"]
    expected = frame[found["names"]].corr(min_periods=20)
    np.testing.assert_allclose(np.array(found["matrix"], dtype=float), expected.to_numpy(), rtol=0, atol=1e-9)
    one, other = found["names"][0], found["names"][1]
    assert found["counts"][0][1] == int((frame[one].notna() & frame[other].notna()).sum()) > 400
    pairs = [found["matrix"][i][j] for i, j in ((0, 1), (0, 2), (1, 2))]
    assert (found["lowest"], found["highest"]) == (min(pairs), max(pairs))
    assert analysed.correlation["symbols"]["names"] == ["eurjpy", "gbpusd"]


def test_trades_by_rule_are_those_of_their_fills(real: BacktestResult, analysed: Analysis) -> None:
    for name, found in analysed.clauses.items():
        trades = [t for t in real.trades if t.plan == name and t.closed]
        last = {f.position: f for f in real.fills if f.plan == name and f.reason not in ("entry", "add")}
        for row in found["exits"]:
            mine = [
                t
                for t in trades
                if last[t.position].reason == row["by"]
                and (row["rule"] is None or last[t.position].rule == row["rule"])
            ]
            assert row["trades"] == len(mine) > 0
            assert row["net"] == pytest.approx(sum(t.net for t in mine), abs=0.006)
            assert row["expectancy_r"] == pytest.approx(sum(t.r for t in mine) / len(mine))
        assert sum(row["trades"] for row in found["exits"]) == len(trades)
        assert sum(row["trades"] for row in found["entries"]) == len(trades)
    closing = [row["text"] for row in analysed.clauses["yen_dips"]["exits"] if row["rule"] is not None]
    assert closing == ["WHEN held > 36h THEN CLOSE"]
