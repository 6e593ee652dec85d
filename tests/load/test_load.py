"""The load of a trading week, in short: what does not depend on how busy the machine is."""

from __future__ import annotations

from pathlib import Path

from tests.load.commands import Commands
from tests.load.edits import ACTS, Edits
from tests.load.figures import differences, done_by
from tests.load.plans import calm
from tests.load.week import Week

SIZE = {"plans": 40, "markets": 6, "hours": 2.0}


def test_edits_and_commands_lose_no_step_and_break_nothing(tmp_path: Path) -> None:
    peace = Week(tmp_path / "peace", **SIZE).run()
    assert peace.fed[1] == 8
    assert len(peace.instants) == 120
    assert peace.feed.readings.late == 0
    # in an hour a series of M1 is asked for 60 times, one of H1 once: most of what a step reads is there already
    assert peace.feed.readings.hit_rate > 0.7

    edits, commands = Edits(count=42), Commands()
    disturbed = Week(tmp_path / "disturbed", **SIZE, disturbers=[edits, commands]).run()
    assert differences(*(done_by(week, calm(40)) for week in (peace, disturbed))) == []
    assert edits.problems == []
    assert min(edits.done[act] for act in ACTS) == 3
    assert edits.versions >= 6
    assert commands.problems == []
    assert commands.asked["halt done"] >= 2
    assert commands.asked["halt refused"] >= 2
    assert commands.held_seen == commands.asked["status held"] + commands.asked["status not held"] > 0
    # the calm plans have something to lose, and orders travelled
    assert len(done_by(peace, calm(40)).rows["fills"]) > 5
    assert {request["retcode"] for request in peace.account["requests"]} == {10_009}
