"""`known(x)` is TRUE or FALSE on every step, whatever becomes of the bars of x: worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.agreement.columns import differences, evaluated_columns
from tests.oracle.cases import Case
from tests.oracle.hand import profile
from tests.oracle.markets import DAY, FIVE_DAYS, HOUR, WEEK_START, RandomWorld

FRIDAY_EVENING = WEEK_START + 4 * DAY + 20 * HOUR
RED_HOURS = 64  # H1 bars of `red`, which never closes, from Friday 20:00 to Monday 12:00
BLUE_OPENS = [0, 1, 53, 54, 55]
"""Hours after Friday 20:00 at which `blue` has bars: Friday 20 and 21; nothing on Sunday 22, 23 and Monday 00; Monday
01, 02 and 03; then its data ends. It is open until Friday 22:00 and from Sunday 22:00 on."""

STEP = range(1, RED_HOURS + 1)
"""The steps of `red`: its closes, in hours after Friday 20:00."""

# Friday 21:00 and 22:00 have their bar. Closed to Sunday 22:00 (step 50). Sunday 23:00 (51): Friday's last bar is one
# hour of session old, which is fresh; two hours (52) are not. Bars close at 54, 55, 56; 57 is fresh, 58 is not.
CLOSE_KNOWN = {1, 2, 51, 54, 55, 56, 57}
# two H1 bars back: known from the second close on, wherever the close is
CLOSE_AGO_KNOWN = CLOSE_KNOWN - {1}
# H4 grid of the day: blue's first H4 bar is Friday 20:00-24:00, closed when it does; seen from Sunday 22:00 on, for
# less than 8 hours of session, 2 of which are on Friday: Sunday 23:00 (51) to Monday 03:00 (55); the next, Monday
# 00:00-04:00, closes at 56 and is seen to the end (64 is 8 hours later, and no longer fresh)
H4_KNOWN = set(range(51, 64))


def case(condition: str) -> Case:
    """A plan on `red` H1 with one condition about `blue` H1, or `green`, of which there is no data."""
    always = profile()
    blue = profile(names=("blue",), symbols=("BLUE",), sessions=FIVE_DAYS)
    green = profile(names=("green",), symbols=("GREEN",))
    profiles = Profiles([always, blue, green])
    rates = {("red", "H1"): _rates(range(RED_HOURS)), ("blue", "H1"): _rates(BLUE_OPENS)}
    facts = profiles.facts()
    text = f"PLAN p TRADE red ON H1 WHEN {condition} THEN BUY 0.1 lots STOP 5 pips"
    checked = check_source(Source("test", text), catalog(), facts, Graph())
    assert checked.ok, checked.diagnostics
    span = (FRIDAY_EVENING, FRIDAY_EVENING + RED_HOURS * HOUR)
    world = RandomWorld(Dataset.from_rates(rates, profiles), facts, "H1", span, 1.0)
    return Case(world, text, checked.plans, checked.guards, (), False, 50.0)


def _rates(opens: range | list[int]) -> Rates:
    ones = np.ones(len(opens))
    times = np.array([FRIDAY_EVENING + h * HOUR for h in opens], dtype=np.int64)
    prices = (ones * 100.0, ones * 101.0, ones * 99.0, ones * 100.0)
    return Rates(times, *prices, ones, ones.astype(np.int32), ones)


@pytest.mark.parametrize("capacity", [1, 7, 4096])
@pytest.mark.parametrize(
    ("condition", "true"),
    [
        ("known(blue.close)", CLOSE_KNOWN),
        ("NOT known(blue.close)", set(STEP) - CLOSE_KNOWN),
        ("known(blue.close[1])", CLOSE_AGO_KNOWN),
        ("known(blue.close > blue.open)", CLOSE_KNOWN),
        ("known(blue.H4.close)", H4_KNOWN),
        ("known(green.close)", set()),
        ("NOT known(green.close)", set(STEP)),
        ("known(close)", set(STEP)),
        ("NOT known(close[3])", {1, 2, 3}),
        # steps on which any of two is known, and both
        ("known(blue.close) AND known(blue.H4.close)", CLOSE_KNOWN & H4_KNOWN),
        ("known(blue.close / close)", CLOSE_KNOWN),
    ],
)
def test_known_on_every_step(condition: str, true: set[int], capacity: int) -> None:
    made = case(condition)
    node = made.plans[0].rules[0].condition
    column = evaluated_columns(made, [node], Kernels("interpreted"), capacity)[node]
    assert None not in column
    assert {step for step, value in zip(STEP, column, strict=True) if value} == true
    assert differences(made, Kernels("interpreted"), capacity) == []


def test_the_past_of_known_is_that_of_the_steps() -> None:
    # step 3 is the first unknown one after two known ones; before the first step nothing is known about the past
    made = case("NOT known(blue.close) AND known(blue.close)[1]")
    node = made.plans[0].rules[0].condition
    column = evaluated_columns(made, [node], Kernels("interpreted"), 4096)[node]
    assert [step for step, value in zip(STEP, column, strict=True) if value] == [3, 52, 58]
