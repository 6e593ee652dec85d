"""The plan of two views fires: its entry of 2018-01-25 18:15 UTC, worked out from the raw bars of M15 and of M5."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plans.firing import Raw, sent

pytestmark = pytest.mark.real_data

BEGIN, DAY = "2018-01-24", "2018-01-25"


def test_it_enters_when_both_have_turned(real_data: Path) -> None:
    entries = sent("btc_turn_on_two_views", real_data, BEGIN, "2018-01-25T18:30")
    assert entries[-1] == f"{DAY} 18:15"


def test_m15_broke_its_last_high_after_a_lower_low(real_data: Path) -> None:
    m15 = Raw(real_data, "BTCUSD", "M15", 15, BEGIN, DAY)
    # low, high, lower low: the market was falling; the last of them is known three bars later, at 17:45
    assert m15.is_bottom("16:00")
    assert m15.is_top("16:45")
    assert m15.is_bottom("17:00")
    assert (m15.low("16:00"), m15.high("16:45"), m15.low("17:00")) == (10902.0, 11136.91, 10845.0)
    # the first close more than 0.3 ATR above the high is that of 18:15
    assert max(m15.between("close", "17:45", "18:00")) == 11023.0
    assert m15.close("18:15") == 11200.0
    assert m15.atr("18:15") == pytest.approx(110, abs=10)
    assert m15.close("18:15") > 11136.91 + 0.3 * m15.atr("18:15")


def test_m5_turned_on_the_same_close(real_data: Path) -> None:
    m5 = Raw(real_data, "BTCUSD", "M5", 5, BEGIN, DAY)
    assert m5.is_bottom("15:50")
    assert m5.is_top("16:40")
    assert m5.is_bottom("17:00")
    assert (m5.low("15:50"), m5.high("16:40"), m5.low("17:00")) == (10902.0, 11136.91, 10845.0)
    # 17:30 is a lower high, but no low is known after it by then, so 16:40 is still the one to break
    assert m5.is_top("17:30")
    assert not any(m5.is_bottom(time) for time in ("17:35", "17:40", "17:45", "17:50", "17:55", "18:00"))
    # 18:10 closes above the high, yet not by 0.3 ATR; 18:15 does
    assert (m5.close("18:05"), m5.close("18:10"), m5.close("18:15")) == (11133.0, 11151.0, 11200.0)
    assert 11136.91 < m5.close("18:10") < 11136.91 + 0.3 * m5.atr("18:10")
    assert m5.close("18:15") > 11136.91 + 0.3 * m5.atr("18:15")
