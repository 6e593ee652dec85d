"""Bars that are others than those of the journal are noticed at the next start: nothing is sent by them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.store.database import StoreError

from tests.runtime.live.world import World, dataset_of, ramp

HIGH = "PLAN high\nTRADE btc ON M1\nWHEN close > 10500 THEN BUY 0.1 lots STOP 50 pips\nWHEN held > 10m THEN CLOSE\n"


def peak(at: int) -> np.ndarray:
    """A ramp from 10,000 on, one up a minute, with one close at 10,600."""
    closes = ramp(300)
    closes[at] = 10_600.0
    return closes


def live(path: Path, closes: np.ndarray, until: int | None) -> World:
    world = World(path, dataset_of(closes))
    world.write("high.plan", HIGH)
    world.run(until=until)
    return world


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (ramp(300), peak(30), "holds 0 orders that these bars do not give, and lacks [12] that they do"),
        (peak(30), ramp(300), "holds [12] orders that these bars do not give, and lacks 0 that they do"),
    ],
    ids=["an order that was never decided", "an order that is not decided any more"],
)
def test_a_replay_that_decides_otherwise_is_refused(
    tmp_path: Path, first: np.ndarray, second: np.ndarray, words: str
) -> None:
    """At minute 100 the run ends; at the next start the bar of minute 30 is another."""
    live(tmp_path, first, 100)
    with sqlite3.connect(tmp_path / "run.db") as db:
        before = list(db.execute("select * from intent"))
    with pytest.raises(StoreError, match=words):
        live(tmp_path, second, None)
    with sqlite3.connect(tmp_path / "run.db") as db:
        assert list(db.execute("select * from intent")) == before


def test_the_same_bars_go_on(tmp_path: Path) -> None:
    """The bar after the one at 10,600 falls through the stop."""
    live(tmp_path, peak(30), 100)
    live(tmp_path, peak(30), None)
    with sqlite3.connect(tmp_path / "run.db") as db:
        assert [r[0] for r in db.execute("select reason from fill order by time")] == ["entry", "stop"]
