"""A disk that fills up is told before it is full: once, again at half, and when there is room again; and shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.status import command as status
from tradeplan.runtime.live.room_watch import LOOK_SECONDS, RoomWatch
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.store import room
from tradeplan.runtime.store.room import DAY, LEAST_BYTES, room_of
from tradeplan.runtime.store.snapshot import read_status
from tradeplan.runtime.watch.metrics import Metrics

from tests.runtime.live.world import World, dataset_of, walk

MB = 1_000_000


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The free bytes that the disk is said to have: change the only item."""
    said = [10_000 * MB]
    monkeypatch.setattr(room, "free_bytes", lambda folder: said[0])
    return said


def sized(path: Path, size: int, log: int = 0) -> Path:
    """A sparse file of a size, and a log beside it."""
    for file, count in ((path, size), (path.with_name(path.name + "-wal"), log)):
        with file.open("wb") as made:
            made.truncate(count)
    return path


@pytest.mark.parametrize(
    ("size", "log", "days", "wanted"),
    [
        (MB, 0, 100, LEAST_BYTES),  # 3 MB and 30 times 0.01 MB are less
        (90 * MB, 10 * MB, 1_000, 300 * MB),  # three times the size with its log
        (90 * MB, 0, 5, 540 * MB),  # 18 MB a day
        (90 * MB, 0, 0, 2_700 * MB),  # a run of less than a day grew in one day what it has
    ],
)
def test_what_is_low_depends_on_size_and_growth(
    tmp_path: Path, free: list[int], size: int, log: int, days: int, wanted: int
) -> None:
    path = sized(tmp_path / "run.db", size, log)
    free[0] = wanted
    enough = room_of(path, 5, 5 + days * DAY)
    free[0] -= 1
    little = room_of(path, 5, 5 + days * DAY)
    assert enough is not None
    assert little is not None
    assert (enough.wanted, enough.low, little.low) == (wanted, False, True)


def test_a_person_is_told_once_and_again_at_half(tmp_path: Path, free: list[int]) -> None:
    """3 times 100 MB is wanted: told below 300, at 149, at 70; enough again only at 330."""
    said, clock = list[str](), [0.0]
    watch = RoomWatch(sized(tmp_path / "run.db", 100 * MB), 0, said.append, lambda: clock[0])
    counts = []
    for there in (301, 299, 298, 301, 200, 149, 148, 70, 329, 331, 299):
        free[0] = there * MB
        watch.look(1_000 * DAY)
        watch.look(1_000 * DAY)
        clock[0] += LOOK_SECONDS
        counts.append(len(said))
    assert counts == [0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5]
    assert all(isinstance(text, Urgent) and text.kind == "trouble" for text in said)
    assert said[0].startswith("the disk is nearly full: 299 MB free on its disk; the database has 100 MB")
    assert "300 MB should be free" in said[0]
    assert said[3].startswith("the disk has room again: 331 MB free")


def test_it_looks_no_more_often_than_once_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, clock = list[Path](), [0.0]
    monkeypatch.setattr(room, "free_bytes", lambda folder: looked.append(folder) or 10**12)
    watch = RoomWatch(sized(tmp_path / "run.db", MB), 0, print, lambda: clock[0])
    for _ in range(1_000):
        watch.look(DAY)
        clock[0] += 0.5
    assert len(looked) == 9  # 500 seconds: at 0, 60, ... 480


def test_a_drive_that_does_not_answer_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(folder: Path) -> int:
        raise OSError("gone")

    monkeypatch.setattr(room, "free_bytes", gone)
    watch = RoomWatch(tmp_path / "run.db", 0, print)
    watch.look(DAY)
    assert watch.found is None


def test_a_run_says_it_goes_on_and_shows_it(tmp_path: Path, free: list[int]) -> None:
    free[0] = 150 * MB
    world = World(tmp_path, dataset_of(walk(120)), minutes=120)
    world.write("p.plan", "PLAN p\nTRADE btc ON M1\nWHEN close > sma(3) THEN BUY 0.1 lots STOP 400 pips\n")
    metrics = Metrics()
    world.stepped = metrics.count
    assert world.run().steps == 120
    assert sum("the disk is nearly full" in text for text in world.said) == 1
    text = metrics.text()
    assert 'tradeplan_disk_bytes{what="free"} 1.5e+08' in text
    assert 'tradeplan_disk_bytes{what="wanted"} 2e+08' in text
    shown = CliRunner().invoke(status, ["--db", str(world.database)])
    assert "disk      LOW, 200 MB should be free: 150 MB free on its disk" in shown.output
    free[0] = 5_000 * MB
    shown = CliRunner().invoke(status, ["--db", str(world.database)])
    assert "disk      5.0 GB free on its disk; the database has" in shown.output
    found = read_status(world.database).room
    assert found is not None
    assert not found.low
