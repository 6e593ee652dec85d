"""A run that reads ticks and a book, killed within the writes of their files: nothing of them is lost or told twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kill.flow_campaign import FlowSeries

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a life starts by fork")


def test_killed_within_the_writes_of_streams_it_decides_as_undisturbed(tmp_path: Path) -> None:
    killed = FlowSeries(tmp_path, 10, 1_000, 3).run()
    assert killed.problems == []
    assert killed.whole
    assert sum(killed.died.values()) == 3
    assert killed.fills >= 2, "a run in which nothing is decided tests nothing"
    assert killed.known > 20
