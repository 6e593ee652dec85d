"""Swings, breaks, gaps and order blocks against smartmoneyconcepts, on stretches of real bars.

`python -m tests.stdlib.oracles.smc` counts over longer ones; its figures stand in docs/agreement.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stdlib.oracles.smc import AGREES, compare_blocks, compare_breaks, compare_gaps, compare_swings, share
from tests.stdlib.real import Columns, bars_of

pytestmark = pytest.mark.real_data

COMPARED: list[tuple[Callable[[Columns], Counter[str]], int, int]] = [
    # how, over how many bars, how many events agree at least
    (compare_gaps, 6000, 1000),
    (compare_swings, 6000, 900),
    (compare_breaks, 6000, 250),
    (compare_blocks, 220, 8),
]


@pytest.mark.parametrize(("symbol", "timeframe"), [("EURUSD", "M15"), ("BTCUSD", "M5")])
@pytest.mark.parametrize(("compare", "length", "least"), COMPARED, ids=[c[0].__name__ for c in COMPARED])
def test_events_agree(
    compare: Callable[[Columns], Counter[str]], length: int, least: int, symbol: str, timeframe: str, real_data: Path
) -> None:
    result = compare(bars_of(real_data, symbol, timeframe, slice(0, length)))
    assert result[AGREES] >= least, result
    assert share(result) == 100.0, result  # nothing is left unexplained
    # differences of definition and of looking ahead stay the exception
    assert result[AGREES] > 0.6 * sum(result.values()), result
