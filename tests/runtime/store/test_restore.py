"""A copy put back: checked first, refused while a run goes on, the old files kept, and what it cannot know is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tradeplan.runtime.cli.db import command as db_command
from tradeplan.runtime.store import restore as restoring
from tradeplan.runtime.store.backup import backup
from tradeplan.runtime.store.checks import verify
from tradeplan.runtime.store.lock import RunLock
from tradeplan.runtime.store.restore import restore, weigh
from tradeplan.runtime.store.upgrade import rollback_file

from tests.runtime.broker.test_tickets import PLAN, ask, minute_with_a_position
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.test_books import TEXTS, tables
from tests.runtime.live.test_trouble import overwrite
from tests.runtime.live.world import World, dataset_of, walk

BARS = 240
LEFT = ("trade", "orders", "fill", "intent")


def plan_db(*words: str) -> Result:
    return CliRunner().invoke(db_command, list(words))


def world_of(folder: Path) -> World:
    folder.mkdir(exist_ok=True)
    world = World(folder, dataset_of(walk(BARS)), minutes=BARS)
    for name, text in TEXTS.items():
        world.write(name, text)
    return world


@pytest.fixture
def copied(tmp_path: Path) -> tuple[World, Path]:
    """A run of 200 minutes, and a copy of it after 120."""
    world = world_of(tmp_path)
    world.run(until=120)
    copy = backup(world.database, tmp_path / "copies" / "one.db")
    world.run(until=80)
    return world, copy


def test_a_restored_run_on_paper_does_the_same_again(copied: tuple[World, Path], tmp_path: Path) -> None:
    world, copy = copied
    whole = {name: len(rows) for name, rows in tables(world.database, "intent", "fill").items()}
    before = tables(copy, "intent", "fill")
    told = plan_db("restore", "--db", str(world.database), "--from", str(copy), "--yes")
    assert told.exit_code == 0, told.output
    lost = whole["intent"] - len(before["intent"]), whole["fill"] - len(before["fill"])
    assert min(lost) > 0
    assert f"{lost[0]} intents and {lost[1]} fills in it are unknown to the copy" in told.output
    assert "it knows the run up to 2018-01-08 02:00:00 UTC" in told.output
    assert "goes up to 2018-01-08 03:20:00 UTC" in told.output
    assert "on paper it decides and fills the same again" in told.output
    (kept,) = tmp_path.glob("run.replaced-*.db")
    assert str(kept) in told.output
    assert {n: len(rows) for n, rows in tables(kept, "intent", "fill").items()} == whole
    assert tables(world.database, "intent", "fill") == before
    world.run()
    other = world_of(tmp_path / "other")
    other.run()
    for name in LEFT:
        assert tables(world.database, name) == tables(other.database, name), name
    assert verify(world.database).problems == ()


def test_without_a_yes_nothing_is_changed(copied: tuple[World, Path]) -> None:
    world, copy = copied
    before = world.database.read_bytes()
    told = plan_db("restore", "--db", str(world.database), "--from", str(copy))
    assert told.exit_code == 2
    assert "say --yes to do it" in " ".join(told.output.split()).replace("│ ", "")
    assert world.database.read_bytes() == before


def test_a_run_that_goes_on_is_not_replaced(copied: tuple[World, Path]) -> None:
    world, copy = copied
    lock = RunLock(world.database)
    told = plan_db("restore", "--db", str(world.database), "--from", str(copy), "--yes")
    lock.close()
    assert told.exit_code == 2
    assert "a `plan run` uses" in told.output
    assert verify(world.database).rows["intent"] > verify(copy).rows["intent"]


@pytest.mark.parametrize("what", ["damaged", "other", "itself", "missing", "no_run"])
def test_a_copy_that_will_not_do_is_refused(copied: tuple[World, Path], tmp_path: Path, what: str) -> None:
    world, copy = copied
    before = world.database.read_bytes()
    if what == "damaged":
        overwrite(copy)
    elif what == "other":
        db = sqlite3.connect(copy)
        db.execute("update setting set value = 'another feed' where name = 'feed'")
        db.commit()
        db.close()
    elif what == "itself":
        copy = tmp_path / "link.db"
        copy.symlink_to(world.database)
    elif what == "missing":
        copy = tmp_path / "none.db"
    else:
        sqlite3.connect(tmp_path / "empty.db").execute("create table a (b)").connection.close()
        copy = tmp_path / "empty.db"
    told = plan_db("restore", "--db", str(world.database), "--from", str(copy), "--yes")
    assert told.exit_code == 2, told.output
    words = {"damaged": "is damaged", "other": "a copy of another run: its feed is `another feed`"}
    words |= {"itself": "is the database itself", "missing": "there is no database", "no_run": "holds no run"}
    assert words[what] in " ".join(told.output.split()).replace("│ ", "")
    assert world.database.read_bytes() == before
    assert not list(tmp_path.glob("run.re*"))


def test_a_damaged_database_gives_way_with_all_its_files(copied: tuple[World, Path], tmp_path: Path) -> None:
    world, copy = copied
    overwrite(world.database)
    world.database.with_name("run.db-wal").write_bytes(b"a log of the damaged one")
    damaged = world.database.read_bytes()
    told = plan_db("restore", "--db", str(world.database), "--from", str(copy), "--yes")
    assert told.exit_code == 0, told.output
    assert "cannot be read, so nobody can say what happened since" in told.output
    assert not world.database.with_name("run.db-wal").exists()
    (kept,) = tmp_path.glob("run.replaced-*.db")
    assert kept.read_bytes() == damaged
    assert kept.with_name(kept.name + "-wal").exists()
    assert verify(world.database).problems == ()
    world.run()
    assert verify(world.database).problems == ()


def test_the_log_of_a_database_that_is_gone_is_not_read_into_the_copy(copied: tuple[World, Path]) -> None:
    world, copy = copied
    world.database.unlink()
    world.database.with_name("run.db-wal").write_bytes(b"left over")
    assert restore(copy, world.database).kept == ()
    assert not world.database.with_name("run.db-wal").exists()
    assert tables(world.database, *LEFT) == tables(copy, *LEFT)


@pytest.mark.parametrize("place", ["copyfile", "replace"])
def test_a_restore_that_fails_leaves_the_database(
    copied: tuple[World, Path], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    world, copy = copied
    before = tables(world.database, *LEFT)

    def fails(*given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if place == "replace":
            patch.setattr(Path, "replace", fails)
        else:
            patch.setattr(restoring.shutil, "copyfile", fails)
        told = plan_db("restore", "--db", str(world.database), "--from", str(copy), "--yes")
    assert told.exit_code == 2
    assert "is as it was" in " ".join(told.output.split()).replace("│ ", "")
    assert tables(world.database, *LEFT) == before


def test_an_older_copy_is_put_back_and_names_the_migration(copied: tuple[World, Path]) -> None:
    world, copy = copied
    rollback_file(copy, "m0001_run")
    assert weigh(copy, world.database).pending != ()
    told = plan_db("restore", "--db", str(world.database), "--from", str(copy), "--yes")
    assert f"`plan db migrate --db {world.database}` first" in told.output
    assert plan_db("migrate", "--db", str(world.database)).exit_code == 0
    world.run()
    assert verify(world.database).problems == ()


def test_what_is_decided_again_is_known_again_at_the_broker(tmp_path: Path) -> None:
    """A copy eight minutes old: the entry since then has the same number, so its position is found and kept."""
    (tmp_path / "peace").mkdir()
    peace = BrokerWorld(tmp_path / "peace", walk(400))
    peace.write(PLAN)
    peace.run()
    minute = minute_with_a_position(peace)
    world = BrokerWorld(tmp_path, walk(400))
    world.write(PLAN)
    world.run(until=minute - 8)
    copy = backup(world.database, tmp_path / "copy.db")
    world.run(until=minute)
    assert world.server.ledger.positions
    (open_now,) = weigh(copy, world.database).positions
    assert open_now.startswith("`busy` long")
    restore(copy, world.database)
    world.run()
    columns = "select reason, leg, price, deal from fill order by time, leg"
    assert ask(world.database, columns) == ask(peace.database, columns)
    assert len(world.server.sender.log) == len(peace.server.sender.log)


TWICE = (
    "PLAN hold\nTRADE btc ON M1\nWHEN time = 00:10 OR time = 02:00 THEN BUY 0.4 lots STOP 50 pips\n"
    "WHEN held > 100m THEN CLOSE\n"
)


def test_what_an_edit_since_the_copy_opened_is_a_stranger(tmp_path: Path) -> None:
    """Nobody has its version any more, so its number is not made again: it is left alone until a person has looked."""
    world = BrokerWorld(tmp_path, 10_000.0 + walk(300) / 1e3)
    world.write(TWICE)
    world.run(until=5)
    copy = backup(world.database, tmp_path / "copy.db")
    world.write(TWICE.replace("0.4 lots", "0.5 lots"))
    world.run(until=100)
    world.write(TWICE.replace("0.4 lots", "0.6 lots"))  # the version that opened it is nowhere but in what is replaced
    held = [(p.ticket, p.volume, p.sl) for p in world.server.ledger.positions]
    assert len(held) == 1
    loss = weigh(copy, world.database)
    assert (loss.broker, loss.intents, loss.fills, len(loss.positions)) == ("mt5 5001@StandIn-Demo", 1, 1, 1)
    told = plan_db("restore", "--db", str(world.database), "--from", str(copy), "--yes")
    assert f"open and unknown to the copy: {loss.positions[0]}" in told.output
    assert "opens nothing until `plan resume`" in told.output
    sent = len(world.server.sender.log)
    world.said.clear()
    world.run(until=150)
    assert any("carry this program's mark and are not in this journal" in text for text in world.said)
    assert world.server.sender.log[sent:] == []  # at 02:00 nothing was opened, and nothing was done to the stranger
    assert [(p.ticket, p.volume, p.sl) for p in world.server.ledger.positions] == held
