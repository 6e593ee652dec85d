"""plan new: whatever is answered, what it writes is a good plan in the layout, or nothing."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tradeplan.runtime.cli import check, fmt, new
from tradeplan.runtime.cli._new_text import plan_name

MARKETS = ("btc", "EURUSD", "gold", "xauusd")
TIMEFRAMES = ("M1", "m5", "M15", "M30", "H1", "h4", "D1")
STOPS = ("2 ATR", "0.5%", "lowest(20) - 0.5 ATR")
FULL = ("--market", "btc", "--side", "buy", "--trigger", "rsi(14) CROSSES ABOVE 30", "--stop", "2 ATR", "--risk", "1%")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, given: str = "") -> Result:
    result = CliRunner().invoke(new.command, list(words), input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def good(path: Path) -> bool:
    """Whether a file passes check without a warning, and the layout."""
    checked = CliRunner().invoke(check.command, ["-q", str(path)])
    laid_out = CliRunner().invoke(fmt.command, ["--check", str(path)])
    return (checked.exit_code, checked.output, laid_out.exit_code) == (0, "", 0)


def test_every_combination_of_options_gives_a_good_plan(folder: Path) -> None:
    combinations = list(product(MARKETS, TIMEFRAMES, ("buy", "SELL"), ("0.5%", "100 USD"), ("2R", "3 ATR")))
    for number, (market, timeframe, side, risk, target) in enumerate(combinations):
        stop = STOPS[number % 3] if side == "buy" else STOPS[number % 2]
        options = ("--market", market, "--timeframe", timeframe, "--side", side, "--risk", risk, "--stop", stop)
        result = run(f"p{number}.plan", *options, "--target", target, "--trigger", "rsi(14) CROSSES BELOW 70")
        assert result.exit_code == 0, (options, result.output)
    assert len(list(folder.iterdir())) == len(combinations) == 4 * 7 * 2 * 2 * 2
    checked = CliRunner().invoke(check.command, ["-q", "."])
    assert (checked.exit_code, checked.output) == (0, "")
    assert CliRunner().invoke(fmt.command, ["--check", "."]).exit_code == 0


def test_what_no_option_says_is_asked(folder: Path) -> None:
    questions = run("a", given="gold\nsell\nrsi(14) CROSSES BELOW 70\n1 ATR\n100 USD\n")
    assert questions.exit_code == 0
    for word in ("Market", "Buy or sell", "Enter when", "Stop", "Risk"):
        assert word in questions.output
    text = (folder / "a.plan").read_text(encoding="utf-8")
    assert "TRADE gold ON M15" in text
    assert "THEN SELL RISK 100 USD STOP 1 ATR TARGET 2R" in text
    assert good(folder / "a.plan")
    assert run("b", *FULL[2:], given="\n").exit_code == 0
    assert "TRADE btc ON M15" in (folder / "b.plan").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("first", "first"),
        ("My First-Plan", "my_first_plan"),
        ("2fast", "plan_2fast"),
        ("größe", "gr__e"),
        ("❤", "plan"),
        ("a.b", "a_b"),
        ("x" * 100, "x" * 64),
        ("__", "plan"),
    ],
)
def test_the_plan_is_named_after_its_file(stem: str, name: str, folder: Path) -> None:
    assert plan_name(stem) == name
    result = run(f"{stem}.plan", *FULL)
    assert result.exit_code == 0, result.output
    assert good(folder / f"{stem}.plan")
    assert f"\nPLAN {name} " in (folder / f"{stem}.plan").read_text(encoding="utf-8")


def test_an_existing_file_is_not_written_over(folder: Path) -> None:
    (folder / "a.plan").write_text("mine", encoding="utf-8")
    result = run("a", *FULL)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert (folder / "a.plan").read_text(encoding="utf-8") == "mine"
    assert run("a", *FULL, "--force").exit_code == 0
    assert good(folder / "a.plan")
    (folder / "b.plan").mkdir()
    assert run("b", *FULL, "--force").exit_code == 2
    missing = run("nowhere/c", *FULL)
    assert missing.exit_code == 2
    assert "there is no folder `nowhere`" in missing.stderr


def test_wrong_answers_show_the_mistake_and_the_options_to_look_at(folder: Path) -> None:
    result = run("a", *FULL, "--market", "bitcoin", "--trigger", "nothing_known > 3")
    assert result.exit_code == 2
    assert "error[unknown-market]" in result.stderr
    assert "error[unknown-name]" in result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert "nothing was written" in last
    assert "--market" in last
    assert "--trigger" in last
    assert "--risk" not in last
    assert list(folder.iterdir()) == []


def test_safe_repairs_are_made_to_answers(folder: Path) -> None:
    assert run("a", *FULL, "--trigger", "RSI(14) crosses above 30 and Close > EMA(50)", "--stop", "2atr").exit_code == 0
    text = (folder / "a.plan").read_text(encoding="utf-8")
    assert "WHEN rsi(14) CROSSES ABOVE 30\n AND close > ema(50)" in text
    assert "STOP 2 ATR" in text


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--trigger", "rsi > 3 THEN CLOSE WHEN rsi > 3"),
        ("--target", "2R WHEN rsi > 3 THEN CLOSE"),
        ("--target", "2R PLAN other TRADE btc ON M5 WHEN rsi > 3 THEN BUY RISK 1% STOP 1%"),
    ],
)
def test_an_answer_that_is_more_than_an_answer_is_refused(option: str, value: str, folder: Path) -> None:
    result = run("a", *FULL, option, value)
    assert result.exit_code == 2
    assert f"{option} `{value}` holds more than one answer" in result.stderr
    assert list(folder.iterdir()) == []


def test_where_nobody_answers_the_defaults_are_taken_and_shown(folder: Path) -> None:
    result = run("a", "--market", "gold")
    assert result.exit_code == 0
    assert "Buy or sell (buy, sell) [buy]: buy" in result.output
    text = (folder / "a.plan").read_text(encoding="utf-8")
    assert "TRADE gold ON M15" in text
    assert "THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R" in text
