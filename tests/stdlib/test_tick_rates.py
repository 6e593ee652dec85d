"""`tick_rate(by=tick_volume)` and `tick_rate_proxy` are one measure, as the guide says."""

from __future__ import annotations

import math
from random import Random

from tradeplan.stdlib.momentum import tick_rate_proxy
from tradeplan.stdlib.order_flow import tick_rate


def test_both_tell_the_same_of_the_tick_volume_of_bars() -> None:
    rng = Random(5)
    # a volume of 0 is not known to either
    volumes = [float(rng.choice((0, 3, 50, 100, 200))) for _ in range(400)]
    parameters = {"period": 20.0, "drop": 20.0, "span": 2.0, "sustained": 2.0, "by": 1.0}
    proxy = tick_rate_proxy.oracle({"tick_volume": volumes}, parameters)
    ticks = tick_rate.oracle({"tick_count": volumes}, parameters)
    for mine, other in zip(ticks["tick_rate"], proxy["rate"], strict=True):
        assert math.isclose(mine, other, rel_tol=1e-12) or (math.isnan(mine) and math.isnan(other))
    assert str(ticks["declining"]) == str(proxy["declining"])
    assert 1.0 in ticks["declining"]
    assert 0.0 in ticks["declining"]
