"""One simulated year of every market, shared by the tests of the simulator."""

from __future__ import annotations

import pytest
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator import MARKETS, simulate

HOUR = 3_600_000
END = 1_782_507_600_000
"""2026-06-26 21:00 UTC, a Friday at 17:00 in New York."""
YEAR = 365 * 24 * HOUR


@pytest.fixture(scope="package")
def year() -> dict[str, Rates]:
    """A year of M1 bars of all markets, seed 7."""
    return simulate(MARKETS, END - YEAR, END)
