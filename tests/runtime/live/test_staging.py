"""Edits on a real account wait for a person; what reduces risk does not."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tradeplan.runtime.cli.arm import shown
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
    world.run({10: edit, 25: lambda: told.extend(world.started().waiting())}, until=45)
    assert entries(world) == ["old"], "the version that ran went on, at 00:30"
    assert [(e["name"], e["what"], e.get("risk_before"), e.get("risk_after")) for e in told] == [
        ("new", "new plan", "nothing", "0.1 lots, 150% of that with every ADD"),
        ("old", "changed plan", "0.5% of equity", "1% of equity"),
        ("bound", "changed guard", None, None),
    ]
    assert [(e["worst_before"], e["worst_after"]) for e in told] == [
        ("30% of equity, 3,000.00 USD", "30% of equity, 3,000.00 USD"),
        ("30% of equity, 3,000.00 USD", "30% of equity, 3,000.00 USD"),
        ("30% of equity, 3,000.00 USD", "60% of equity, 6,000.00 USD"),
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


def waiting_of(world: StagedWorld, before: str, after: str, at: int = 25) -> list[dict[str, Any]]:
    """What `plan arm` is told of an edit at minute 10."""
    told: list[dict[str, Any]] = []
    world.write("a.plan", before)
    world.run({10: lambda: world.write("a.plan", after), at: lambda: told.extend(world.started().waiting())}, until=at)
    return told


def test_what_an_edit_may_lose_by_hand(world: StagedWorld) -> None:
    """At 00:25 the close is 10,024: a market order would fill at 10,024 + 12 + 2, its stop 50 lower, 2 of slippage."""
    profile = world.dataset.profile("btc")
    size, paid = 0.2 * profile.contract_size, 2 * 0.2 * profile.costs.commission
    stop = size * (50.0 + 2.0) + paid
    beyond = size * 10_038.0 * profile.gap / 100.0
    old = PLAN.format(name="old", minute=50, size="RISK 0.5%")
    new = PLAN.format(name="old", minute=50, size="0.2 lots") + "WHEN profit > 1 pip THEN ADD 50%\n"
    (edit,) = waiting_of(world, old, new)
    each = (52.0 * profile.contract_size + 2 * profile.costs.commission) * profile.lot_step
    units = int(50.0 / each)
    gap = units * profile.lot_step * profile.contract_size * 10_038.0 * profile.gap / 100.0
    assert edit["loss_before"] == f"50.00 USD ({50.0 + gap:,.2f} with the market's gap allowance)"
    assert edit["loss_after"] == f"{1.5 * stop:,.2f} USD ({1.5 * (stop + beyond):,.2f} with the market's gap allowance)"
    assert (edit["total_before"], edit["total_after"]) == ("50.00 USD", f"{1.5 * stop:,.2f} USD")
    assert edit["worst_after"] == "not bounded by a guard"
    assert any("so with ADDs the figure is no bound" in note for note in edit["notes"])


def test_what_nobody_can_know_is_said(world: StagedWorld) -> None:
    old = PLAN.format(name="old", minute=50, size="RISK 20 USD")
    second = PLAN.format(name="other", minute=51, size="RISK 1%").replace("50 pips", "1.5 ATR")
    lots = PLAN.format(name="old", minute=50, size="0.2 lots").replace("50 pips", "lowest(5)")
    edit, new = waiting_of(world, old, lots + second)
    assert edit["loss_after"] == "not known: 0.2 lots with a stop that is worked out at the entry"
    assert (edit["total_before"], edit["total_after"]) == ("20.00 USD", "not known: `old`; the others 0.00 USD")
    assert (new["name"], new["loss_before"], new["loss_after"]) == ("other", "0.00 USD", "100.00 USD")
    assert new["total_after"] == "120.00 USD"
    assert any("the size depends on the stop" in note for note in new["notes"])


def test_a_reduction_runs_at_once_and_the_way_back_waits(world: StagedWorld) -> None:
    large, small = (PLAN.format(name="old", minute=40, size=size) for size in ("0.4 lots", "0.2 lots"))
    seen: list[object] = []

    def look() -> None:
        seen.append([(e["what"], e["risk_before"], e["risk_after"]) for e in world.started().waiting()])

    world.write("a.plan", large)
    world.run(
        {10: lambda: world.write("a.plan", small), 15: look, 20: lambda: world.write("a.plan", large), 25: look},
        until=45,
    )
    assert seen == [[], [("changed plan", "0.2 lots", "0.4 lots")]]
    with sqlite3.connect(world.database) as db:
        assert list(db.execute("select lots from fill where reason = 'entry'")) == [(0.2,)]


def test_a_mixed_edit_waits(world: StagedWorld) -> None:
    old = PLAN.format(name="old", minute=50, size="0.4 lots")
    (edit,) = waiting_of(world, old, old.replace("0.4 lots", "0.2 lots").replace("held > 2m", "held > 3m"))
    assert (edit["risk_before"], edit["risk_after"]) == ("0.4 lots", "0.2 lots")


def test_a_reduced_plan_with_a_position_can_be_moved_unarmed(world: StagedWorld) -> None:
    old = PLAN.format(name="old", minute=10, size="0.4 lots").replace("held > 2m", "held > 2h")
    world.write("a.plan", old)

    def move() -> None:
        found = world.started().migration("old")
        world.started().migrate("old", found["before"], found["after"])

    more = old + "WHEN held > 30m THEN CLOSE\n"
    world.run({20: lambda: world.write("a.plan", more), 25: move})
    with sqlite3.connect(world.database) as db:
        assert [r[0] for r in db.execute("select reason from fill order by time")] == ["entry", "close"]


def test_a_lower_cap_runs_at_once(world: StagedWorld) -> None:
    world.write("a.plan", PLAN.format(name="old", minute=40, size="0.4 lots"))
    world.write("g.plan", GUARD.format(most=30))
    world.run({10: lambda: world.write("g.plan", GUARD.format(most=1))}, until=45)
    assert ("old", "entry", "limit") in decisions(world.database)


def test_the_command_shows_the_figures(world: StagedWorld) -> None:
    old = PLAN.format(name="old", minute=50, size="RISK 0.5%")
    (edit,) = waiting_of(world, old, old.replace("0.5%", "1%"))
    text = shown(edit)
    assert "risk of an entry: 0.5% of equity -> 1% of equity" in text
    assert "loses at its stop: 50.00 USD" in text
    assert "all plans at once lose at their stops: 50.00 USD -> 100.00 USD" in text
    assert "note: at an equity of 10,000.00 USD, every order filled and every stop reached, without a gap" in text
