"""The journal: durable, exact about what is new, and bound to one run."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tradeplan.runtime.store.database import StoreError, open_database
from tradeplan.runtime.store.journal import Journal, JournalEvent, JournalIntent
from tradeplan.runtime.store.schema import migrate, pending, rollback
from tradeplan.runtime.store.writer import Writer


def _intent(identity: int, time: int = 1_000) -> JournalIntent:
    return JournalIntent(identity, "p", "v1", time, "entry", "buy", {"lots": 0.1})


def test_an_intent_is_new_only_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.db")
    assert journal.intend([_intent(7), _intent(8)]) == [_intent(7), _intent(8)]
    assert journal.intend([_intent(8), _intent(9, 2_000)]) == [_intent(9, 2_000)]
    journal.close()
    again = Journal(tmp_path / "run.db")
    assert again.intent_ids() == {7, 8, 9}
    assert again.last_intent_time() == 2_000


def test_events_come_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.db")
    events = [
        JournalEvent(5, "activate", {"plans": [["p", "v1"]]}),
        JournalEvent(3, "outage", {"until": 9}),
    ]
    for event in events:
        journal.append(event)
    assert journal.events() == events


def test_a_journal_fits_one_run_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.db")
    journal.keep_setting("feed", "sim")
    journal.keep_setting("feed", "sim")
    with pytest.raises(StoreError, match="another file with --db"):
        journal.keep_setting("feed", "replay")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: p.write_bytes(b"this is not a database, not at all" * 40), "not a"),
    ],
)
def test_what_is_no_database_is_said_in_words(tmp_path: Path, make: object, words: str) -> None:
    path = tmp_path / "x.db"
    make(path)  # type: ignore[operator]
    with pytest.raises(StoreError, match=words):
        open_database(path)


def test_a_missing_database_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="plan run"):
        open_database(tmp_path / "none.db", read_only=True)
    assert not (tmp_path / "none.db").exists()


def test_the_writer_keeps_the_first_row_and_replaces_progress(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    writer = Writer(path)
    row = {"time": 1, "plan": "p", "rule": 0, "action": "buy", "outcome": "sent", "detail": "first"}
    writer.put("decision", row)
    writer.put("decision", {**row, "detail": "second"})
    for time in (1, 2, 3):
        writer.put("progress", {"id": 1, "time": time, "balance": 1.0, "equity": 1.0, "body": "{}"}, replace=True)
    assert writer.flush()
    writer.close()
    db = open_database(path, read_only=True)
    assert [r["detail"] for r in db.query("select detail from decision")] == ["first"]
    assert [r["time"] for r in db.query("select time from progress")] == [3]


def test_what_the_thread_could_not_write_is_raised(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "run.db")
    writer.put("no_such_table", {"id": 1})
    writer.put("progress", {"id": 1, "time": "not a number", "balance": 1.0, "equity": 1.0, "body": "{}"})
    with pytest.raises(StoreError, match="failed"):
        writer.close()


def test_the_way_back_of_every_migration_restores_the_schema_before(tmp_path: Path) -> None:
    db = open_database(tmp_path / "run.db")
    names = _all_names(db)
    assert pending(db) == []
    undone = []
    while (name := rollback(db)) is not None:
        undone.append(name)
    assert undone == sorted(undone, reverse=True)
    assert [n for n in _all_names(db) if "sqlite" not in n] == []
    assert migrate(db) == sorted(undone)
    assert _all_names(db) == names
    assert db.execute("pragma integrity_check").fetchone()[0] == "ok"


def _all_names(db: object) -> list[str]:
    rows = db.query("select name from sqlite_master order by name")  # type: ignore[attr-defined]
    return [r["name"] for r in rows]


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a POSIX signal")
def test_intents_survive_a_kill_and_batches_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    code = textwrap.dedent(
        f"""
        from pathlib import Path
        from tradeplan.runtime.store.journal import Journal, JournalIntent
        from tradeplan.runtime.store.writer import Writer
        path = Path({str(path)!r})
        journal, writer = Journal(path), Writer(path)
        for i in range(100_000):
            journal.intend([JournalIntent(i, "p", "v", i, "entry", "buy", {{}})])
            print(i, flush=True)
            for r in range(20):
                writer.put("decision", dict(time=i, plan="p", rule=r, action="a", outcome="o", detail=""))
        """
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(60)]
    process.send_signal(signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().splitlines() if line.endswith(tuple("0123456789"))][:-1]
    process.wait()
    assert set(told) <= Journal(path).intent_ids()
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchone()[0] == "ok"


def test_the_journal_waits_for_the_disk_and_the_rest_does_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.db")
    assert journal._db.execute("pragma synchronous").fetchone() == (2,)  # FULL
    assert journal._db.execute("pragma journal_mode").fetchone() == ("wal",)
    rest = open_database(tmp_path / "run.db")
    assert rest.execute("pragma synchronous").fetchone() == (1,)  # NORMAL
