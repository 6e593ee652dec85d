"""`at_least` over conditions about the position, worked out by hand; the order loop and the interpreter agree."""

from __future__ import annotations

import pytest

from tests.agreement.test_found_before import FLAT, UP, at, run_both

DOWN = (100.0, 100.0, 99.0, 99.0)


@pytest.mark.parametrize("capacity", [1, 4096])
@pytest.mark.parametrize(
    ("n", "closed"),
    [
        # bought on the open of bar 2; a falling bar closes at(3), when 5 minutes are held: one of three is enough
        (1, [at(3)]),
        # 10 minutes are held from at(4) on, the next falling bar closes at(6): two of three
        (2, [at(6)]),
        # the profit never comes
        (3, []),
    ],
)
def test_at_least_of_the_position_and_the_market(n: int, closed: list[int], capacity: int) -> None:
    rows = [FLAT, UP, DOWN, FLAT, FLAT, DOWN, FLAT]
    text = f"""
        PLAN p TRADE red ON M5
        WHEN close > open THEN BUY 0.3 lots STOP 20 pips
        WHEN at_least({n}, held >= 10m, close < open, profit > 100 pips) THEN CLOSE
    """
    _, fills = run_both(list(rows), text, capacity)
    assert [f[0] for f in fills if f[3] == "close"] == closed
