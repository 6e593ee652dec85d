"""A running instance does what other processes ask of it between two steps, once, and answers in words."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.cli.halt import command as halt
from tradeplan.runtime.cli.resume import command as resume
from tradeplan.runtime.cli.stop import command as stop
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder
from tradeplan.runtime.live.instance import Instance, Settings
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.store.database import StoreError, open_database
from tradeplan.runtime.store.journal import Journal
from tradeplan.runtime.store.lock import RunLock
from tradeplan.runtime.store.requests import RequestRefusedError, Requests, ask
from tradeplan.runtime.store.snapshot import RunStatus, read_status
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, dataset_of, ramp

# buys on the first bar and holds on: a position is open while the run is asked to stop
HOLDS = "PLAN holds\nTRADE btc ON M1\nWHEN close > 10000 THEN BUY 0.1 lots STOP 4000 pips\n"


@contextlib.contextmanager
def running(folder: Path, text: str = HOLDS, minutes: int = 300) -> Iterator[Path]:
    """An instance in a thread, a minute of the feed every 50 ms: there is time to ask it."""
    plans, database = folder / "plans", folder / "run.db"
    plans.mkdir()
    (plans / "p.plan").write_text(text, encoding="utf-8")
    failed: list[BaseException] = []
    instance = Instance(
        PlanFolder(plans, catalog(), load_facts(), Graph()),
        dataset_of(ramp(minutes)),
        catalog(),
        Settings("test", ACCOUNT, START, START + minutes * MINUTE),
        database,
        ReplayClock(1200.0),
        lambda text: None,
        lambda scan: None,
    )

    def live() -> None:
        try:
            instance.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        until(database, lambda s: s.running and bool(s.plans))
        yield database
    finally:
        instance.end()
        thread.join(timeout=20)
    assert not thread.is_alive()
    assert failed == []


def until(database: Path, reached: Callable[[RunStatus], bool], seconds: float = 20.0) -> RunStatus:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(StoreError):
            found = read_status(database)
            if reached(found):
                return found
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


def _say(command: click.Command, database: Path, *words: str) -> Result:
    return CliRunner().invoke(command, [*words, "--db", str(database)])


def test_halt_resume_and_stop_by_command(tmp_path: Path) -> None:
    with running(tmp_path) as database:
        told = _say(halt, database, "holds")
        assert told.exit_code == 0, told.output
        assert "`holds` is halted" in told.output
        assert _say(halt, database).exit_code == 0
        refused = _say(halt, database, "nobody")
        assert refused.exit_code == 2
        assert "there is no `nobody` in this run: expected `btc`, `holds`" in refused.output
        assert _say(resume, database, "holds").exit_code == 0
        assert _say(resume, database).exit_code == 0
        ended = _say(stop, database, "--yes")
        assert ended.exit_code == 0, ended.output
        assert "stopped" in ended.output
        assert read_status(database).running is False
    journal = Journal(database)
    acts = [(e.kind, e.body["scope"]) for e in journal.events() if e.kind in ("halt", "resume")]
    journal.close()
    assert acts == [("halt", "holds"), ("halt", ""), ("resume", "holds"), ("resume", "")]


def test_stop_asks_first_while_something_is_open(tmp_path: Path) -> None:
    with running(tmp_path) as database:
        until(database, lambda s: bool(s.positions))
        told = _say(stop, database)
        assert told.exit_code == 2
        assert "open: `holds` 0.1 lots of btc" in told.output
        assert "say --yes" in told.output
        assert read_status(database).running is True


def test_where_nothing_runs_nothing_is_asked(tmp_path: Path) -> None:
    open_database(tmp_path / "run.db").execute("insert into setting values ('feed', 'x')")
    told = CliRunner().invoke(halt, ["--db", str(tmp_path / "run.db")])
    assert told.exit_code == 2
    assert "no `plan run` uses" in told.output
    none = CliRunner().invoke(halt, ["--db", str(tmp_path / "none.db")])
    assert none.exit_code == 2
    assert "there is no database" in none.output


def _states(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("select state from request order by id")]


def test_what_nobody_takes_is_withdrawn_and_never_done(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    open_database(path).close()
    lock = RunLock(path)
    try:
        with pytest.raises(StoreError, match="withdrawn and will never be done"):
            ask(path, "halt", {"scope": ""}, seconds=0.1)
    finally:
        lock.close()
    assert _states(path) == ["withdrawn"]
    done: list[str] = []
    requests = Requests(path, done.append)

    def halts(body: dict[str, Any]) -> dict[str, Any]:
        done.append("halt")
        return {}

    requests.answer({"halt": halts})
    requests.close()
    assert done == []


def test_who_gives_up_waiting_withdraws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person presses Ctrl-C while a hanging run does not answer: it must not be done when the run is back."""
    path = tmp_path / "run.db"
    open_database(path).close()

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tradeplan.runtime.store.requests.time.sleep", interrupt)
    lock = RunLock(path)
    try:
        with pytest.raises(KeyboardInterrupt):
            ask(path, "flatten", {"scope": ""})
    finally:
        lock.close()
    assert _states(path) == ["withdrawn"]


@pytest.mark.parametrize(("late", "state"), [(15.0, "done"), (25.0, "withdrawn")])
def test_what_was_asked_by_somebody_who_was_killed_is_not_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: float, state: str
) -> None:
    """15 s of waiting and 5 s of grace after it was asked nobody can be there any more."""
    path, said, ahead = tmp_path / "run.db", list[str](), [0.0]
    requests = Requests(path, said.append, lambda: time.monotonic() + ahead[0])
    lock = RunLock(path)

    def dies(seconds: float) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("tradeplan.runtime.store.requests.time.sleep", dies)
        with pytest.raises(SystemExit):
            ask(path, "flatten", {"scope": ""})
    lock.close()
    assert _states(path) == ["asked"]
    ahead[0] = late
    requests.answer({"flatten": lambda body: {}})
    requests.close()
    assert _states(path) == [state]
    assert len(said) == (state == "withdrawn")


def test_what_was_taken_and_not_answered_is_told_as_unknown(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    db = open_database(path)
    lock = RunLock(path)
    seen = threading.Event()

    def takes() -> None:
        while not seen.is_set():
            with db.conn:
                seen_rows = db.execute("update request set state = 'taken' where state = 'asked'").rowcount
            if seen_rows:
                seen.set()
            time.sleep(0.005)

    thread = threading.Thread(target=takes)
    thread.start()
    try:
        with pytest.raises(StoreError, match="may be done or not"):
            ask(path, "halt", {"scope": ""}, seconds=1.0)
    finally:
        seen.set()
        thread.join()
        lock.close()
        db.close()
    Requests(path, lambda text: None).close()
    assert _states(path) == ["unknown"]


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("dance", {}, "knows no command `dance`: expected `answer`"),
        ("answer", {"fails": 1}, "no, and here is why"),
    ],
)
def test_a_refusal_comes_back_in_words(tmp_path: Path, name: str, body: dict[str, int], words: str) -> None:
    path = tmp_path / "run.db"
    open_database(path).close()
    lock, over = RunLock(path), threading.Event()
    requests = Requests(path, lambda text: None)

    def answers(given: dict[str, int]) -> dict[str, int]:
        if "fails" in given:
            raise ValueError("no, and here is why")
        return {"twice": 2 * given["n"]}

    def serve() -> None:
        while not over.is_set():
            requests.answer({"answer": answers})
            time.sleep(0.005)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ask(path, "answer", {"n": 21}) == {"twice": 42}
        with pytest.raises(RequestRefusedError, match=words):
            ask(path, name, body)
    finally:
        over.set()
        thread.join()
        requests.close()
        lock.close()


def test_a_row_that_is_no_request_is_refused_and_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    db = open_database(path)
    requests = Requests(path, lambda text: None)
    db.execute("insert into request (asked, name, body, state) values (1, 'halt', 'not json', 'asked')")
    db.conn.commit()
    requests.answer({"halt": lambda body: {}})
    requests.close()
    (state, answer) = db.execute("select state, answer from request").fetchone()
    assert state == "refused"
    assert "text" in json.loads(answer)
    db.close()
