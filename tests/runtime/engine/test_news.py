"""Plans that read news: the running engine and the interpreter decide like the backtest, guards see every currency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import Checked, check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.cli.check import command as check
from tradeplan.runtime.cli.data import command as data
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event, Fill, Halt
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.news import calendar_of
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.simulator import DEFAULT_END, simulate, simulated_dataset
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import compare, fast, interpreted

DAY = 86_400_000
ACCOUNT = AccountConfig()
PLAN = """
PLAN newsy
TRADE usdjpy ON M15

WHEN news.blackout(impact=medium, before=45m, after=30m)
THEN BUY RISK 0.5% STOP 20 pips TARGET 3R

WHEN news.absorption(impact=medium, before=45m, after=30m) AND close > news.pre_level(impact=medium) THEN CLOSE 50%
WHEN post_news_reclaim(impact=medium, percent=0.02%, multiple=0.1) THEN CLOSE
WHEN held >= 15m THEN MOVE STOP TO weekend_tighten(0.5)
"""


def checked(text: str) -> Checked:
    """Plans and guards without errors."""
    found = check_source(Source("n.plan", text), catalog(), load_facts(), Graph())
    assert found.ok, found.diagnostics
    return found


@pytest.fixture(scope="module")
def ten_days() -> Dataset:
    """Ten simulated days with the simulator's calendar."""
    return simulated_dataset(["usdjpy"], days=10)


def test_every_instant_alone_is_the_backtest(ten_days: Dataset) -> None:
    plans = checked(PLAN).plans
    start, end = DEFAULT_END - 10 * DAY, DEFAULT_END
    whole = run_backtest(plans, (), ten_days, catalog(), ACCOUNT, start, end).events()
    engine = Engine(ten_days, ACCOUNT, catalog(), start, end)
    engine.activate(plans, ())
    told: list[Event] = []
    while (instant := engine.next_instant()) is not None:
        told += engine.advance(instant)
    assert told == whole
    assert len([e for e in whole if isinstance(e, Fill)]) >= 4


def test_the_interpreter_decides_alike(ten_days: Dataset) -> None:
    plans = tuple(checked(PLAN).plans)
    slow, _ = interpreted(plans, (), ten_days, ACCOUNT, DEFAULT_END)
    assert len(slow.decisions) > 4
    assert compare(slow, fast(plans, (), ten_days, ACCOUNT, Kernels("interpreted"), 64, DEFAULT_END)) == []


def test_a_guard_sees_the_news_of_every_currency() -> None:
    # one event of a currency that the only market has not: its plan does not see it, the guard does
    start = DEFAULT_END - 10 * DAY
    at = start + 2 * DAY + 6 * 3_600_000  # a Friday at 03:00
    listed = [(start + i * DAY, c, 1, "filling") for i in range(-20, 40) for c in ("USD", "JPY", "AUD")]
    news = calendar_of("made up", [*listed, (at, "AUD", 3, "RBA Interest Rate Decision")])
    rates = simulate(["usdjpy"], start, DEFAULT_END)
    dataset = Dataset.from_rates({("usdjpy", "M1"): rates["usdjpy"]}, load_profiles(), news=news)
    found = checked(
        "PLAN p\nTRADE usdjpy ON M15\nWHEN news.blackout THEN BUY RISK 0.5% STOP 20 pips\n\n"
        "GUARD g\nWHEN news.blackout THEN HALT FOR 1h\n"
    )
    events = run_backtest(found.plans, found.guards, dataset, catalog(), ACCOUNT).events()
    assert [e for e in events if isinstance(e, Fill)] == []
    # 15 minutes before; an hour later, when the halt ends, the window is over
    assert [e.time for e in events if isinstance(e, Halt)] == [at - 15 * 60_000]


def test_checking_against_data_says_that_the_calendar_is_missing(tmp_path: Path, real_data: Path) -> None:
    plan = tmp_path / "n.plan"
    plan.write_text(PLAN, encoding="utf-8")
    bars = real_data / "bars" / "USDJPY" / "M15.parquet"
    store = str(tmp_path / "store")
    runner = CliRunner()
    imported = runner.invoke(data, ["import", str(bars), "--market", "usdjpy", "--timeframe", "M15", "--store", store])
    assert imported.exit_code == 0, imported.output
    told = runner.invoke(check, [str(plan), "--data", store])
    assert told.output.count("no-stream") >= 2
    assert "`news.blackout` is made from a calendar of news, which this data has not: TRUE" in told.output
    listed = runner.invoke(data, ["ls", "--data", store])
    assert "calendar of news: none" in listed.output
    calendar = real_data / "calendar" / "us_official_2021_2024.parquet"
    imported = runner.invoke(data, ["import", str(calendar), "--store", store])
    assert imported.exit_code == 0, imported.output
    assert "412 new events, 0 already there" in imported.output
    again = runner.invoke(data, ["import", str(calendar), "--store", store])
    assert "0 new events, 412 already there" in again.output
    assert "no-stream" not in runner.invoke(check, [str(plan), "--data", store]).output
    listed = runner.invoke(data, ["ls", "--data", store])
    assert "412 events from 2021-01-08 13:30 to 2024-12-20 13:30 (USD)" in listed.output


def test_columns_of_the_calendar_are_the_same_in_chunks_and_alone(ten_days: Dataset) -> None:
    closes = np.arange(DEFAULT_END - DAY, DEFAULT_END, 900_000, dtype=np.int64)
    arguments = (2.0, 0.0, 0.0, 900_000.0, 900_000.0)
    for name in ("news_left", "news_began", "news_number"):
        whole = ten_days.clocked("usdjpy", closes - 900_000, closes, name, arguments)
        assert whole is not None
        alone = [ten_days.clocked("usdjpy", c - 900_000, c, name, arguments) for c in closes[:, None]]
        assert [float(a[0]) for a in alone if a is not None] == whole.tolist()
