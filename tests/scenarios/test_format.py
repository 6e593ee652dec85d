"""The scenario format itself: a wrong figure is seen, what cannot be read is refused, two mirrors give the text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.scenarios.mirror import mirrored
from tests.scenarios.run import by_interpreter, by_order_loop, expected, prepared
from tests.scenarios.scenario import FILL, Event, Scenario, ScenarioError, parse_scenario

TEXT = """
about A sale and its stop.
mirror 100
bars x M1
  09:00-09:02 100.00 100.50  99.50 100.00     # three bars
  09:03       100.00 101.00  99.60 100.50
plan
  PLAN p TRADE x ON M1
  WHEN time = 09:02 THEN BUY 10 lots STOP 4 pips
expect
  09:02 p entry 10 lots at 100.00
  09:03 p stop 10 lots at 99.60 profit -4.00  # 10 x -0.40
  balance 9996.00
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return parse_scenario(TEXT, "sample")


def test_rows_events_and_comments_are_read(scenario: Scenario) -> None:
    rows = scenario.bars["x", "M1"]
    assert [row.close for row in rows] == [100.0, 100.0, 100.0, 100.5]
    assert [row.time - rows[0].time for row in rows] == [0, 60_000, 120_000, 180_000]
    assert scenario.events[1].text == "p stop 10 lots at 99.60 profit -4.00"
    assert scenario.events[1].time - rows[0].time == 180_000
    assert scenario.balance == "9996.00"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at 99.60", "at 99.61"),
        ("-4.00", "-4.01"),
        ("09:03 p stop", "09:04 p stop"),
        ("p stop 10", "p stop 9.9"),
        ("p stop", "p target"),
        ("balance 9996.00", "balance 9996.01"),
        ("balance", "09:02 p no entry: late\n  balance"),
    ],
)
def test_a_wrong_figure_is_seen_in_both(old: str, new: str) -> None:
    wrong = parse_scenario(TEXT.replace(old, new), "wrong")
    world = prepared(wrong)
    assert by_order_loop(world, 4096) != expected(wrong)
    assert by_interpreter(world) != expected(wrong)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("balance 9996.00", "09:09 p went home", "no event"),
        ("balance 9996.00", "", "no balance"),
        ("mirror 100", "mirrors 100", "no section"),
        ("99.50 100.00  ", "99.50", "expected time open high low close"),
    ],
)
def test_what_cannot_be_read_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        parse_scenario(TEXT.replace(old, new), "wrong")


def test_a_plan_with_a_mistake_is_refused_with_its_diagnostics() -> None:
    with pytest.raises(ScenarioError, match="lotz"):
        prepared(parse_scenario(TEXT.replace("10 lots STOP", "lotz STOP"), "wrong"))


def test_the_mirror_turns_prices_and_sides(scenario: Scenario) -> None:
    turned = mirrored(scenario, lambda time, points: 0.0)
    assert "SELL 10 lots" in turned.plan
    row = turned.bars["x", "M1"][3]
    assert (row.open, row.high, row.low, row.close) == (100.0, 100.4, 99.0, 99.5)
    match = FILL.fullmatch(turned.events[1].text)
    assert match is not None
    assert float(match["price"]) == 100.4
    assert match["profit"] == "-4.00"
    again = mirrored(replace(turned, mirror=100.0), lambda time, points: 0.0)
    assert again.plan == scenario.plan
    assert again.bars == scenario.bars
    assert expected(again) == expected(scenario)


def test_the_mirrored_ask_is_the_bid() -> None:
    scenario = parse_scenario(TEXT, "sample")
    turned = mirrored(scenario, lambda time, points: 0.02)
    # bid low 99.60: ask 99.62; mirrored the bid's high is 100.38 and its ask 100.40
    assert turned.bars["x", "M1"][3].high == 100.38


def test_a_spread_and_bar_fields_are_not_mirrored(scenario: Scenario) -> None:
    reads = replace(scenario, plan=scenario.plan.replace("time = 09:02", "close > 1.00"), events=[Event(0, "p halt")])
    with pytest.raises(ScenarioError, match="without a spread"):
        mirrored(reads, lambda time, points: 0.02)
