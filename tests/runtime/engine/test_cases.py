"""Every rule of execution.md on a case whose arithmetic stands beside it; see `scenario` for the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.engine.scenario import Scenario, check, read_scenarios

CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))
SCENARIOS = [(path.stem, scenario) for path in CASES for scenario in read_scenarios(path)]


@pytest.mark.parametrize(
    "scenario", [s for _, s in SCENARIOS], ids=[f"{f}:{s.name.split(':')[0]}" for f, s in SCENARIOS]
)
def test_case(scenario: Scenario) -> None:
    check(scenario)
