"""Every statement that the program makes on its database: recorded while it works, then asked how SQLite finds rows."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.lived import fill_versions, lived_recording
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.store import database
from tradeplan.runtime.store.checks import verify
from tradeplan.runtime.store.figures import keep_figures
from tradeplan.runtime.store.requests import ask
from tradeplan.runtime.store.retention import Retention
from tradeplan.runtime.store.snapshot import read_status
from tradeplan.runtime.store.writer import Writer
from tradeplan.runtime.watch.compare import compare
from tradeplan.runtime.watch.past import PastJournal, live_why_not
from tradeplan.runtime.watch.past import World as Past
from tradeplan.stdlib.registry import catalog

from tests.runtime.broker.test_tickets import PLAN
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.test_books import PATTERNS, TEXTS
from tests.runtime.live.world import ACCOUNT, START, World, checked, dataset_of, walk

BARS = 400
GROWING = {"decision", "fill", "intent", "event", "trade", "orders", "alert", "equity", "pattern", "request"}
GROWING |= {"broker_answer", "plan_version", "metric"}
"""Tables that a run of years makes long; what is left: setting, progress, plan_state, analysis."""
READ_WHOLE = {
    r"^select time, kind, body from event order by id$": "recovery, compare and why-not replay the journal",
    r"^select id from intent$": "recovery: no order is sent twice",
    r"^select id, plan, leg from intent order by time$": "recovery: which numbers at the broker are ours",
    r"^select state, count\(\*\) as n from intent group by state$": "status counts along the index of states alone",
    r"^select distinct file, text from plan_version$": "one row an edit: compare checks all texts",
    r"^select time, plan, rule, action, outcome from decision where action not in": "compare tells all decisions",
    r"^select time, plan, leg, reason, price from fill where reason <>": "compare tells all fills",
    r"^select distinct plan, version from fill": "analysis reads all fills",
    r"^select plan, rule, action, outcome, count": "analysis counts all decisions",
    r"^select plan, reason, count\(\*\) from fill": "analysis counts all fills",
    r"^select time, plan, version, .* from fill order by seq$": "analysis reads all fills",
    r"^select time, plan, rule, action, seq from decision where seq is not null$": "analysis reads all decisions",
}
"""Statements that need every row of a table, and why; each is made once a command or a start, never in a step."""

FEW_ROWS = {"decision_breaker", "pattern_expires", "fill_lacking"}
"""Indexes of a part of a table that stays small: halts and resets, a day of patterns, fills of older versions."""


class Recorder:
    """The statements of all connections that are opened while it stands in the store's place."""

    def __init__(self) -> None:
        self.statements: dict[str, str] = {}
        self._connect = database.connect

    def connect(self, path: Path, *, durable: bool = False, read_only: bool = False) -> Database:
        """A connection that is listened to."""
        db = self._connect(path, durable=durable, read_only=read_only)
        db.conn.set_trace_callback(self._note)
        return db

    def _note(self, statement: str) -> None:
        text = " ".join(statement.split())
        if re.match(r"(?i)(select|insert|update|delete|with)\b", text):
            self.statements.setdefault(re.sub(r"'[^']*'|-?\b\d[\d.e+-]*\b|NULL", "?", text), text)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A database, and one example of every statement of runs with a restart, a broker, commands, status and reports."""
    recorder = Recorder()
    folders = [tmp_path_factory.mktemp(name) for name in ("paper", "broker")]
    for folder in folders:
        database.open_database(folder / "run.db").close()  # what makes the schema is no query
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "connect", recorder.connect)
        world = World(folders[0], dataset_of(walk(BARS)), minutes=BARS)
        for name, text in TEXTS.items():
            world.write(name, text)
        asking = threading.Thread(target=lambda: ask(world.database, "halt", {"scope": "btc_pullback"}))
        waits = {step: lambda: asking.join(0.1) for step in range(21, 121)}  # it is answered between two steps
        world.run({20: asking.start, **waits}, until=250)
        assert not asking.is_alive()
        world.run()
        outside = BrokerWorld(folders[1], walk(BARS))
        outside.write(PLAN)
        outside.run(until=150)
        outside.run(until=200)
        read_status(world.database)
        journal = PastJournal(world.database)
        past = Past(world.dataset, catalog(), load_facts(), Graph())
        compare(journal, past)
        live_why_not(journal, past, "sees", None)
        journal.close()
        plans = {(p.name, p.version): p for p in checked(*TEXTS.values(), PATTERNS.replace("sees", "more"))[0]}
        found = {v: plans[v] for v in fill_versions(world.database)}
        lived = lived_recording(world.database, found, world.dataset, ACCOUNT, START)
        keep_figures(world.database, analyse(BacktestResult(lived)).as_dict())
        writer = Writer(world.database)
        for statement, given in Retention(30).statements(START):
            writer.run(statement, given)
        writer.close()
        yield world.database, recorder.statements


def steps(path: Path, statement: str) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [str(row[3]) for row in db.execute(f"explain query plan {statement}")]


def test_all_the_program_does_is_recorded(made: tuple[Path, dict[str, str]]) -> None:
    """Every table is read or written by some statement, and each exception is needed by one."""
    path, statements = made
    written = {m[1] for s in statements if (m := re.match(r"(?:insert or \w+ into|insert into) (\w+)", s))}
    assert written >= set(verify(path).rows) - {"request"}
    assert any(s.startswith("insert into request") for s in statements)
    for pattern in READ_WHOLE:
        assert any(re.search(pattern, s) for s in statements), pattern


def test_no_statement_reads_a_growing_table_from_end_to_end(made: tuple[Path, dict[str, str]]) -> None:
    path, statements = made
    bad = []
    for general, statement in sorted(statements.items()):
        if any(re.search(pattern, general) for pattern in READ_WHOLE):
            continue
        for step in steps(path, statement):
            scanned = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
            if scanned is None or scanned[1] not in GROWING or scanned[2] in FEW_ROWS:
                continue
            if scanned[2] is None or " limit " not in statement:  # along an index, and no further than asked
                bad.append((general, step))
    assert bad == []


def test_nothing_reads_the_history_of_patterns(made: tuple[Path, dict[str, str]]) -> None:
    """It is written for people and forgotten after a day: no decision, recovery or report can depend on it."""
    _, statements = made
    of_patterns = [s for s in statements if re.search(r"\bpattern\b", s)]
    assert of_patterns
    assert all(re.match(r"insert or ignore into pattern |delete from pattern where expires", s) for s in of_patterns)
