"""Money in a plan is money of the account: dollars and US cents come to the same orders, anything else is refused.

btc: one lot is one coin, lot step 0.01, slippage 2.00, no commission; the bars have a spread of 1 point = 0.01.
They fall by 1 a bar from 10,000, so bar 101 is the first to close below 9,900 (at 9,899), and bar 102 opens there.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime import backtest
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.cli.backtest import command
from tradeplan.runtime.engine.account import AccountConfig, AccountError
from tradeplan.runtime.engine.backtest import BacktestError
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

START = 1_704_672_000_000  # 2024-01-08 00:00 UTC
BAR = 300_000
DOLLARS = AccountConfig(balance=10_000.0)
CENTS = AccountConfig(balance=1_000_000.0, currency="USC")


def frame() -> pd.DataFrame:
    """130 M5 bars, each closing 1 below its open."""
    close = 10_000.0 - pd.RangeIndex(1, 131).to_numpy()
    index = pd.date_range("2024-01-08", periods=130, freq="5min", tz="UTC")
    return pd.DataFrame({"open": close + 1, "high": close + 1, "low": close, "close": close, "spread": 1}, index=index)


FRAMES = {("btc", "M5"): frame()}


def plan(size: str) -> str:
    """Buys once, at bar 102's open of 9,899: filled at 9,899 + 0.01 + 2.00."""
    return f"PLAN p TRADE btc ON M5 WHEN close < 9900 THEN BUY {size} STOP 5000 points"


def guard(limit: str) -> str:
    """Halts when the day's loss is beyond a limit."""
    return f"\nGUARD g\nWHEN account.loss(day) > {limit} THEN HALT FOR 1h"


def run(text: str, account: AccountConfig) -> BacktestResult:
    """The text over the bars."""
    result: BacktestResult = backtest(text, FRAMES, account=account)
    return result


def test_the_same_risk_in_dollars_and_cents_is_the_same_size() -> None:
    # one lot step risks (50 to the stop + 2 slippage) x 0.01 = 0.52 USD = 52 USC; 10 / 0.52 = 1000 / 52 = 19.2
    for size, account in (("RISK 10 USD", DOLLARS), ("RISK 1000 USC", CENTS)):
        (trade,) = run(plan(size), account).trades
        assert trade.lots == pytest.approx(0.19)
        assert trade.entry == pytest.approx(9_901.01)
    # 0.1 % of 10,000 USD = 10 USD, of 1,000,000 USC = 1,000 USC
    for account in (DOLLARS, CENTS):
        (trade,) = run(plan("RISK 0.1%"), account).trades
        assert trade.lots == pytest.approx(0.19)


def test_profits_are_counted_in_the_unit_of_the_account() -> None:
    # the last close is 9,870: (9,870 - 9,901.01) x 0.19 = -5.8919 USD, to the cent -5.89; -589.19 USC
    assert run(plan("RISK 10 USD"), DOLLARS).equity == pytest.approx(10_000 - 5.89)
    assert run(plan("RISK 1000 USC"), CENTS).equity == pytest.approx(1_000_000 - 589.19)


def test_a_guard_trips_at_the_same_bar_in_dollars_and_cents() -> None:
    # bar 101 + n closes n below 9,899, so the loss is (n + 2.01) x 19 USC: 95.19 at n = 3 and 114.19 at n = 4
    for size, limit, account in (("RISK 10 USD", "1 USD", DOLLARS), ("RISK 1000 USC", "100 USC", CENTS)):
        halts = run(plan(size) + guard(limit), account).halts
        assert halts[0].time == START + 105 * BAR


@pytest.mark.parametrize(
    ("text", "currency", "words"),
    [
        (plan("RISK 10 USD"), "USC", "the account is kept in USC, `10 USD` is not"),
        (plan("RISK 1000 USC"), "USD", "the account is kept in USD, `1000 USC` is not"),
        (plan("RISK 10 USD"), "EUR", "the account is kept in EUR, `10 USD` is not"),
        (plan("0.01 lots") + guard("1 USD"), "USC", "USC"),
        (plan("0.01 lots") + guard("100 USC"), "USD", "USD"),
    ],
)
def test_money_in_another_unit_is_refused(text: str, currency: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BacktestError) as told:
        backtest(text, FRAMES, account=AccountConfig(currency=currency))
    assert words in str(told.value)
    assert "help: " in str(told.value), "says what to write instead"
    file = tmp_path / "p.plan"
    file.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(command, [str(file), "--currency", currency, "--days", "1"])
    assert done.exit_code == 1
    assert words in done.output


def blocks(text: str, currency: str) -> list[CheckedPlan | CheckedGuard]:
    """A text checked for an account."""
    checked = check_source(Source("p", text), catalog(), load_facts().with_account(currency), Graph())
    assert checked.ok, checked.diagnostics
    return [*checked.plans, *checked.guards]


def test_checked_plans_of_another_account_are_refused_when_they_hold_money() -> None:
    with pytest.raises(AccountError) as told:
        backtest(blocks(plan("RISK 10 USD"), "USD"), FRAMES, account=CENTS)
    assert str(told.value) == (
        "plan `p` was checked for an account in USD and holds money, but this account is kept in USC: check it with"
        " `markets.with_account('USC')`, or give its text or file, which is then checked for this account"
    )
    with pytest.raises(AccountError, match=r"guard `g` was checked for an account in USC and holds money"):
        backtest(blocks(plan("0.19 lots") + guard("100 USC"), "USC"), FRAMES, account=DOLLARS)
    (trade,) = backtest(blocks(plan("RISK 1000 USC"), "USC"), FRAMES, account=CENTS).trades
    assert trade.lots == pytest.approx(0.19)
    (trade,) = backtest(blocks(plan("RISK 0.1%"), "USD"), FRAMES, account=CENTS).trades
    assert trade.lots == pytest.approx(0.19), "a percent means the same on every account"


def test_a_dataset_made_for_another_account_is_counted_in_this_one() -> None:
    dollars = Dataset.from_frames(FRAMES, load_profiles())
    result = backtest(plan("RISK 1000 USC"), dollars, account=CENTS)
    assert result.equity == pytest.approx(1_000_000 - 589.19)
    assert dollars.with_account("USD") is dollars
    assert dollars.with_account("USC").with_account("USC") is dollars.with_account("USC")
    window = dollars.window(None, START + 104 * BAR)
    # the last close is then 9,896: (9,896 - 9,901.01) x 19 = -95.19
    assert backtest(plan("RISK 1000 USC"), window, account=CENTS).equity == pytest.approx(1_000_000 - 95.19)


def test_without_a_rate_nothing_can_be_traded() -> None:
    with pytest.raises(BacktestError, match=r"profits of `btc` are in USD and the account is kept in EUR, but"):
        backtest(plan("RISK 0.1%"), FRAMES, account=AccountConfig(currency="EUR"))
    pair = frame().assign(open=1.25, high=1.25, low=1.25, close=1.25)
    euros = backtest(plan("RISK 8 EUR"), FRAMES | {("eurusd", "M5"): pair}, account=AccountConfig(currency="EUR"))
    # 8 EUR are 10 USD at 1.25; the loss of 5.8919 USD is 4.71 EUR
    assert euros.trades[0].lots == pytest.approx(0.19)
    assert euros.equity == pytest.approx(10_000 - 4.71)


@pytest.mark.parametrize("currency", ["usd", "US", "dollars", ""])
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(AccountError, match="is not a currency of an account: expected three capitals such as USD"):
        AccountConfig(currency=currency)


@pytest.mark.parametrize("balance", [0.0, -1.0, float("inf"), float("nan")])
def test_a_balance_is_an_amount(balance: float) -> None:
    with pytest.raises(AccountError, match="cannot be traded: expected more than 0"):
        AccountConfig(balance=balance)


def test_a_balance_keeps_the_other_settings() -> None:
    account = AccountConfig(currency="USC", leverage=30.0, stop_out=20.0)
    result = backtest(plan("RISK 1000 USC"), FRAMES, account=account, balance=1_000_000.0)
    assert result.recording.account == AccountConfig(balance=1_000_000.0, currency="USC", leverage=30.0, stop_out=20.0)
