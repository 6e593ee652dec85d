"""A position is moved to the newest version of its plan: shown first, journalled first, and a replay finds the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.migrate import command as migrate
from tradeplan.runtime.live.instance import Instance
from tradeplan.runtime.store.requests import ask
from tradeplan.runtime.store.snapshot import read_status

from tests.runtime.broker.test_trading import fills as broker_fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.test_requests import running, until
from tests.runtime.live.test_staging import StagedWorld
from tests.runtime.live.world import MINUTE, START, World, dataset_of, ramp
from tests.runtime.watch.test_compare import compared

OLD = "PLAN p\nTRADE btc ON M1\nWHEN time = 00:10 THEN BUY 0.4 lots STOP 500 pips\nWHEN held > 5h THEN CLOSE\n"
"""Filled at the open of 00:10 at 10,009 + 12 + 2; `held > 40m` is first TRUE at 00:51."""
NEW = OLD.replace("held > 5h", "held > 40m")
MORE = NEW + "WHEN held > 30m THEN ADD 50%\n"


def of(instance: Instance | None) -> Instance:
    assert instance is not None
    return instance


def move(world: World | BrokerWorld, position: str = "p") -> dict[str, Any]:
    """As the command does it."""
    found = of(world.instance).migration(position)
    assert of(world.instance).migrate(position, found["before"], found["after"]) == found["plan"]
    return found


def fills(database: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(database) as db:
        rows = db.execute("select (time - ?) / ?, reason from fill order by time, leg", [START, MINUTE])
        return [(int(r[0]), str(r[1])) for r in rows]


def journal(database: Path) -> list[tuple[str, object]]:
    with sqlite3.connect(database) as db:
        rows = db.execute("select kind, body from event order by id").fetchall()
    return [(str(kind), json.loads(body).get("moved")) for kind, body in rows]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, dataset_of(ramp(90)), minutes=90)
    made.write("a.plan", OLD)
    return made


def test_without_it_an_edit_waits_and_with_it_the_new_rules_close(world: World, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    world.run({20: lambda: world.write("a.plan", NEW), 30: lambda: seen.append(move(world))})
    assert fills(world.database) == [(10, "entry"), (51, "close")]
    assert journal(world.database) == [("activate", None), ("activate", None), ("migrate", ["p"])]
    (told,) = seen
    assert told["gone"] == ("WHEN held > 5h THEN CLOSE",)
    assert told["came"] == ("WHEN held > 40m THEN CLOSE",)
    assert (told["stays"], told["entries"], told["starts"]) == (0, False, ())
    assert read_status(world.database).plans[0]["state"] == "running"
    folder = tmp_path / "other"
    folder.mkdir()
    other = World(folder, world.dataset, minutes=90)
    other.write("a.plan", OLD)
    other.run({20: lambda: other.write("a.plan", NEW)})
    assert fills(other.database) == [(10, "entry")]


def test_what_is_at_stake_by_hand(world: World) -> None:
    """At 00:30 the close is 10,029 and the stop 10,023 - 500; it fills 2 lower, its commission is that of 0.4 lots.

    The ADD of 0.2 lots fills at 10,029 + 12 + 2 and loses from there, and pays its commission twice.
    """
    profile = world.dataset.profile("btc")
    lots, cost = 0.4 * profile.contract_size, profile.costs.commission
    seen: list[dict[str, Any]] = []
    world.run({20: lambda: world.write("a.plan", MORE), 30: lambda: seen.append(move(world))}, until=31)
    before, after = seen[0]["stake_before"], seen[0]["stake_after"]
    stop = lots * (10_029.0 - (9_523.0 - 2.0)) + 0.4 * cost
    assert before.stop == pytest.approx(stop, abs=0.011)
    add = lots / 2 * (10_043.0 - (9_523.0 - 2.0)) + 2 * 0.2 * cost
    assert after.stop == pytest.approx(stop + add, abs=0.011)
    assert (before.adds, after.adds) == (0, 1)
    allowed = profile.gap / 100.0
    assert before.gap == pytest.approx(stop + lots * 9_523.0 * allowed, abs=0.011)
    assert after.gap == pytest.approx(stop + add + (lots * 9_523.0 + lots / 2 * 10_043.0) * allowed, abs=0.011)
    assert seen[0]["starts"] == ("`WHEN held > 30m THEN ADD 50%` is not used up: it may act once on this position",)


@pytest.mark.parametrize("died_at", ["before activation", "activation"])
def test_a_kill_between_request_and_answer(world: World, died_at: str) -> None:
    """Journalled, the next life goes on with it moved; not journalled, with it as it was."""

    class Killed(BaseException):
        """The process ends here."""

    armed = False

    def point(name: str) -> None:
        if armed and name == died_at:
            raise Killed

    def person() -> None:
        nonlocal armed
        armed = True
        move(world)

    with pytest.raises(Killed):
        world.run({20: lambda: world.write("a.plan", NEW), 30: person}, point=point)
    world.run()
    moved = died_at == "activation"
    assert ("migrate", ["p"]) in journal(world.database) or not moved
    assert fills(world.database) == [(10, "entry"), *([(51, "close")] if moved else [])]


def test_a_replay_is_the_same_and_so_is_the_backtest_of_what_was_asked(world: World) -> None:
    world.run({20: lambda: world.write("a.plan", MORE), 30: lambda: move(world)}, until=45)
    first = fills(world.database)
    assert first == [(10, "entry"), (41, "add")]
    world.run()
    assert fills(world.database) == [*first, (51, "close"), (51, "close")]
    assert compared(world).differences == ()


@pytest.mark.parametrize("mode", ["hedging", "netting"])
@pytest.mark.parametrize("named", ["p", "ticket"])
def test_at_the_broker(tmp_path: Path, mode: str, named: str) -> None:
    world = BrokerWorld(tmp_path, ramp(90), mode)
    world.write(OLD)

    def person() -> None:
        (position,) = world.server.ledger.positions
        move(world, str(position.ticket) if named == "ticket" else named)

    def edit() -> None:
        world.write(MORE)
        of(world.instance).reload()

    sent = len(world.server.sender.log)
    world.run({20: edit, 30: person})
    assert [f[0] for f in broker_fills(world)] == ["entry", "add", "close", "close"]
    assert world.server.ledger.positions == []
    actions = [r["action"] for r in world.server.sender.log[sent:]]
    closes = 2 if mode == "hedging" else 1
    assert actions.count(1) == 2 + closes, "nothing was sent for the move, and nothing twice"


def test_after_a_restart_at_the_broker_it_stays_moved(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(90))
    world.write(OLD)

    def edit() -> None:
        world.write(NEW)
        of(world.instance).reload()

    world.run({20: edit, 30: lambda: move(world)}, until=40)
    assert len(world.server.ledger.positions) == 1
    world.run()
    assert [f[0] for f in broker_fills(world)] == ["entry", "close"]
    assert world.server.ledger.positions == []


def refused(world: World, act: Callable[[], object], words: str) -> None:
    def person() -> None:
        with pytest.raises(ValueError, match=words):
            move(world)

    world.run({20: act, 30: person}, until=31)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OLD, "by its newest good version already"),
        (OLD.replace("BUY", "SELL"), "a position that buys, the new version sells"),
        (OLD.replace("ON M1\n", "ON M1\nLET x = at_entry(close)\nWHEN close > x THEN CLOSE\n"), "at_entry"),
    ],
)
def test_what_cannot_be_moved_is_refused(world: World, text: str, words: str) -> None:
    refused(world, lambda: world.write("a.plan", text), words)


def test_a_plan_that_is_gone_has_no_version_to_move_to(world: World) -> None:
    refused(world, lambda: (world.plans / "a.plan").unlink(), "holds no plan `p` any more")


def test_an_edit_between_question_and_answer_is_told(world: World) -> None:
    def person() -> None:
        found = of(world.instance).migration("p")
        with pytest.raises(ValueError, match="edited again since"):
            of(world.instance).migrate("p", found["before"], "another")
        with pytest.raises(ValueError, match=r"there is no `nobody` in this run: expected `p`"):
            of(world.instance).migration("nobody")

    world.run({20: lambda: world.write("a.plan", NEW), 30: person}, until=31)
    assert ("migrate", ["p"]) not in journal(world.database)


def test_with_real_money_it_waits_for_the_edit_to_be_armed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = StagedWorld(tmp_path, dataset_of(ramp(90)), minutes=90)
    before = Instance.__init__

    def staged(self: Instance, *arguments: object, **keywords: object) -> None:
        before(self, *arguments, **keywords)  # type: ignore[arg-type]  # as they came
        self.staged = True

    monkeypatch.setattr(Instance, "__init__", staged)
    made.write("a.plan", OLD)

    def person() -> None:
        with pytest.raises(ValueError, match="waits to be armed: `plan arm p`"):
            move(made)
        edits = made.started().waiting()
        made.started().arm([(str(e["name"]), str(e["version"])) for e in edits])
        move(made)

    made.run({20: lambda: made.write("a.plan", MORE), 30: person})
    assert fills(made.database) == [(10, "entry"), (41, "add"), (51, "close"), (51, "close")]


def test_the_command_shows_asks_and_moves(tmp_path: Path) -> None:
    at_once = OLD.replace("time = 00:10", "close > 10003")
    with running(tmp_path, at_once) as database:
        until(database, lambda s: bool(s.positions))
        (tmp_path / "plans" / "p.plan").write_text(MORE.replace("time = 00:10", "close > 10003"), encoding="utf-8")
        ask(database, "reload", {})
        until(database, lambda s: s.plans[0]["state"] == "retired")
        told = CliRunner().invoke(migrate, ["p", "--db", str(database)])
        assert told.exit_code == 2
        for words in (
            "p: long 0.4 lots of btc",
            "goes: WHEN held > 5h THEN CLOSE",
            "comes: WHEN held > 40m THEN CLOSE",
            "note: `WHEN held > 30m THEN ADD 50%` is not used up",
            "with one ADD at the price of now",
            "say --yes to do it",
        ):
            assert words in told.output
        assert ("migrate", ["p"]) not in journal(database)
        done = CliRunner().invoke(migrate, ["p", "--yes", "--db", str(database)])
        assert done.exit_code == 0, done.output
        assert "manages it from the next step on" in done.output
        again = CliRunner().invoke(migrate, ["p", "--yes", "--db", str(database)])
        assert again.exit_code == 2
        assert "newest good version already" in again.output
    assert journal(database)[-1] == ("migrate", ["p"])
