"""Edits on a real account wait for a person; what reduces risk does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.live.instance import Instance

from tests.runtime.live.test_flatten import decisions
from tests.runtime.live.world import World, dataset_of, ramp

PLAN = "PLAN {name}\nTRADE btc ON M1\nWHEN time = 00:{minute} THEN BUY {size} STOP 50 pips\nWHEN held > 2m THEN CLOSE\n"
GUARD = "GUARD bound\nLIMIT account.worst_loss <= {most}%\n"


class StagedWorld(World):
    """A world whose runs stage edits."""

    def started(self) -> Instance:
        assert self.instance is not None
        return self.instance


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StagedWorld:
    made = StagedWorld(tmp_path, dataset_of(ramp(60)), minutes=60)
    before = Instance.__init__

    def staged(self: Instance, *arguments: object, **keywords: object) -> None:
        before(self, *arguments, **keywords)  # type: ignore[arg-type]  # as they came
        self.staged = True

    monkeypatch.setattr(Instance, "__init__", staged)
    return made


def entries(world: World) -> list[str]:
    return [plan for plan, action, outcome in decisions(world.database) if (action, outcome) == ("entry", "sent")]


def test_what_is_there_at_the_first_start_runs_and_an_edit_waits(world: StagedWorld) -> None:
    world.write("a.plan", PLAN.format(name="old", minute=30, size="RISK 0.5%"))
    world.write("g.plan", GUARD.format(most=30))

    def edit() -> None:
        world.write("a.plan", PLAN.format(name="old", minute=20, size="RISK 1%"))
        world.write(
            "b.plan", PLAN.format(name="new", minute=20, size="0.1 lots") + "WHEN profit > 0 pips THEN ADD 50%\n"
        )
        world.write("g.plan", GUARD.format(most=60))

    told: list[dict[str, object]] = []
    world.run({10: edit, 40: lambda: told.extend(world.started().waiting())}, until=45)
    assert entries(world) == ["old"], "the version that ran went on, at 00:30"
    assert [(e["name"], e["what"], e["risk_before"], e["risk_after"]) for e in told] == [
        ("new", "new plan", "nothing", "0.1 lots, 150% of that with every ADD"),
        ("old", "changed plan", "0.5% of equity", "1% of equity"),
        ("bound", "changed guard", "", ""),
    ]
    assert [(e["worst_before"], e["worst_after"]) for e in told] == [
        ("30% of equity", "30% of equity"),
        ("30% of equity", "30% of equity"),
        ("30% of equity", "60% of equity"),
    ]


def test_armed_edits_run_and_those_of_another_version_do_not(world: StagedWorld) -> None:
    world.write("a.plan", PLAN.format(name="old", minute=30, size="0.1 lots"))

    def edit() -> None:
        world.write("b.plan", PLAN.format(name="new", minute=40, size="0.1 lots"))

    def arm() -> None:
        (waiting,) = world.started().waiting()
        with pytest.raises(ValueError, match="does not wait in this version"):
            world.started().arm([("new", "another")])
        assert world.started().arm([("new", str(waiting["version"]))]) == ["new"]

    world.run({10: edit, 20: arm}, until=50)
    assert entries(world) == ["old", "new"]


def test_an_edit_made_while_the_program_was_away_waits_too(world: StagedWorld) -> None:
    world.write("a.plan", PLAN.format(name="old", minute=30, size="0.1 lots"))
    world.run(until=5)
    world.write("b.plan", PLAN.format(name="new", minute=40, size="0.1 lots"))
    world.run()
    assert entries(world) == ["old"]


def test_a_plan_taken_out_and_a_new_guard_do_not_wait(world: StagedWorld) -> None:
    world.write("a.plan", PLAN.format(name="old", minute=30, size="0.1 lots"))

    def less() -> None:
        (world.plans / "a.plan").unlink()
        world.write("g.plan", GUARD.format(most=30))

    world.run({10: less}, until=15)
    assert world.started().staging is not None
    assert world.started().staging.edits == ()
    world.run()
    assert entries(world) == []


def test_a_guard_taken_out_waits(world: StagedWorld) -> None:
    world.write("a.plan", PLAN.format(name="old", minute=30, size="0.1 lots"))
    world.write("g.plan", GUARD.format(most=30))
    seen: list[object] = []

    def look() -> None:
        seen.append((world.started().status().guards, [e["what"] for e in world.started().waiting()]))

    world.run({10: lambda: (world.plans / "g.plan").unlink(), 20: look}, until=25)
    assert seen == [(("bound",), ["guard taken out"])]
