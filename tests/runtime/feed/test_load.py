"""The load of a trading week, in short: what does not depend on how busy the machine is."""

from __future__ import annotations

from pathlib import Path

from tests.bench.feed_load import run


def test_plans_of_all_kinds_over_many_series_miss_no_bar(tmp_path: Path) -> None:
    load = run(tmp_path, plans=40, markets=6, hours=1.5)
    assert load.timeframes == 8
    assert load.steps == 90
    assert load.late == 0
    # in an hour a series of M1 is asked for 60 times, one of H1 once: most of what a step reads is there already
    assert load.hit_rate > 0.7
