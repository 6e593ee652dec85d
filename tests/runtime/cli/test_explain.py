"""plan explain: the lines of the example plans that a trader looks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.explain import command

SIZED = "so large that 0.5% of equity is lost at the stop, costs included"
POSITION = "the position as it was left by bars that closed at or before t"
PLANS = Path(__file__).resolve().parents[3] / "plans"


def explain(*words: str, given: str = "") -> list[str]:
    result = CliRunner().invoke(command, list(words), input=given)
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        (
            "btc_on_weak_dollar",
            [
                "no entry within 2h of the last exit",
                "at most 3 entries in the broker's day",
                f"rule 1 buys at the next available price, {SIZED}",
                "one order for the whole position: stop 2 ATR, target 2R",
                "dxy.H1.change < -drop [the market]",
                "held > 24h [the position]",
                "drop a constant PARAM: 0.2% FROM 0.05% TO 1% STEP 0.05%",
                # change(1h) of hourly bars is the newest close against the one before: 2 bars
                "dxy H1 2 bars",
                "dxy.H1.change dxy H1 with close <= t",
                f"held {POSITION}",
            ],
        ),
        (
            "gold_reversal_short",
            [
                # 6 bars of M5 are 30 minutes
                f"rule 1 sells with a limit order, valid for 30m, {SIZED}",
                "leg 1: 50% (rounded up to the lot step), target 1R: a broker order of its own",
                "leg 2: the rest, about 50%, target 2R",
                "every leg has the stop cap + 0.5 ATR from the moment it is sent",
                # rsi(14) needs 14 changes: 15 closes
                "gold M15 15 bars",
            ],
        ),
        (
            "usdjpy_london_breakout",
            [
                "at most 1 entry in the broker's day",
                "session(london) [the clock]",
                "time(london) the clock alone: the time of the step",
                "H1.atr(14) usdjpy H1 with close <= t",
            ],
        ),
        (
            "eurusd_trend_pullback",
            [f"trail(1.5 ATR) eurusd M15 with close <= t, and {POSITION}"],
        ),
        (
            "daily_limits",
            [
                "stands above all plans: decides every minute while a traded market is open",
                "account.drawdown(day) > 5% [the account]",
                "account.drawdown(day) the account percent",
                "account.loss(day) the account as it was left by bars that closed at or before t",
            ],
        ),
    ],
)
def test_key_lines(plan: str, lines: list[str]) -> None:
    shown = explain(str(PLANS / f"{plan}.plan"))
    for line in lines:
        assert line in shown


def test_placeholders_and_units_of_defaults_are_filled_in() -> None:
    shown = "\n".join(explain(str(PLANS / "btc_on_weak_dollar.plan"), str(PLANS / "usdjpy_london_breakout.plan")))
    assert "(reads swing_low(3).price)" in shown
    assert "(reads seconds of Europe/London)" in shown
    assert "{" not in shown


def test_netting_says_who_closes_the_part() -> None:
    shown = explain("--netting", str(PLANS / "gold_reversal_short.plan"))
    assert "leg 1: 50% (rounded up to the lot step), target 1R: the program closes this part itself (netting)" in shown
    assert "one position with the stop cap + 0.5 ATR from the moment it is sent" in shown


def test_a_plan_that_only_watches_and_the_limits() -> None:
    text = 'PLAN w TRADE btc ON M5 WHEN close > 3 THEN ALERT "x" COOLDOWN 90m MAX 2 PER 36h ONCE EXPIRES 2027-01-31'
    shown = explain("-", given=text)
    assert "none: no rule of this plan buys or sells" in shown
    assert "no entry within 90m of the last exit" in shown
    assert "at most 2 entries in any 36h" in shown
    assert "one entry ever" in shown
    assert "no entry after 2027-01-31 (UTC), the last day" in shown


def test_a_broken_block_does_not_hide_the_good_one() -> None:
    good = 'PLAN a TRADE btc ON M5 WHEN close > 3 THEN ALERT "x"\n'
    result = CliRunner().invoke(command, ["-"], input=good + 'PLAN b TRADE btc ON M5 WHEN clos > 3 THEN ALERT "x"\n')
    assert result.exit_code == 1
    assert "PLAN a, version" in result.stdout
    assert "`b` is not explained: mend its errors first" in result.stderr
    nothing = CliRunner().invoke(command, ["-"], input="# nothing\n")
    assert nothing.exit_code == 1
    assert "no PLAN and no GUARD" in nothing.stderr
