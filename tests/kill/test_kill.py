"""Twenty kills on real bars, and outages in which the feed goes on: what is left is what an undisturbed run leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tradeplan.runtime.market.dataset import Dataset

from tests.kill.campaign import (
    MAX_SIGNAL_AGE,
    Campaign,
    backtest_rows,
    differences,
    forget_what_replay_finds,
    outage_faults,
    outages,
    rows,
    utc,
)
from tests.kill.plans import CASES
from tests.kill.worker import open_bars, run

pytestmark = pytest.mark.real_data

Made = tuple[Campaign, Dataset, int]


@pytest.fixture(scope="module")
def make(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    def made(name: str) -> Made:
        case = CASES[name]
        folder = tmp_path_factory.mktemp(name)
        work = Campaign(case, real_data / "bars", folder, utc(case.start), utc(case.short_end))
        dataset = open_bars(work.data, work.start, work.end)
        peace = run(work.order(folder / "peace.db"), dataset)
        assert peace.fills > 100, "a case in which little happens tests little"
        return work, dataset, peace.steps

    return made


@pytest.mark.parametrize(("name", "kills", "seed"), [("btc", 8, 1), ("usdjpy", 6, 2), ("eurusd", 6, 3)])
def test_killed_and_restarted_with_the_feed_paused(
    make: Callable[[str], Made], name: str, kills: int, seed: int
) -> None:
    work, dataset, steps = make(name)
    expected = rows(work.folder / "peace.db")
    assert differences(backtest_rows(work.case, dataset, work.start, work.end), expected) == []
    work.torment(work.folder / "killed.db", kills, seed, steps)
    assert work.kills == kills
    assert differences(expected, rows(work.folder / "killed.db")) == []


def test_the_feed_goes_on_while_the_program_is_dead(make: Callable[[str], Made]) -> None:
    work, _, steps = make("btc")
    killed = work.folder / "killed.db"
    work.torment(killed, 5, 4, steps, outage=True)
    assert outages(killed), "the seed was chosen so that the feed goes on at least once"
    assert outage_faults(killed, MAX_SIGNAL_AGE) == []
    left = rows(killed)
    assert any(row[4] == "late" for row in left["decision"])
    forget_what_replay_finds(killed, work.folder / "again.db")
    assert work.live(work.folder / "again.db")
    assert differences(left, rows(work.folder / "again.db")) == []
