"""Migrations of a file: on a copy, after a backup, all or nothing; and back."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database
from tradeplan.runtime.cli.db import command as db_command
from tradeplan.runtime.store import migrations, upgrade
from tradeplan.runtime.store.checks import faults, schema_of, verify
from tradeplan.runtime.store.database import StoreError, open_database
from tradeplan.runtime.store.journal import Journal, JournalEvent, JournalIntent
from tradeplan.runtime.store.lock import RunLock
from tradeplan.runtime.store.schema import applied, migrate, pending, rollback
from tradeplan.runtime.store.upgrade import rollback_file, upgrade_file

EXTRA = '''"""Notes of a person, and a colour for each setting."""


def up(db):
    db.table("note").create({"id": int, "text": str}, pk="id", strict=True)
    db.execute("insert into note (text) values ('made by a migration')")
    db.execute("alter table setting add column colour text")


def down(db):
    db.execute("alter table setting drop column colour")
    db.table("note").drop()
'''


def filled(path: Path) -> Path:
    """A database in which a run has begun."""
    journal = Journal(path)
    journal.keep_setting("feed", "test")
    journal.append(JournalEvent(1, "activate", {"plans": []}))
    journal.intend([JournalIntent(i, "p", "v", 1_000 + i, "entry", "entry", {"units": 1}) for i in range(40)])
    journal.close()
    return path


@pytest.fixture
def more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder in which files are migrations too: adding one touches one file."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    monkeypatch.setattr(migrations, "__path__", [*migrations.__path__, str(folder)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield folder
    for name in [n for n in sys.modules if n.startswith(f"{migrations.__name__}.m9")]:
        del sys.modules[name]


def tables(path: Path) -> dict[str, str]:
    db = open_as_it_is(path)
    found = schema_of(db)
    db.close()
    return found


def open_as_it_is(path: Path) -> Database:
    return Database(sqlite3.connect(path))


def intents(path: Path) -> list[tuple[object, ...]]:
    db = open_as_it_is(path)
    found = db.execute("select * from intent order by id").fetchall()
    db.close()
    return list(found)


def plan_db(*words: str) -> Result:
    return CliRunner().invoke(db_command, list(words))


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.stem}.backup-*{path.suffix}"))


def test_adding_a_migration_touches_one_file(tmp_path: Path, more: Path) -> None:
    path = filled(tmp_path / "run.db")
    old = tables(path)
    (more / "m9001_note.py").write_text(EXTRA, encoding="utf-8")
    with pytest.raises(StoreError, match=r"older tradeplan: `plan db migrate --db .*run\.db` brings it up to date"):
        open_database(path)
    told = plan_db("migrate", "--db", str(path))
    assert told.exit_code == 0, told.output
    assert "m9001_note: Notes of a person, and a colour for each setting." in told.output
    (kept,) = backups(path)
    assert str(kept) in told.output
    assert tables(kept) == old
    journal = Journal(path)
    assert journal.intent_ids() == set(range(40))
    assert journal.setting("feed") == "test"
    journal.close()
    assert verify(path).rows["note"] == 1
    assert plan_db("migrate", "--db", str(path)).output == f"`{path}` is up to date: nothing was changed\n"
    back = plan_db("rollback", "--db", str(path))
    assert back.exit_code == 0, back.output
    assert "dropped: note (1 rows)" in back.output
    assert tables(path) == old
    assert len(backups(path)) == 2
    assert verify(path).pending == ("m9001_note",)
    assert verify(path).problems == ()


def test_every_migration_has_a_way_back_to_the_very_schema_before(tmp_path: Path) -> None:
    db = open_database(tmp_path / "run.db")
    names, schemas = applied(db), [schema_of(db)]
    while rollback(db) is not None:
        schemas.append(schema_of(db))
    db.close()
    assert len(schemas) == len(names) + 1
    assert not [name for name in schemas[-1] if "sqlite" not in name]
    again = open_as_it_is(tmp_path / "run.db")
    assert migrate(again) == names
    for schema in schemas:  # forward and back a second time gives the same schemas
        assert schema_of(again) == schema
        rollback(again)
    again.close()


def test_tables_are_strict(tmp_path: Path) -> None:
    db = open_database(tmp_path / "run.db")
    loose = [r["name"] for r in db.query("select name from pragma_table_list where type = 'table' and not strict")]
    assert [name for name in loose if "sqlite" not in name] == []


FAILS = EXTRA.replace("alter table setting add column colour text", "insert into no_such_table values (1)")
LOSES = EXTRA.replace("alter table setting add column colour text", "delete from intent where id > 30")


@pytest.mark.parametrize(
    ("text", "words"), [(FAILS, "no_such_table"), (LOSES, "`intent` would have 31 rows in place of 40")]
)
def test_a_migration_that_fails_or_loses_rows_changes_nothing(
    tmp_path: Path, more: Path, text: str, words: str
) -> None:
    path = filled(tmp_path / "run.db")
    before = intents(path)
    (more / "m9001_note.py").write_text(text, encoding="utf-8")
    told = plan_db("migrate", "--db", str(path))
    assert told.exit_code == 2
    assert words in told.output
    assert "nothing was changed" in told.output
    assert intents(path) == before
    assert verify(path).pending == ("m9001_note",)
    assert sorted(p.name for p in tmp_path.iterdir() if "run.new" in p.name) == []


def test_two_migrations_are_undone_as_far_as_asked(tmp_path: Path, more: Path) -> None:
    path = filled(tmp_path / "run.db")
    newest = verify(path).applied[-1]
    for number in (1, 2):
        text = EXTRA.replace('"note"', f'"note{number}"').replace("into note", f"into note{number}")
        (more / f"m900{number}_note.py").write_text(text.replace("colour", f"colour{number}"), encoding="utf-8")
    assert upgrade_file(path).names == ("m9001_note", "m9002_note")
    with pytest.raises(StoreError, match="no migration `m8888` to go back to: expected one of `m0001_run`"):
        rollback_file(path, "m8888")
    assert rollback_file(path, newest).names == ("m9002_note", "m9001_note")
    assert rollback_file(path, newest).names == ()


def test_the_first_schema_is_not_undone(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.db")
    rollback_file(path, "m0001_run") if verify(path).applied[-1] != "m0001_run" else None
    with pytest.raises(StoreError, match="nothing older to go back to"):
        rollback_file(path)


def test_a_run_is_not_upgraded_while_it_runs(tmp_path: Path, more: Path) -> None:
    path = filled(tmp_path / "run.db")
    (more / "m9001_note.py").write_text(EXTRA, encoding="utf-8")
    lock = RunLock(path)
    with pytest.raises(StoreError, match="another `plan run` uses"):
        upgrade_file(path)
    lock.close()
    reader = sqlite3.connect(path)
    reader.execute("begin")
    reader.execute("select * from intent").fetchone()
    with pytest.raises(StoreError, match=r"locked by another program.*nothing was changed"):
        monkey_timeout(path)
    reader.close()
    assert upgrade_file(path).names == ("m9001_note",)


def monkey_timeout(path: Path) -> None:
    """An upgrade that waits for others for a moment only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tradeplan.runtime.store.database.BUSY_TIMEOUT_MS", 50)
        upgrade_file(path)


def test_a_damaged_database_is_not_upgraded(tmp_path: Path, more: Path) -> None:
    path = filled(tmp_path / "run.db")
    db = open_as_it_is(path)
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 2 * 4096)
    (more / "m9001_note.py").write_text(EXTRA, encoding="utf-8")
    with pytest.raises(StoreError, match="damaged"):
        upgrade_file(path)
    told = plan_db("verify", "--db", str(path))
    assert told.exit_code == 1
    assert "put the newest copy in its place: `plan db restore --db" in told.output
    assert plan_db("backup", "--db", str(path)).exit_code == 2
    assert backups(path) == []


def test_too_little_room_is_said_before_anything_is_done(
    tmp_path: Path, more: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "run.db")
    (more / "m9001_note.py").write_text(EXTRA, encoding="utf-8")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(upgrade.shutil, "disk_usage", lambda place: usage._replace(free=1_000))
    with pytest.raises(StoreError, match=r"the disk of .* has 0\.0 MB left: nothing was changed"):
        upgrade_file(path)
    assert backups(path) == []


def test_a_backup_is_made_while_a_run_writes(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.db")
    journal = Journal(path)  # holds its connection, with a log that is not in the file yet
    journal.intend([JournalIntent(99, "p", "v", 5_000, "entry", "entry", {})])
    told = plan_db("backup", "--db", str(path), "--to", str(tmp_path / "copies" / "one.db"))
    assert told.exit_code == 0, told.output
    assert Journal(tmp_path / "copies" / "one.db").intent_ids() == {*range(40), 99}
    journal.intend([JournalIntent(100, "p", "v", 5_001, "entry", "entry", {})])
    again = plan_db("backup", "--db", str(path), "--to", str(tmp_path / "copies" / "one.db"))
    assert again.exit_code == 2
    assert "is there already: give another name" in again.output
    assert plan_db("backup", "--db", str(path), "--to", str(tmp_path / "copies")).exit_code == 0
    for _ in range(2):  # of a folder that is not there yet nobody is left with a file of its name
        assert plan_db("backup", "--db", str(path), "--to", f"{tmp_path / 'new' / 'daily'}/").exit_code == 0
    assert (tmp_path / "new" / "daily").is_dir()
    assert len(list((tmp_path / "copies").glob("run.backup-*.db"))) == 1
    assert not list((tmp_path / "copies").glob("*.part"))


@pytest.mark.parametrize("name", ["migrate", "rollback", "backup", "verify"])
def test_what_is_no_database_of_a_run_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.db").write_bytes(b"no database at all" * 300)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("create table other (a)")
    other.close()
    words = {"none.db": "there is no database", "text.db": "not a database"}
    if name != "backup":
        words["other.db"] = "holds no run"
    for file, word in words.items():
        told = plan_db(name, "--db", str(tmp_path / file))
        assert told.exit_code == 2, told.output
        assert word in " ".join(told.output.split())
        assert "Traceback" not in told.output


def test_missing_references_and_a_changed_schema_are_found(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.db")
    with sqlite3.connect(path) as db:
        db.execute("drop index idx_intent_plan_time")
        db.execute("create table child (intent integer references intent(id)) strict")
        db.execute("insert into child values (4711)")
    db.close()
    assert verify(path).problems == (
        "row 1 of `child` refers to a row of `intent` that is not there",
        "`idx_intent_plan_time` is missing",
    )
    opened = open_as_it_is(path)
    assert len(faults(opened)) == 1
    assert pending(opened) == []


@pytest.mark.parametrize("place", ["migrate", "faults", "replace"])
def test_an_upgrade_that_dies_leaves_the_old_database(
    tmp_path: Path, more: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """What a kill leaves behind: the file as it was, the copy whole, and another try that works."""
    path = filled(tmp_path / "run.db")
    (more / "m9001_note.py").write_text(EXTRA, encoding="utf-8")
    before = intents(path)

    class Killed(BaseException):
        pass

    def dies(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if place == "replace":
            renamed = Path.replace
            patch.setattr(Path, "replace", lambda a, b: dies() if "run.new" in a.name else renamed(a, b))
        else:
            patch.setattr(upgrade, place, dies)
        with pytest.raises(Killed):
            upgrade_file(path)
    assert intents(path) == before
    assert verify(path).pending == ("m9001_note",)
    assert [intents(kept) for kept in backups(path)] == [before] * (place != "faults")
    assert upgrade_file(path).names == ("m9001_note",)
    assert intents(path) == before
