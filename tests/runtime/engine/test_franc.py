"""USDCHF on 2015-01-15, when the floor under the euro fell: what a gap does to a stop, and to the worst loss.

The hourly bar that opens at 09:00 UTC holds the fall, from 1.02112 to 0.81941; the next opens at 0.83676. A stop inside
a bar fills at its price, as bars cannot tell a fall from a jump, so the bars as delivered flatter it. Without that
hour, as with a broker who quoted nothing in it, the next price is that of 10:00.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Decision, Event, Fill
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import as_rows, compare, interpreted

HOUR = 3_600_000
DAY = 1_421_280_000_000  # 2015-01-15 00:00 UTC
PLAN = """
PLAN p TRADE usdchf ON H1
WHEN time = 06:00 THEN BUY 0.20 lots STOP 1.0150
GUARD g
LIMIT account.worst_loss <= {limit}%
"""
STOP, UNITS = 1.0150, 20
# the bars that matter, from the data: opens and closes of the hours that open at 05:00, 06:00, 08:00, 09:00 and 10:00
CLOSE_05, OPEN_06, CLOSE_08, CLOSE_09, OPEN_10 = 1.02047, 1.02047, 1.02113, 0.85157, 0.83676


@dataclass(frozen=True)
class Outcome:
    """What happened, and the balance at the end."""

    events: list[Event]
    balance: float

    @property
    def fills(self) -> list[Fill]:
        """The fills."""
        return [e for e in self.events if isinstance(e, Fill)]

    @property
    def refused(self) -> float:
        """What the broken limit would have read."""
        decision = next(e for e in self.events if isinstance(e, Decision))
        assert decision.outcome == "limit"
        assert decision.limit is not None
        return decision.limit.value


def bars_of_the_day(folder: Path, gap: float, without: int | None = None) -> Dataset:
    """The hours of two days, perhaps without one of them; `gap` is the allowance of the profile."""
    profiles = Profiles([load_profiles()["usdchf"].model_copy(update={"gap": gap})])
    rates = Dataset.open(folder / "bars", profiles).rates("usdchf", "H1")
    keep = (rates.time >= DAY) & (rates.time < DAY + 16 * HOUR)
    if without is not None:
        keep &= rates.time != without
    columns = {name: np.asarray(getattr(rates, name))[keep] for name in Rates.__slots__}
    return Dataset.from_rates({("usdchf", "H1"): Rates(**columns)}, profiles)


def run(dataset: Dataset, limit: float) -> Outcome:
    """Both engines, which must agree."""
    checked = check_source(Source("franc", PLAN.format(limit=limit)), catalog(), dataset.profiles().facts(), Graph())
    assert checked.ok, checked.diagnostics
    account = AccountConfig(stop_out=50.0, record_moves=True)
    end = DAY + 16 * HOUR
    slow, _ = interpreted(checked.plans, checked.guards, dataset, account, end)
    from_backtest = _backtest(checked.plans, checked.guards, dataset, account, end)
    assert compare(slow, as_rows(from_backtest.events, account)) == []
    return from_backtest


def _backtest(
    plans: tuple[CheckedPlan, ...],
    guards: tuple[CheckedGuard, ...],
    dataset: Dataset,
    account: AccountConfig,
    end: int,
) -> Outcome:
    recording = run_backtest(plans, guards, dataset, catalog(), account, end=end, kernels=Kernels("interpreted"))
    return Outcome(recording.events(), recording.balance)


def cents(x: float) -> float:
    """To the cent, half away from zero."""
    return float(np.sign(x) * np.floor(abs(x) * 100 + 0.5) / 100)


# by hand: the data has no spread, so it is the profile's: 15 points before 06:00, then 10; slippage is 1 point,
# commission 3.50 a lot and side
ESTIMATE = 1.02047 + 0.00015 + 0.00001
FILL = 1.02047 + 0.00010 + 0.00001
LOTS = 0.20
COMMISSION = 0.70


def test_the_bars_are_those_of_the_day(real_data: Path) -> None:
    bars = bars_of_the_day(real_data, 1.0).bars("usdchf", "H1")
    assert bars is not None
    row = {int(t - DAY) // HOUR: i for i, t in enumerate(bars.open_time)}
    assert (bars.close[row[5]], bars.open[row[6]], bars.close[row[8]]) == (CLOSE_05, OPEN_06, CLOSE_08)
    assert (bars.open[row[9]], bars.low[row[9]], bars.close[row[9]]) == (1.02112, 0.81941, CLOSE_09)
    assert bars.open[row[10]] == OPEN_10


def test_inside_a_bar_the_stop_fills_at_its_price(real_data: Path) -> None:
    outcome = run(bars_of_the_day(real_data, 1.0), 10.0)
    entry, stop = outcome.fills
    assert (entry.price, entry.units, entry.commission) == (pytest.approx(FILL, abs=1e-9), UNITS, COMMISSION)
    assert (stop.reason, stop.price, stop.time) == ("stop", pytest.approx(STOP - 0.00001, abs=1e-9), DAY + 10 * HOUR)
    # 0.00559 x 20,000 francs; a franc is 1 / 0.85157 dollars at the bar's close, not 1 / 1.02047 as at the decision
    assert stop.profit == cents((STOP - 0.00001 - FILL) * 20_000 / CLOSE_09) == -131.29
    assert outcome.balance == pytest.approx(10_000 - 131.29 - 2 * COMMISSION, abs=1e-9)


def test_after_an_hour_without_prices_it_fills_at_the_next_open(real_data: Path) -> None:
    outcome = run(bars_of_the_day(real_data, 1.0, DAY + 9 * HOUR), 10.0)
    _, stop = outcome.fills
    assert (stop.reason, stop.price, stop.time) == ("stop", pytest.approx(OPEN_10 - 0.00001, abs=1e-9), DAY + 10 * HOUR)
    # the newest close at 10:00 is that of 09:00, an hour old and fresh
    assert stop.profit == cents((OPEN_10 - 0.00001 - FILL) * 20_000 / CLOSE_08) == -3600.52
    assert outcome.balance == pytest.approx(10_000 - 3_600.52 - 2 * COMMISSION, abs=1e-9)


def worst(gap: float) -> float:
    """The worst loss of the order in dollars, at the rate of the decision."""
    out = STOP - (0.00001 + ESTIMATE * gap / 100)
    return cents((ESTIMATE - out) * 20_000 / CLOSE_05) + 2 * COMMISSION


def test_the_worst_loss_holds_as_long_as_the_gap_is_within_the_allowance(real_data: Path) -> None:
    """The jump was 17.6 % beyond the stop. An allowance of 1 % bounds 3.1 % of equity, and 36 % were lost."""
    lost = 3_600.52 + 2 * COMMISSION
    assert pytest.approx(17.56, abs=0.01) == 100 * (STOP - OPEN_10) / STOP
    assert run(bars_of_the_day(real_data, 1.0), 1.0).refused == pytest.approx(worst(1.0) / 100, abs=1e-9)
    assert worst(1.0) == pytest.approx(311.97, abs=0.005)
    assert worst(1.0) < lost
    assert run(bars_of_the_day(real_data, 20.0), 1.0).refused == pytest.approx(worst(20.0) / 100, abs=1e-9)
    assert worst(20.0) == pytest.approx(4_112.56, abs=0.005)
    assert worst(20.0) > lost


def test_a_limit_that_reckons_with_such_a_gap_refuses_the_entry(real_data: Path) -> None:
    hole = DAY + 9 * HOUR
    assert len(run(bars_of_the_day(real_data, 1.0, hole), 5.0).fills) == 2
    refused = run(bars_of_the_day(real_data, 20.0, hole), 5.0)
    assert refused.fills == []
    assert refused.balance == 10_000.0
