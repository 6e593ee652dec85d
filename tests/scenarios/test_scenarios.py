"""Every scenario of `cases`, as written and mirrored, by the order loop at two chunk sizes and by the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.mirror import mirrored
from tests.scenarios.run import by_interpreter, by_order_loop, expected, prepared, profiles_of
from tests.scenarios.scenario import Scenario, read_scenario

CASES = sorted((Path(__file__).parent / "cases").glob("*.scenario"))


def _upside_down(scenario: Scenario) -> Scenario:
    (profile,) = profiles_of(scenario)

    def spread(time: int, points: int) -> float:
        return points * profile.point if points else profile.spread_price(time)

    return mirrored(scenario, spread)


def _variants() -> list[object]:
    found: list[object] = []
    for path in CASES:
        scenario = read_scenario(path)
        found.append(pytest.param(scenario, id=scenario.name))
        if scenario.mirror is not None:
            found.append(pytest.param(_upside_down(scenario), id=f"{scenario.name}-mirrored"))
    return found


@pytest.mark.parametrize("scenario", _variants())
def test_scenario(scenario: Scenario) -> None:
    world = prepared(scenario)
    whole = by_order_loop(world, 4096)
    assert whole == expected(scenario), scenario.about
    assert by_order_loop(world, 1) == whole, "in chunks of one bar"
    assert by_interpreter(world) == expected(scenario, swaps=False), "by the interpreter"
