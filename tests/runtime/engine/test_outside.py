"""With a broker outside: told the paper broker's own fills, the engine makes the same decisions and the same trades."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import BacktestError
from tradeplan.runtime.engine.events import Decision, Fill
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles

from tests.agreement.real import SERIES, Series, millis, read_plans
from tests.agreement.runs import can_run
from tests.oracle.cases import random_case
from tests.runtime.engine.mirrored import Mirror

law = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@law
@given(st.integers(0, 2**32).map(Random))
def test_random_plans_decide_and_trade_as_inside(r: Random) -> None:
    case = random_case(r)
    if not can_run(case):
        return
    account = AccountConfig(mode="netting" if case.netting else "hedging", stop_out=0.0, record_moves=True)
    try:
        mirror = Mirror(case.plans, case.guards, case.world.dataset, account, case.world.span)
    except BacktestError:
        return  # a market without bars in the span: nothing can be traded
    mirror.run()
    assert mirror.differences() == [], case.text


@pytest.mark.real_data
@pytest.mark.parametrize("series", SERIES[:1], ids=lambda s: s.market)
def test_example_plans_over_real_bars(series: Series, real_data: Path) -> None:
    profiles = load_profiles()
    span = millis(series.slice[0]), millis(series.slice[1])
    dataset = Dataset.open(real_data / "bars", profiles).window(*span)
    plans, guards = read_plans(series.files, profiles)
    mirror = Mirror(plans, guards, dataset, AccountConfig(record_moves=True, stop_out=0.0), span)
    mirror.run()
    assert mirror.differences() == []
    assert sum(isinstance(e, Fill) for e in mirror.told_outside) > 0
    assert sum(isinstance(e, Decision) for e in mirror.told_outside) > 0
