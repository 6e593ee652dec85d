"""The institutional plan fires: its entry of 2018-01-10 10:15 UTC, worked out from the raw bars of M5."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plans.firing import Raw, sent

pytestmark = pytest.mark.real_data

BEGIN, DAY = "2018-01-08", "2018-01-10"


@pytest.fixture(scope="module")
def m5(request: pytest.FixtureRequest) -> Raw:
    """The bars of that day."""
    return Raw(request.getfixturevalue("real_data"), "BTCUSD", "M5", 5, BEGIN, DAY)


def test_it_enters_on_the_second_touch(real_data: Path) -> None:
    entries = sent("btc_cascade_and_breaker", real_data, BEGIN, "2018-01-10T10:30")
    assert entries[-1] == f"{DAY} 10:15"


def block(m5: Raw, swing: str, broken: str, own: str) -> tuple[float, float]:
    """The zone of a bullish order block: the lowest bar between a swing high and the first close above it."""
    after = m5.closes[m5.place(swing) + 1][-5:]
    before = m5.closes[m5.place(broken) - 1][-5:]
    assert m5.is_top(swing)
    assert max(m5.between("close", after, before)) <= m5.high(swing) < m5.close(broken)
    assert m5.low(own) == min(m5.between("low", after, before))
    return m5.low(own), m5.high(own)


def test_three_order_blocks_lay_upon_each_other(m5: Raw) -> None:
    first = block(m5, "02:15", "03:10", "02:45")
    # 04:55 does not reach the high of 03:10; what it breaks is the lower high of 03:45
    assert m5.close("04:55") < m5.high("03:10")
    second = block(m5, "03:45", "04:55", "04:05")
    third = block(m5, "05:50", "06:10", "05:55")
    assert (first, second, third) == ((14088.0, 14235.0), (14001.0, 14104.0), (14088.0, 14200.0))
    # 03:10 to 06:10 is within four hours, and all three hold the prices from 14088 to 14104
    assert max(zone[0] for zone in (first, second, third)) <= min(zone[1] for zone in (first, second, third))


def test_the_last_block_of_sellers_was_closed_through(m5: Raw) -> None:
    # 08:55 closes below a swing low: the highest bar in between is the block of the sellers
    assert m5.is_bottom("08:30")
    assert m5.close("08:55") == 13339.0 < m5.low("08:30") == 13389.12
    assert max(m5.between("high", "08:35", "08:50")) == m5.high("08:40") == 13680.0
    # and 09:40 is the first close above it, so its zone, 13591 to 13680, is now a breaker for buyers
    assert max(m5.between("close", "09:00", "09:35")) <= 13680.0 < m5.close("09:40") == 13709.0
    assert m5.low("08:40") == 13591.0


def test_price_came_back_twice_and_held(m5: Raw) -> None:
    def near(time: str) -> bool:
        return m5.low(time) <= 13680.0 + 0.5 * m5.atr(time)

    # one touch from 09:45 to 10:05, away at 10:10, the second at 10:15; every close is above 13591
    assert [near(time) for time in ("09:45", "09:50", "09:55", "10:00", "10:05", "10:10", "10:15")] == [
        *[True] * 5,
        False,
        True,
    ]
    assert min(m5.between("close", "09:40", "10:15")) == 13650.0 > 13591.0
    # none went two ATR away, where the count would start again
    assert max(m5.between("close", "09:40", "10:15")) == 13788.0 < 13680.0 + 2 * m5.atr("10:05")


def test_the_newest_order_block_holds(m5: Raw) -> None:
    # 09:40 also broke the swing high of 08:40: the lowest bar in between, 08:55, is the newest block of the buyers
    assert block(m5, "08:40", "09:40", "08:55") == (13300.0, 13576.0)
    assert m5.close("10:15") == 13723.0 > 13300.0
