"""`plan status`: how each plan stands and why, guards, halts by hand and the age of the feed, as words and as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from tradeplan.runtime.cli._status_view import span_text, status_view
from tradeplan.runtime.cli.status import command
from tradeplan.runtime.live.instance import Instance
from tradeplan.runtime.store.snapshot import RunStatus, read_status

from tests.runtime.live.world import MINUTE, START, World, dataset_of, ramp

TEXTS = {
    "armed.plan": "PLAN armed\nTRADE btc ON M1\nWHEN close > 99000 THEN BUY 0.1 lots STOP 40 pips\n",
    "warming.plan": "PLAN warming\nTRADE btc ON M1\nWHEN close > sma(500) THEN BUY 0.1 lots STOP 40 pips\n",
    "held.plan": "PLAN holds\nTRADE btc ON M1\nWHEN close > 10010 THEN BUY 0.1 lots STOP 4000 pips\n",
    "cool.plan": (
        "PLAN cool\nTRADE btc ON M1\nCOOLDOWN 3h\nWHEN close > 10020 THEN BUY 0.1 lots STOP 4000 pips\n"
        "WHEN held >= 5m THEN CLOSE\n"
    ),
    "guarded.plan": "PLAN guarded\nTRADE btc ON M1\nWHEN close > 99000 THEN BUY 0.1 lots STOP 40 pips\n",
    "g.plan": "GUARD g\nCOVERS PLANS guarded\nWHEN time = 00:30 THEN HALT FOR 2h\n",
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A run over 60 minutes of the ramp, halted on `btc` by a person at minute 50."""
    world = World(tmp_path_factory.mktemp("lived"), dataset_of(ramp(60)), minutes=60)
    for name, text in TEXTS.items():
        world.write(name, text)

    def halts(name: str) -> None:
        instance = world.instance
        if name == "stepped" and isinstance(instance, Instance) and instance.status().time == START + 50 * MINUTE:
            instance.halt("armed")

    world.run(point=halts)
    return world


def test_each_plan_says_how_it_stands_and_why(lived: World) -> None:
    status = read_status(lived.database)
    states = {s["name"]: s for s in status.states}
    assert {name: s["state"] for name, s in states.items()} == {
        "armed": "blocked",
        "warming": "WARMING",
        "holds": "position",
        "cool": "blocked",
        "guarded": "blocked",
    }
    assert states["armed"]["blocks"] == ["`armed` is halted until `plan resume armed`"]
    # the last close is 10059
    assert states["armed"]["part"] == "close > 99000: FALSE, 10059 > 99000 fails by 88941"
    assert states["warming"]["part"] == "close > sma(500): UNKNOWN, warming up: 60 of 500 bars of btc M1"
    # bar 21 closes at minute 22 at 10021: filled at the open of the bar of minute 22, closed when held for 5 minutes
    assert states["cool"]["blocks"] == ["COOLDOWN 3h after its last exit until 2018-01-08 03:27:00 UTC"]
    assert states["guarded"]["blocks"] == ["guard `g`, rule 1 halts it until 2018-01-08 02:30:00 UTC"]
    assert status.held == ("armed",)
    assert status.holds == ({"scope": "armed", "since": START + 50 * MINUTE, "why": ""},)
    assert [(b["guard"], b["state"], b["until"]) for b in status.breakers] == [("g", "open", START + 150 * MINUTE)]


def test_the_feed_has_an_age(lived: World) -> None:
    (feed,) = read_status(lived.database).feeds
    assert feed == {"market": "btc", "timeframe": "M1", "newest": START + 60 * MINUTE, "age": 0, "open": True}


def test_a_feed_that_fell_silent_grows_old(tmp_path: Path) -> None:
    # bars of 30 minutes in a run of 45: the plan goes on stepping on schedule
    world = World(tmp_path, dataset_of(ramp(30)), minutes=45)
    world.write("a.plan", TEXTS["armed.plan"])
    world.run()
    (feed,) = read_status(world.database).feeds
    assert (feed["newest"], feed["age"]) == (START + 30 * MINUTE, 15 * MINUTE)
    (state,) = read_status(world.database).states
    assert state["part"] == "close > 99000: UNKNOWN, stale"


def test_a_rule_that_is_true_and_does_not_enter_says_when_it_will(tmp_path: Path) -> None:
    """It is TRUE from the first step on: it never becomes TRUE."""
    world = World(tmp_path, dataset_of(ramp(5)), minutes=5)
    world.write("a.plan", TEXTS["armed.plan"].replace("99000", "1"))
    world.run()
    table = CliRunner().invoke(command, ["--db", str(world.database)], env={"COLUMNS": "160"}).output
    assert "an entry is taken when it becomes TRUE" in " ".join(table.split())


def test_the_table_and_the_object_hold_it(lived: World) -> None:
    told = CliRunner().invoke(command, ["--db", str(lived.database), "--format", "json"])
    assert told.exit_code == 0, told.output
    body = json.loads(told.output)
    assert [s["name"] for s in body["states"]] == sorted(s["name"] for s in body["states"])
    same = json.loads(CliRunner().invoke(command, ["--db", str(lived.database), "--json"]).output)
    assert body.pop("room").keys() == same.pop("room").keys()  # what is free on the disk changes all the time
    assert body == same
    table = CliRunner().invoke(command, ["--db", str(lived.database)]).output
    for words in (
        "WARMING",
        "in the market",
        "guard `g`, rule 1 halts it until 2018-01-08 02:30:00",
        "rule 1 is open until",
        "`armed` is halted since 2018-01-08 00:50:00 UTC: by a person; `plan resume armed` lifts it",
        "2018-01-08 01:00:00  0s",
    ):
        assert words in " ".join(table.split("\n")) or words in table, words


def _shown(status: RunStatus) -> str:
    console = Console(width=200, record=True, file=None)
    with console.capture() as captured:
        console.print(status_view(status))
    return captured.get()


def test_a_program_that_writes_nothing_any_more_is_told() -> None:
    empty: RunStatus = RunStatus("x", START, 1.0, 1.0, True, (), (), (), (), (), (), (), (), {}, 0, written=1)
    assert "running; nothing written for" in _shown(empty)
    assert "nothing written" not in _shown(
        RunStatus("x", START, 1.0, 1.0, False, (), (), (), (), (), (), (), (), {}, 0, written=1)
    )


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0s"), (999, "0s"), (59_000, "59s"), (61_000, "1m 1s"), (90_061_000, "1d 1h"), (3_600_000, "1h")],
)
def test_spans_in_two_units(milliseconds: int, text: str) -> None:
    assert span_text(milliseconds) == text
